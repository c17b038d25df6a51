import { act, fireEvent, screen } from '@testing-library/react'
import { afterEach, expect, it, vi } from 'vitest'
import { formatClock } from '@/lib/time'
import { api, pods, stats } from '@/test/api'
import { openPage, pass, region, rows, settle, settleFailure, start } from '@/test/page'

const calls = () => [api.calls.get('/stats'), api.calls.get('/deployments'), api.calls.get('/pods')]

function setVisible(visible: boolean) {
  vi.spyOn(document, 'visibilityState', 'get').mockReturnValue(visible ? 'visible' : 'hidden')
  act(() => { document.dispatchEvent(new Event('visibilitychange')) })
  act(() => { window.dispatchEvent(new Event('visibilitychange')) })
}

afterEach(() => { vi.useRealTimers() })

it('refreshes every 30 seconds and tells the age of the data', async () => {
  openPage()
  await settle()
  expect(calls()).toEqual([1, 1, 1])
  expect(screen.getByText('Updated just now')).toBeInTheDocument()

  await pass(12)
  expect(screen.getByText('Updated 12 s ago')).toBeInTheDocument()
  await pass(17)
  expect(calls()).toEqual([1, 1, 1])

  api.answer('/pods', pods.slice(0, 1))
  await pass(1.5)
  expect(calls()).toEqual([2, 2, 2])
  expect(rows('Pods')).toHaveLength(1)
  await pass(30)
  expect(calls()).toEqual([3, 3, 3])
})

it('refreshes when the button is pressed, once', async () => {
  openPage()
  await settle()
  await pass(10)
  api.answer('/stats', { ...stats, totalPods: 7, pendingPods: 5 })
  const button = screen.getByRole('button', { name: 'Refresh' })
  fireEvent.click(button)
  fireEvent.click(button)
  await settle()
  expect(calls()).toEqual([2, 2, 2])
  expect(screen.getByText(/^Updated (just now)$/)).toBeInTheDocument()
  expect(screen.getByRole('status')).toHaveTextContent('2 deployments, 7 pods, 2 running, 5 pending.')
})

it('pauses while the page is hidden and catches up when it is seen again', async () => {
  openPage()
  await settle()
  setVisible(false)
  await pass(120)
  expect(calls()).toEqual([1, 1, 1])
  setVisible(true)
  await settle()
  expect(calls()).toEqual([2, 2, 2])
})

it('keeps what it has, says since when it is old, and recovers by itself', async () => {
  openPage()
  await settle()
  api.fail('/pods', 502, { error: { code: 'backend_unreachable', message: 'The backend cannot be reached.' } })
  await pass(30)
  await settleFailure()

  expect(rows('Pods')).toHaveLength(4)
  const note = region('Pods').getByText(/Not refreshed since/).closest('p')
  expect(note).toHaveTextContent(`Not refreshed since ${formatClock(start.getTime())}. The backend cannot be reached.`)
  expect(region('Deployments').queryByText(/Not refreshed since/)).toBeNull()
  expect(screen.getByText('Updated 31 s ago')).toBeInTheDocument() // the oldest of the three
  expect(screen.getByRole('status')).toHaveTextContent(/Pods could not be refreshed\.$/)

  api.reset()
  await pass(31)
  expect(region('Pods').queryByText(/Not refreshed since/)).toBeNull()
  expect(screen.getByRole('status')).not.toHaveTextContent(/could not/)
})

it('tries again by itself after a failed start, without a flicker', async () => {
  api.failAll('The cluster does not answer.')
  openPage()
  await settleFailure()
  api.silent('/pods')
  await pass(30)
  expect(region('Pods').getByText('The cluster does not answer.')).toBeInTheDocument()
  expect(region('Pods').getByRole('button')).toHaveTextContent('Retrying')
  expect(screen.getByRole('status')).toHaveTextContent(/Pods could not be loaded\.$/)
})

it('retries a lost connection once after a second', async () => {
  api.unreachable('/stats')
  openPage()
  await pass(0.5)
  expect(api.calls.get('/stats')).toBe(1)
  expect(region('Statistics').getByText('Loading statistics')).toBeInTheDocument()
  api.answer('/stats', stats)
  await pass(1)
  expect(api.calls.get('/stats')).toBe(2)
  expect(region('Statistics').getAllByRole('definition')).toHaveLength(4)
})
