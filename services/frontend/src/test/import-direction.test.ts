// @vitest-environment node
import { ESLint } from 'eslint'
import { expect, it } from 'vitest'

/** The messages of the import rule alone, for a file of that path with one import. */
async function judge(filePath: string, imported: string): Promise<string[]> {
  const eslint = new ESLint({
    overrideConfig: { files: ['src/**'], languageOptions: { parserOptions: { projectService: false } } },
    ruleFilter: ({ ruleId }) => ruleId === 'no-restricted-imports',
  })
  const [result] = await eslint.lintText(`import '${imported}'\n`, { filePath })
  if (!result || result.messages.some(({ fatal }) => fatal)) throw new Error(`${filePath} cannot be linted: ${JSON.stringify(result)}`)
  return result.messages.map(({ ruleId }) => ruleId ?? '')
}

it.each([
  ['src/lib/time.ts', '@/features/pods/api/get-pods'],
  ['src/lib/time.ts', '../features/pods/api/get-pods'],
  ['src/components/region.tsx', '@/app/header'],
  ['src/components/region.tsx', '../app/header'],
  ['src/features/pods/components/pods-region.tsx', '@/app/header'],
  ['src/features/pods/components/pods-region.tsx', '@/features/deployments/api/get-deployments'],
  ['src/features/pods/components/pods-region.tsx', '../../deployments/api/get-deployments'],
  ['src/features/stats/api/get-stats.ts', '../../../app/header'],
])('%s must not import %s', async (file, imported) => {
  expect(await judge(file, imported)).toEqual(['no-restricted-imports'])
})

it.each([
  ['src/lib/time.ts', './matches'],
  ['src/components/region.tsx', '@/lib/time'],
  ['src/features/pods/components/pods-region.tsx', '../api/get-pods'],
  ['src/features/pods/components/pods-region.tsx', '@/components/region'],
  ['src/app/dashboard.tsx', '@/features/pods/components/pods-region'],
])('%s may import %s', async (file, imported) => {
  expect(await judge(file, imported)).toEqual([])
})
