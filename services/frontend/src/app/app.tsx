import { useState } from 'react'
import { QueryClientProvider } from '@tanstack/react-query'
import { ErrorBoundary } from '@/components/error-boundary'
import { newQueryClient } from '@/lib/query-client'
import { Dashboard } from './dashboard'

export function App() {
  const [client] = useState(newQueryClient)
  return (
    <ErrorBoundary what="The dashboard">
      <QueryClientProvider client={client}>
        <Dashboard />
      </QueryClientProvider>
    </ErrorBoundary>
  )
}
