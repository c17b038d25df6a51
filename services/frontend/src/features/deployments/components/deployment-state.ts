import type { Tone } from '@/lib/pod-status'
import type { Deployment } from '../api/get-deployments'

/** What the replica counts of a deployment amount to. */
export function deploymentState({ replicas, ready, available }: Deployment): { tone: Tone; label: string } {
  if (replicas === 0) return { tone: 'idle', label: 'Scaled to 0' }
  if (available === 0 && ready === 0) return { tone: 'bad', label: 'Unavailable' }
  if (ready < replicas || available < replicas) return { tone: 'wait', label: 'Progressing' }
  return { tone: 'ok', label: 'Ready' }
}
