import { useQuery } from '@tanstack/react-query'
import { count, list, text } from '@/lib/decode'
import { get } from '@/lib/http'

export interface Deployment {
  name: string
  replicas: number
  ready: number
  available: number
  age: string
}

function decode(body: unknown): Deployment[] {
  return list(body, 'deployments', (fields) => ({
    name: text(fields, 'name'),
    replicas: count(fields, 'replicas'),
    ready: count(fields, 'ready'),
    available: count(fields, 'available'),
    age: text(fields, 'age'),
  })).sort((a, b) => a.name.localeCompare(b.name))
}

export function useDeployments() {
  return useQuery({ queryKey: ['deployments'], queryFn: ({ signal }) => get('/deployments', decode, signal) })
}
