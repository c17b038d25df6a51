import { Component, type ReactNode } from 'react'
import { toApiError } from '@/lib/api-error'
import { Failure } from './failure'

interface Props {
  /** What is missing when the children fail, as the subject of a sentence. */
  what: string
  children: ReactNode
}

/** Keeps a fault of its children's code from taking the rest of the page along. */
export class ErrorBoundary extends Component<Props, { thrown: unknown; failed: boolean }> {
  override state = { thrown: undefined, failed: false }

  static getDerivedStateFromError(thrown: unknown) {
    return { thrown, failed: true }
  }

  override render() {
    const { what, children } = this.props
    if (!this.state.failed) return children
    return <Failure what={what} error={toApiError(this.state.thrown)} busy={false}
      onRetry={() => { this.setState({ failed: false, thrown: undefined }) }} />
  }
}
