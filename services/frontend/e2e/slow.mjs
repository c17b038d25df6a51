// Loads the built page slowly, its answers in one order after another, and fails when anything jumps:
//   npm run build && node e2e/slow.mjs
// Exit status: 0 nothing jumps, 1 something does.
import { openBrowser } from './browser.mjs'
import { serveBuiltPage } from './built-page.mjs'
import { mostLayoutShift, readLayoutShift, recordLayoutShift } from './layout-shift.mjs'

const [stats, deployments, pods] = ['/api/stats', '/api/deployments', '/api/pods']
const downwards = { [stats]: 0, [deployments]: 300, [pods]: 600 }
const upwards = { [stats]: 600, [deployments]: 300, [pods]: 0 }
const inwards = { [stats]: 300, [deployments]: 600, [pods]: 0, '.woff2': 900 }

const loads = [
  { scenario: 'ok', delays: downwards },
  { scenario: 'ok', delays: upwards },
  { scenario: 'ok', delays: inwards },
  { scenario: 'ok', delays: { '.css': 600 } },
  { scenario: 'empty', delays: upwards },
  { scenario: 'many', delays: downwards },
  { scenario: 'many', delays: inwards },
  { scenario: 'ok', delays: inwards, width: 390 },
]

const state = {}
const site = await serveBuiltPage(state)
const { context, close } = await openBrowser({ executable: process.env.CHROMIUM ?? '/usr/bin/chromium' })

async function load({ scenario, delays, width = 1280 }) {
  Object.assign(state, { scenario, delays })
  const page = await context.newPage()
  const debug = await context.newCDPSession(page)
  await debug.send('Network.setCacheDisabled', { cacheDisabled: true })
  await debug.send('Emulation.setCPUThrottlingRate', { rate: 6 })
  await page.setViewportSize({ width, height: 860 })
  await recordLayoutShift(page)
  await page.goto(site.url)
  await page.waitForFunction(() => document.querySelectorAll('section[aria-busy="false"]').length === 3)
  await page.evaluate(() => document.fonts.ready)
  await page.evaluate(() => new Promise((resolve) => { requestAnimationFrame(() => requestAnimationFrame(resolve)) }))
  return page
}

/** What the measurement itself has to get right: a new size of the window is no shift, and content pushed down is one. */
async function judgeMeasurement(page) {
  const found = []
  const { total: before } = await readLayoutShift(page)
  // What a screenshot of the full page does now and then, every time.
  for (const width of [320, 1280]) {
    await page.setViewportSize({ width, height: 860 })
    await page.waitForTimeout(100)
  }
  const { total: after } = await readLayoutShift(page)
  if (after !== before) found.push(`a new size of the window counts as a shift of ${(after - before).toFixed(3)}`)

  await page.waitForTimeout(1_000)
  await page.evaluate(() => { document.querySelector('main').style.marginTop = '20rem' })
  await page.waitForTimeout(500)
  const { total: pushed } = await readLayoutShift(page)
  if (pushed - after < mostLayoutShift) found.push(`content pushed down by 20rem counts as a shift of ${(pushed - after).toFixed(3)}`)
  return found
}

const problems = []
try {
  for (const conditions of loads) {
    const page = await load(conditions)
    const { total, moved } = await readLayoutShift(page)
    console.log(`${total.toFixed(3)} ${JSON.stringify(conditions)}`)
    if (total > mostLayoutShift) problems.push(`${JSON.stringify(conditions)}: the layout shifts by ${total.toFixed(3)}: ${moved.join('; ')}`)
    if (conditions === loads.at(-1)) problems.push(...await judgeMeasurement(page))
    await page.close()
  }
} finally {
  await close()
  site.close()
}

for (const problem of problems) console.error(`slow: ${problem}`)
process.exitCode = problems.length === 0 ? 0 : 1
