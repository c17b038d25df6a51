interface Attempts {
  data: unknown
  error: unknown
  errorUpdateCount: number
}

/** True from the first failure until an answer comes. A query without data drops its error while it tries again. */
export function hasFailed({ data, error, errorUpdateCount }: Attempts): boolean {
  return error !== null || (data === undefined && errorUpdateCount > 0)
}
