import { useQuery } from '@tanstack/react-query'
import { list, optionalText, text } from '@/lib/decode'
import { get } from '@/lib/http'

export interface Pod {
  name: string
  podId: string
  status: string
  /** "" while the pod waits for a node. */
  node: string
  age: string
}

function decode(body: unknown): Pod[] {
  return list(body, 'pods', (fields) => ({
    name: text(fields, 'name'),
    podId: text(fields, 'podId'),
    status: text(fields, 'status'),
    node: optionalText(fields, 'node'),
    age: text(fields, 'age'),
  })).sort((a, b) => a.name.localeCompare(b.name))
}

export function usePods() {
  return useQuery({ queryKey: ['pods'], queryFn: ({ signal }) => get('/pods', decode, signal) })
}
