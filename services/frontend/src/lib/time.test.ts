import { expect, it } from 'vitest'
import { formatAgo, formatTimestamp } from './time'

it.each([
  [-5, 'just now'],
  [1.9, 'just now'],
  [2, '2 s ago'],
  [59.9, '59 s ago'],
  [60, '1 min ago'],
  [3599, '59 min ago'],
  [7200, '2 h ago'],
])('%d seconds are "%s"', (seconds, words) => {
  expect(formatAgo(0, seconds * 1000)).toBe(words)
})

it('leaves a timestamp alone that is none', () => {
  expect(formatTimestamp('soon')).toBe('soon')
  expect(formatTimestamp('2026-01-05T10:00:00Z')).toContain('2026')
})
