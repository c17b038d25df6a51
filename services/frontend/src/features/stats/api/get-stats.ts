import { useQuery } from '@tanstack/react-query'
import { count, object, text } from '@/lib/decode'
import { get } from '@/lib/http'

export interface Stats {
  namespace: string
  totalDeployments: number
  totalPods: number
  runningPods: number
  pendingPods: number
}

function decode(body: unknown): Stats {
  const fields = object(body, 'stats')
  return {
    namespace: text(fields, 'namespace'),
    totalDeployments: count(fields, 'totalDeployments'),
    totalPods: count(fields, 'totalPods'),
    runningPods: count(fields, 'runningPods'),
    pendingPods: count(fields, 'pendingPods'),
  }
}

export function useStats() {
  return useQuery({ queryKey: ['stats'], queryFn: ({ signal }) => get('/stats', decode, signal) })
}
