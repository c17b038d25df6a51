import { fireEvent, screen } from '@testing-library/react'
import { afterEach, expect, it, vi } from 'vitest'
import { api } from '@/test/api'
import { openPage, region, rows, settle, settleFailure } from '@/test/page'

afterEach(() => { vi.useRealTimers() })

it('shows statistics, deployments and pods', async () => {
  openPage()
  await settle()

  expect(screen.getByRole('heading', { level: 1 })).toHaveTextContent(/^platform$/)
  expect(document.title).toBe('platform · Kubernetes dashboard')
  const figures = region('Statistics').getAllByRole('definition').map((figure) => figure.textContent)
  expect(figures).toEqual(['2', '41 ended or failed', '2', '1'])
  expect(rows('Deployments')).toEqual([
    ['backend', 'Progressing', '1 of 3 ready1/3', '1', '5m'],
    ['frontend', 'Ready', '2 of 2 ready2/2', '2', '1d 2h'],
  ])
  expect(rows('Pods')).toEqual([
    ['backend-7c6b9d5f44-qk8mn', 'CrashLoopBackOff', 'node-2', '2h'],
    ['backend-7c6b9d5f44-w4tz7', 'Pending', 'No node yet', '5m'],
    ['database-0', 'Running', 'node-1', '1d 2h'],
    ['frontend-5d9c7b6f8d-hx2lq', 'Running', 'node-1', '1d 2h'],
  ])
})

it('has landmarks, table captions, a skip link and a live region', async () => {
  openPage()
  await settle()

  expect(screen.getByRole('banner')).toBeInTheDocument()
  expect(screen.getByRole('main')).toHaveAttribute('id', 'main')
  expect(screen.getByRole('link', { name: 'Skip to the data' })).toHaveAttribute('href', '#main')
  expect(screen.getByRole('table', { name: 'Pods with their status, node and age' })).toBeInTheDocument()
  expect(screen.getByRole('table', { name: 'Deployments with their replica counts' })).toBeInTheDocument()
  expect(screen.getByRole('status')).toHaveTextContent('2 deployments, 4 pods, 2 running, 1 pending.')
})

it('shows skeletons until answers come', async () => {
  api.silent('/stats')
  api.silent('/deployments')
  api.silent('/pods')
  openPage()
  await settle()

  for (const name of ['Statistics', 'Deployments', 'Pods']) {
    expect(screen.getByRole('region', { name })).toHaveAttribute('aria-busy', 'true')
    expect(region(name).getByText(`Loading ${name.toLowerCase()}`)).toBeInTheDocument()
    expect(screen.getByRole('region', { name }).querySelector('.skeleton')).not.toBeNull()
  }
  expect(screen.getByText('Loading')).toBeInTheDocument()
})

it('says when there is nothing', async () => {
  api.answer('/stats', { namespace: 'platform', totalDeployments: 0, totalPods: 0, runningPods: 0, pendingPods: 0 })
  api.answer('/deployments', [])
  api.answer('/pods', null) // a nil slice of Go
  openPage()
  await settle()

  expect(region('Deployments').getByText('No deployments')).toBeInTheDocument()
  expect(region('Pods').getByText('No pods')).toBeInTheDocument()
  expect(screen.queryByRole('button', { name: /Retry/ })).toBeNull()
})

it('keeps the rest of the page when one region fails, and says why', async () => {
  api.fail('/deployments', 403, { error: { code: 'forbidden', message: 'The backend may not list deployments.' } })
  openPage()
  await settle()

  const failed = region('Deployments')
  expect(failed.getByText('Deployments could not be loaded')).toBeInTheDocument()
  expect(failed.getByText('The backend may not list deployments.')).toBeInTheDocument()
  expect(failed.getByText('HTTP 403 · forbidden')).toBeInTheDocument()
  expect(api.calls.get('/deployments')).toBe(1) // a refusal is not asked again at once
  expect(rows('Pods')).toHaveLength(4)
  expect(screen.getByRole('status')).toHaveTextContent(/pending\. Deployments could not be loaded\.$/)
})

