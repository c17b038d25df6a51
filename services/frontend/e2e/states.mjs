// Takes a picture of every state of the built page: node e2e/states.mjs [--out DIR]   (run "npm run build" first)
import { mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openBrowser } from './browser.mjs'
import { serveBuiltPage } from './built-page.mjs'

const { values } = parseArgs({ options: { out: { type: 'string', default: join(tmpdir(), 'dashboard-states') } } })
mkdirSync(values.out, { recursive: true })

const state = { scenario: 'ok' }
const site = await serveBuiltPage(state)

const { context, close } = await openBrowser({ executable: process.env.CHROMIUM ?? '/usr/bin/chromium' })

async function picture(name, { scenario, theme = 'light', width = 1280, then }) {
  state.scenario = scenario
  const page = await context.newPage()
  await page.emulateMedia({ colorScheme: theme })
  await page.setViewportSize({ width, height: width < 600 ? 844 : 800 })
  await page.goto(site.url)
  await page.waitForTimeout(scenario === 'slow' ? 500 : scenario === 'down' || scenario === 'partial' ? 1_800 : 500)
  await then?.(page)
  await page.screenshot({ path: join(values.out, `${name}.png`), fullPage: true })
  await page.close()
}

const refreshInto = (scenario) => async (page) => {
  state.scenario = scenario
  await page.getByRole('button', { name: 'Refresh' }).click()
  await page.waitForTimeout(2_000)
}

try {
  for (const theme of ['light', 'dark']) {
    for (const width of [1280, 390]) {
      await picture(`ok-${theme}-${width}`, { scenario: 'ok', theme, width })
      await picture(`busy-${theme}-${width}`, { scenario: 'busy', theme, width })
      await picture(`down-${theme}-${width}`, { scenario: 'down', theme, width })
      await picture(`stale-${theme}-${width}`, { scenario: 'busy', theme, width, then: refreshInto('down') })
    }
    await picture(`empty-${theme}`, { scenario: 'empty', theme })
    await picture(`partial-${theme}`, { scenario: 'partial', theme })
    await picture(`loading-${theme}`, { scenario: 'slow', theme })
    await picture(`history-${theme}`, { scenario: 'ok', theme, then: async (page) => { await page.getByText('Pod history').click(); await page.waitForTimeout(300) } })
    await picture(`nomatch-${theme}`, { scenario: 'ok', theme, then: (page) => page.getByRole('searchbox').fill('front') })
  }
  await picture('busy-360', { scenario: 'busy', width: 360 })
  console.log(values.out)
} finally {
  await close()
  site.close()
}
