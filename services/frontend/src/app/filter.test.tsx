import { fireEvent, screen } from '@testing-library/react'
import { afterEach, expect, it, vi } from 'vitest'
import { openPage, region, rows, settle } from '@/test/page'

afterEach(() => { vi.useRealTimers() })

function filter(text: string) {
  fireEvent.change(screen.getByRole('searchbox', { name: 'Filter by name, status or node' }), { target: { value: text } })
}

it('filters both lists by every word, in any field and any case', async () => {
  openPage()
  await settle()
  filter('BACK node-2')
  expect(rows('Pods').map(([name]) => name)).toEqual(['backend-7c6b9d5f44-qk8mn'])
  expect(region('Pods').getByText('1 of 4')).toBeInTheDocument()
  expect(region('Deployments').getByText('Nothing matches “BACK node-2”')).toBeInTheDocument()
})

it('can be cleared where it hides everything', async () => {
  openPage()
  await settle()
  filter('nonsense')
  fireEvent.click(region('Pods').getByRole('button', { name: 'Clear filter' }))
  expect(rows('Pods')).toHaveLength(4)
  expect(rows('Deployments')).toHaveLength(2)
})
