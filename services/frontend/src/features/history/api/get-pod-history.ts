import { useQuery } from '@tanstack/react-query'
import { list, optionalText, text } from '@/lib/decode'
import { get } from '@/lib/http'

export interface PodRecord {
  podName: string
  podId: string
  status: string
  node: string
  /** RFC 3339. */
  timestamp: string
}

function decode(body: unknown): PodRecord[] {
  return list(body, 'history', (fields) => ({
    podName: text(fields, 'podName'),
    podId: text(fields, 'podId'),
    status: text(fields, 'status'),
    node: optionalText(fields, 'node'),
    timestamp: text(fields, 'timestamp'),
  })).sort((a, b) => b.timestamp.localeCompare(a.timestamp))
}

export function usePodHistory() {
  return useQuery({ queryKey: ['pod-history'], queryFn: ({ signal }) => get('/pods/history', decode, signal) })
}