it('retries one region, keeps the failure in view meanwhile, and moves the focus to what came', async () => {
  api.fail('/pods', 403, { error: { code: 'forbidden', message: 'no' } })
  openPage()
  await settle()

  api.silent('/pods')
  const retry = region('Pods').getByRole('button', { name: 'Retry pods' })
  retry.focus()
  fireEvent.click(retry)
  await settle()
  expect(region('Pods').getByText('Pods could not be loaded')).toBeInTheDocument()
  expect(retry).toHaveTextContent('Retrying')
  expect(retry).toHaveFocus()
  expect(api.calls.get('/deployments')).toBe(1)
})

it('recovers by a retry', async () => {
  api.fail('/pods', 403, { error: { code: 'forbidden', message: 'no' } })
  openPage()
  await settle()

  api.reset()
  fireEvent.click(region('Pods').getByRole('button', { name: 'Retry pods' }))
  await settle()
  expect(rows('Pods')).toHaveLength(4)
  expect(screen.getByRole('heading', { name: 'Pods' })).toHaveFocus()
  expect(api.calls.get('/pods')).toBe(1)
})

it('stands when everything fails', async () => {
  api.failAll('The database is down.')
  openPage()
  await settleFailure()

  expect(screen.getAllByText('The database is down.')).toHaveLength(3)
  expect(screen.getByRole('heading', { level: 1 })).toHaveTextContent(/^Dashboard$/)
  expect(screen.getByText('Not updated')).toBeInTheDocument()
  expect(screen.getByRole('status')).toHaveTextContent(
    'Statistics could not be loaded. Deployments could not be loaded. Pods could not be loaded.')
})

it.each([
  ['a page instead of JSON', () => { api.answerText('/pods', '<!doctype html>') }, 'The API sent something that is not JSON.'],
  ['another shape', () => { api.answer('/pods', { items: [] }) }, 'The API sent data in a shape that this page does not know: pods is not a list.'],
  ['a field that is missing', () => { api.answer('/pods', [{ name: 'a', podId: 'b', age: '1h' }]) },
    'The API sent data in a shape that this page does not know: status is not a text.'],
  ['no network', () => { api.unreachable('/pods') }, 'The dashboard’s server could not be reached. Check the network connection.'],
  ['an error without a reason', () => { api.fail('/pods', 500, 'oops') }, 'The API refused the request with status 500 and gave no reason.'],
])('explains %s', async (_, arrange, message) => {
  arrange()
  openPage()
  await settleFailure()
  expect(region('Pods').getByText(message)).toBeInTheDocument()
  expect(rows('Deployments')).toHaveLength(2)
})

it('keeps the rest of the page when the code of one region throws', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
  const fault = vi.spyOn(Number.prototype, 'toLocaleString').mockImplementation(() => { throw new Error('a fault in the code') })
  openPage()
  await settle()

  expect(region('Statistics').getByText('a fault in the code')).toBeInTheDocument()
  expect(rows('Pods')).toHaveLength(4)

  fault.mockRestore()
  fireEvent.click(region('Statistics').getByRole('button', { name: 'Retry statistics' }))
  expect(region('Statistics').getAllByRole('definition')).toHaveLength(4)
})

it('asks for the history when somebody opens it', async () => {
  openPage()
  await settle()
  expect(api.calls.get('/pods/history')).toBeUndefined()

  const details = screen.getByText('Pod history').closest('details')
  if (!details) throw new Error('the history cannot be opened')
  details.open = true
  fireEvent(details, new Event('toggle'))
  await settle()
  expect(rows('Recorded pods').map(([name, status, node]) => [name, status, node])).toEqual([
    ['backend-1', 'Running', ''],
    ['backend-0', 'Failed', 'node-9'],
  ])
})
