import { ApiError } from './api-error'

type Fields = Record<string, unknown>

/** Reads a value of unknown shape as an object. `what` names it in the error. */
export function object(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unexpected(what, 'is not an object')
  return value as Fields
}

/** Reads a value of unknown shape as a list; null, which is how Go spells an empty one, counts as empty. */
export function list<T>(value: unknown, what: string, item: (fields: Fields) => T): T[] {
  if (value === null) return []
  if (!Array.isArray(value)) throw unexpected(what, 'is not a list')
  return value.map((entry) => item(object(entry, `${what}: an entry`)))
}

export function text(fields: Fields, key: string): string {
  const value = fields[key]
  if (typeof value !== 'string') throw unexpected(key, 'is not a text')
  return value
}

/** Like text, but a field that is missing or null reads as "". A pod that waits for a node has none. */
export function optionalText(fields: Fields, key: string): string {
  return fields[key] === undefined || fields[key] === null ? '' : text(fields, key)
}

export function count(fields: Fields, key: string): number {
  const value = fields[key]
  if (typeof value !== 'number' || !Number.isFinite(value)) throw unexpected(key, 'is not a number')
  return value
}

function unexpected(what: string, problem: string): ApiError {
  return new ApiError(`The API sent data in a shape that this page does not know: ${what} ${problem}.`, { code: 'unexpected' })
}
