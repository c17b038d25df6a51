import { expect, it } from 'vitest'
import { deploymentState } from './deployment-state'

it.each([
  [{ replicas: 2, ready: 2, available: 2 }, 'Ready'],
  [{ replicas: 2, ready: 3, available: 3 }, 'Ready'],
  [{ replicas: 2, ready: 2, available: 1 }, 'Progressing'],
  [{ replicas: 3, ready: 1, available: 0 }, 'Progressing'],
  [{ replicas: 3, ready: 0, available: 0 }, 'Unavailable'],
  [{ replicas: 0, ready: 0, available: 0 }, 'Scaled to 0'],
])('%o is %s', (counts, label) => {
  expect(deploymentState({ name: 'backend', age: '1h', ...counts }).label).toBe(label)
})
