import { readdirSync } from 'node:fs'
import js from '@eslint/js'
import reactHooks from 'eslint-plugin-react-hooks'
import globals from 'globals'
import tseslint from 'typescript-eslint'

// Imports run one way: {lib, components} -> features -> app. Features do not know each other.
const features = readdirSync(new URL('./src/features', import.meta.url))

const forbid = (...patterns) => ({ 'no-restricted-imports': ['error', { patterns }] })

const app = { regex: '^@/app(/|$)', message: 'Only app/ may import from app/.' }
const anyFeature = { regex: '^@/features(/|$)', message: 'Shared code must not know a feature.' }
const climbing = (levels, message) => ({ regex: `^(\\.\\./){${levels},}`, message })

const sharedOnly = {
  files: ['src/components/**', 'src/lib/**'],
  rules: forbid(app, anyFeature, climbing(1, 'Name another folder by its @/ path.')),
}

const oneFeature = (name) => ({
  files: [`src/features/${name}/**`],
  rules: forbid(
    app,
    { regex: '^@/features(/|$)', message: `Within ${name} use relative paths; other features are out of reach.` },
    climbing(2, `That path leaves ${name}; name shared code by its @/ path.`),
  ),
})

export default tseslint.config(
  { ignores: ['dist', 'coverage'] },
  js.configs.recommended,
  {
    files: ['src/**/*.{ts,tsx}', 'vite.config.ts'],
    extends: [...tseslint.configs.strictTypeChecked, reactHooks.configs.flat.recommended],
    languageOptions: {
      globals: globals.browser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
    },
  },
  // Functions given to page.evaluate run in the browser.
  { files: ['e2e/**', 'eslint.config.js'], languageOptions: { globals: { ...globals.node, ...globals.browser } } },
  sharedOnly,
  ...features.map(oneFeature),
)
