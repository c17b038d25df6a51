import { QueryClient } from '@tanstack/react-query'
import type { ApiError } from './api-error'

declare module '@tanstack/react-query' {
  interface Register {
    defaultError: ApiError
  }
}

/** Milliseconds between two automatic refreshes. They pause while the page is hidden. */
export const refreshInterval = 30_000

export function newQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        refetchInterval: refreshInterval,
        refetchOnWindowFocus: true,
        staleTime: 2_000,
        // An answer that says "no" will say it again; a lost connection may be back in a second.
        retry: (failures, error) => failures < 1 && (error.status === 0 || error.status >= 500),
        retryDelay: 1_000,
        // The default would hold requests back while the browser believes to be offline, and show a skeleton for ever.
        networkMode: 'always',
      },
    },
  })
}
