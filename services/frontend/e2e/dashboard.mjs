// Opens the dashboard in a real browser, in light and dark, and fails unless it is whole.
//
//   node e2e/dashboard.mjs --url https://frontend.local [--ca ca.pem] [--resolve frontend.local=IP[:PORT]]
//       [--screenshot out.png] [--expect-pod NAME]… [--expect-deployment NAME]… [--namespace NAME]
//       [--width 1280] [--chromium /usr/bin/chromium] [--timeout 60]
//
// A pod is expected by its name or by what its name begins with. The dark screenshot is out-dark.png.
// Exit status: 0 whole, 1 something is missing or wrong, 2 wrong usage.
import { parseArgs } from 'node:util'
import { openBrowser } from './browser.mjs'
import { inspect } from './inspect.mjs'

const options = {
  url: { type: 'string' },
  ca: { type: 'string' },
  resolve: { type: 'string', multiple: true, default: [] },
  screenshot: { type: 'string' },
  'expect-pod': { type: 'string', multiple: true, default: [] },
  'expect-deployment': { type: 'string', multiple: true, default: [] },
  namespace: { type: 'string' },
  width: { type: 'string', default: '1280' },
  chromium: { type: 'string', default: process.env.CHROMIUM ?? '/usr/bin/chromium' },
  timeout: { type: 'string', default: '60' },
}

function readArguments() {
  try {
    const { values } = parseArgs({ options })
    if (!values.url) throw new Error('--url is missing')
    return values
  } catch (error) {
    console.error(`dashboard: ${error.message}`)
    process.exit(2)
  }
}

const values = readArguments()
const browser = await openBrowser({ executable: values.chromium, ca: values.ca, resolve: values.resolve })
const problems = []
try {
  for (const theme of ['light', 'dark']) {
    const screenshot = theme === 'light' ? values.screenshot : values.screenshot?.replace(/(\.png)?$/, '-dark.png')
    const found = await inspect(browser.context, {
      url: values.url,
      theme,
      screenshot,
      width: Number(values.width),
      timeout: Number(values.timeout) * 1_000,
      namespace: values.namespace,
      pods: values['expect-pod'],
      deployments: values['expect-deployment'],
    })
    problems.push(...found.map((problem) => `${theme}: ${problem}`))
  }
} catch (error) {
  problems.push(error.message)
} finally {
  await browser.close()
}

for (const problem of problems) console.error(`dashboard: ${problem}`)
if (problems.length === 0) console.log(`${values.url}: the dashboard is whole in light and dark`)
process.exitCode = problems.length === 0 ? 0 : 1
