import axios from 'axios'
import { toApiError } from './api-error'

const client = axios.create({
  baseURL: '/api',
  // Longer than nginx waits for the backend, so its JSON error arrives before we give up.
  timeout: 15_000,
  responseType: 'json',
  headers: { Accept: 'application/json' },
  transitional: { silentJSONParsing: false, clarifyTimeoutError: true },
})

/**
 * GETs /api<path> and decodes the body.
 * @throws ApiError for every failure: no answer, an error status, or a body that `decode` refuses.
 */
export async function get<T>(path: string, decode: (body: unknown) => T, signal?: AbortSignal): Promise<T> {
  try {
    const { data } = await client.get<unknown>(path, { signal })
    return decode(data)
  } catch (thrown) {
    throw toApiError(thrown)
  }
}
