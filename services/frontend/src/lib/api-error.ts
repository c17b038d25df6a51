import { isAxiosError } from 'axios'

/** What went wrong with a request, in words for the person who looks at the page. */
export class ApiError extends Error {
  /** HTTP status, or 0 when no answer came. */
  readonly status: number
  /** The API's own error code, or one of ours: unreachable, timeout, unexpected. */
  readonly code: string

  constructor(message: string, { status = 0, code }: { status?: number; code: string }) {
    super(message)
    this.name = 'ApiError'
    this.status = status
    this.code = code
  }

  /** A short technical trace to search logs by, such as "HTTP 502 · backend_unreachable". */
  get trace(): string {
    return this.status > 0 ? `HTTP ${this.status} · ${this.code}` : this.code
  }
}

/** Turns whatever a request threw into an ApiError; one that is an ApiError already is kept. */
export function toApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown
  if (!isAxiosError(thrown)) {
    return new ApiError(thrown instanceof Error ? thrown.message : String(thrown), { code: 'unexpected' })
  }
  const { response } = thrown
  if (response && response.status >= 400) return fromBody(response.status, response.data)
  if (response) return new ApiError('The API sent something that is not JSON.', { status: response.status, code: 'unexpected' })
  if (thrown.code === 'ECONNABORTED' || thrown.code === 'ETIMEDOUT') {
    return new ApiError('The API took too long to answer.', { code: 'timeout' })
  }
  return new ApiError('The dashboard’s server could not be reached. Check the network connection.', { code: 'unreachable' })
}

function fromBody(status: number, body: unknown): ApiError {
  if (typeof body === 'object' && body !== null && 'error' in body) {
    const { error } = body
    if (typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string') {
      const code = 'code' in error && typeof error.code === 'string' ? error.code : 'error'
      return new ApiError(error.message, { status, code })
    }
  }
  return new ApiError(`The API refused the request with status ${status} and gave no reason.`, { status, code: 'error' })
}
