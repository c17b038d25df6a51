/** The largest shift of content that people do not notice (Core Web Vitals: "good" ends at 0.1). */
export const mostLayoutShift = 0.1

/** Has every page that `page` loads from now on remember what moves on it. */
export async function recordLayoutShift(page) {
  await page.addInitScript(() => {
    const entries = []
    const observer = new PerformanceObserver((list) => { entries.push(...list.getEntries()) })
    observer.observe({ type: 'layout-shift', buffered: true })
    globalThis.layoutShifts = () => entries.concat(observer.takeRecords())
  })
}

/**
 * What moved by itself since the page began to load. A shift that follows an input or a new size of the window is not
 * counted, and a screenshot of the full page resizes the window: on a slow machine the page is then drawn one pixel
 * wide. The browser leaves the mark on such shifts for half a second only, so read before taking a picture.
 * @returns {Promise<{total: number, moved: string[]}>} the sum of all scores, and the elements that moved
 */
export function readLayoutShift(page) {
  return page.evaluate(() => {
    const shifts = globalThis.layoutShifts().filter(({ hadRecentInput }) => !hadRecentInput)
    const name = (node) => (node?.nodeType === Node.TEXT_NODE ? node.parentElement : node)?.cloneNode(false)?.outerHTML?.replace(/<\/.*/, '')
    const place = ({ x, y, width, height }) => [x, y, width, height].map(Math.round).join(',')
    const moved = shifts.filter(({ value }) => value > 0).flatMap(({ sources }) =>
      sources.map(({ node, previousRect, currentRect }) => `${name(node) ?? 'something'} ${place(previousRect)} to ${place(currentRect)}`))
    return { total: shifts.reduce((sum, { value }) => sum + value, 0), moved }
  })
}
