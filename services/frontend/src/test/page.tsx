import { act, render, screen, within } from '@testing-library/react'
import { vi } from 'vitest'
import { App } from '@/app/app'

/** 2026-01-05 in the middle of a minute. */
export const start = new Date('2026-01-05T10:00:20Z')

/** Opens the dashboard on fake time, without waiting for any answer. */
export function openPage() {
  vi.useFakeTimers({ now: start })
  return render(<App />)
}

/** Lets time pass, and with it whatever was under way. */
export function pass(seconds: number) {
  return act(() => vi.advanceTimersByTimeAsync(seconds * 1_000))
}

/** Lets answers that are due arrive. */
export const settle = () => pass(0.05)

/** Lets a request fail for good: there is one retry after a second. */
export const settleFailure = () => pass(1.2)

export function region(name: string) {
  return within(screen.getByRole('region', { name }))
}

/** The cells of each row of a region's table, the name first, without what only narrow screens show. */
export function rows(name: string): string[][] {
  return region(name).getAllByRole('row').slice(1).map((row) => {
    const title = within(row).getByRole('rowheader').cloneNode(true) as HTMLElement
    title.querySelector('[data-narrow]')?.remove()
    return [title.textContent, ...within(row).getAllByRole('cell').map((cell) => cell.textContent)]
  })
}
