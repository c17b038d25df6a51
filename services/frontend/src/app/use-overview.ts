import { useDeployments } from '@/features/deployments/api/get-deployments'
import { usePods } from '@/features/pods/api/get-pods'
import { useStats } from '@/features/stats/api/get-stats'
import { hasFailed } from '@/lib/has-failed'

interface Overview {
  /** When the oldest data on the page was fetched, in milliseconds; undefined until there is some. */
  updatedAt: number | undefined
  /** One sentence on what the page shows, for those who do not see it. */
  summary: string
}

/** What the three regions add up to. */
export function useOverview(): Overview {
  const stats = useStats()
  const deployments = useDeployments()
  const pods = usePods()

  const loaded = [stats, deployments, pods].filter(({ data }) => data !== undefined)
  const updatedAt = loaded.length > 0 ? Math.min(...loaded.map(({ dataUpdatedAt }) => dataUpdatedAt)) : undefined

  const failing = [
    { name: 'Statistics', query: stats },
    { name: 'Deployments', query: deployments },
    { name: 'Pods', query: pods },
  ].filter(({ query }) => hasFailed(query))

  const parts: string[] = []
  if (stats.data) {
    const { totalDeployments, totalPods, runningPods, pendingPods } = stats.data
    parts.push(`${totalDeployments} deployments, ${totalPods} pods, ${runningPods} running, ${pendingPods} pending.`)
  }
  for (const { name, query } of failing) {
    parts.push(`${name} could not be ${query.data === undefined ? 'loaded' : 'refreshed'}.`)
  }
  return { updatedAt, summary: parts.join(' ') }
}
