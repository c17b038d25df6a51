import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { mostLayoutShift, readLayoutShift, recordLayoutShift } from './layout-shift.mjs'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/**
 * Loads the page and returns what is wrong with it, one sentence each; an empty list means that it is whole.
 */
export async function inspect(context, { url, theme, screenshot, width, timeout, namespace, pods, deployments }) {
  const page = await context.newPage()
  page.setDefaultTimeout(timeout)
  await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' })
  await page.setViewportSize({ width, height: 860 })
  const complaints = watch(page)
  await recordLayoutShift(page)

  try {
    await page.goto(url)
    const missing = await findMissing(page, { namespace, pods, deployments, timeout })
    // A screenshot of the full page resizes the window for a moment: what is judged after it may not be what people see.
    const found = await judge(page, { theme, width })
    if (screenshot) await page.screenshot({ path: screenshot, fullPage: true })
    return [...complaints, ...missing, ...found]
  } finally {
    await page.close()
  }
}

/** Collects what the browser itself finds wrong. */
function watch(page) {
  const complaints = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(`console: ${message.text()}`)
  })
  page.on('pageerror', (error) => complaints.push(`uncaught: ${error.message}`))
  page.on('requestfailed', (request) => complaints.push(`${request.url()} failed: ${request.failure()?.errorText}`))
  page.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.url()} answered ${response.status()}`)
  })
  return complaints
}

async function findMissing(page, { namespace, pods, deployments, timeout }) {
  const missing = []
  const expect = async (what, locator) => {
    try {
      await locator.first().waitFor({ state: 'visible', timeout })
    } catch {
      missing.push(`${what} does not appear within ${timeout / 1_000} s`)
    }
  }
  for (const title of ['Deployments', 'Pods', 'Running', 'Pending']) {
    const figure = page.getByRole('region', { name: 'Statistics' }).locator('dl > div').filter({ hasText: title })
    await expect(`the figure for ${title}`, figure.locator('dd', { hasText: /^\d/ }))
  }
  const row = (region, name) =>
    page.getByRole('region', { name: region }).getByRole('rowheader').filter({ hasText: new RegExp(`^${escape(name)}`) })
  await expect('a deployment', row('Deployments', ''))
  await expect('a pod', row('Pods', ''))
  for (const name of deployments) await expect(`the deployment ${name}`, row('Deployments', name))
  for (const name of pods) await expect(`the pod ${name}`, row('Pods', name))
  if (namespace) await expect(`the namespace ${namespace}`, page.getByRole('heading', { level: 1, name: namespace, exact: true }))
  await expect('the age of the data', page.getByText(/^Updated (just now|\d+ s ago)$/))

  const heading = await page.getByRole('heading', { level: 1 }).innerText()
  const title = await page.title()
  if (!title.startsWith(`${heading} · `)) missing.push(`the title "${title}" does not name the namespace "${heading}"`)
  return missing
}

const escape = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** What a person would notice: a theme that is ignored, a page wider than the screen, content that jumps, and axe's findings. */
async function judge(page, { theme, width }) {
  const found = []
  const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  const [red] = ground.match(/\d+/).map(Number)
  if ((red > 127) !== (theme === 'light')) found.push(`the ground is ${ground}`)

  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  if (overflow > 0) found.push(`the page is ${overflow} px wider than ${width} px`)

  const { total, moved } = await readLayoutShift(page)
  if (total > mostLayoutShift) found.push(`the layout shifts by ${total.toFixed(3)} while loading: ${moved.join('; ')}`)

  // Evaluated by the debugger, so the page's content security policy stays as strict as it is.
  await page.evaluate(axe)
  const { violations } = await page.evaluate(() => globalThis.axe.run())
  for (const { id, help, nodes } of violations) found.push(`axe ${id}: ${help}: ${nodes[0].html}`)
  return found
}
