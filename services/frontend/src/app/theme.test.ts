import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const css = readFileSync('src/app/theme.css', 'utf8')
const [light = '', dark = ''] = css.split('@media (prefers-color-scheme: dark)')

function colours(text: string): Map<string, string> {
  return new Map([...text.matchAll(/--([a-z-]+): (#[0-9a-f]{6});/g)].map(([, name = '', value = '']) => [name, value]))
}

/** Relative luminance and contrast as WCAG 2.2 defines them. */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5]
    .map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function contrast(a: string, b: string): number {
  const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y)
  return (high + 0.05) / (low + 0.05)
}

const grounds = ['ground', 'surface', 'sunken', 'hover']
const tones = ['ok', 'wait', 'bad', 'idle']

const texts = [
  ...grounds.flatMap((ground) => [['text', ground], ['muted', ground]]),
  ...tones.flatMap((tone) => [[tone, `${tone}-soft`], [tone, 'surface']]),
]

/** Shapes that carry meaning, and the outline of the focus. */
const shapes = [
  ['field', 'ground'], ['field', 'surface'],
  ...tones.map((tone) => [`${tone}-mark`, 'surface']),
  ...grounds.map((ground) => ['accent', ground]),
]

describe.each([['light', colours(light)], ['dark', colours(dark)]])('%s', (_, theme) => {
  const colour = (name = '') => {
    const value = theme.get(name)
    if (!value) throw new Error(`theme.css has no colour --${name}`)
    return value
  }

  it.each(texts)('%s on %s can be read (4.5:1)', (text, ground) => {
    expect(contrast(colour(text), colour(ground))).toBeGreaterThanOrEqual(4.5)
  })

  it.each(shapes)('%s on %s can be seen (3:1)', (shape, ground) => {
    expect(contrast(colour(shape), colour(ground))).toBeGreaterThanOrEqual(3)
  })

  it('white on the accent can be read', () => {
    expect(contrast('#ffffff', colour('accent-solid'))).toBeGreaterThanOrEqual(4.5)
  })
})
