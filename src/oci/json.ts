/**
 * Reading JSON that others wrote: every function takes a value of unknown shape and the words for where it stood, and
 * either returns it with its type or throws a SampanError of kind 'damaged' that says what should have been there.
 */
import { SampanError } from '../errors.ts'

export type JsonObject = Readonly<Record<string, unknown>>

/** Text → value. `what` begins the message: "manifest of x: not JSON". */
export function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new SampanError(`${what} is not valid JSON`, { kind: 'damaged', cause })
  }
}

export function asObject(value: unknown, what: string): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject
  throw wrong(what, 'an object')
}

export function asString(value: unknown, what: string): string {
  if (typeof value === 'string') return value
  throw wrong(what, 'a string')
}

/** A whole number that a double holds exactly: sizes, counts, nanoseconds up to 104 days. */
export function asInteger(value: unknown, what: string): number {
  if (Number.isSafeInteger(value)) return value as number
  throw wrong(what, 'a whole number')
}

export function asArray(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw wrong(what, 'a list')
}

export function asStrings(value: unknown, what: string): readonly string[] {
  return asArray(value, what).map((item, at) => asString(item, `${what}[${at}]`))
}

export function asStringMap(value: unknown, what: string): Readonly<Record<string, string>> {
  const object = asObject(value, what)
  for (const key of Object.keys(object)) asString(object[key], `${what}.${key}`)
  return object as Readonly<Record<string, string>>
}

/** Applies `read` unless the member is missing or null (Go writes null for an empty list or map). */
export function optional<T>(
  object: JsonObject,
  key: string,
  what: string,
  read: (value: unknown, what: string) => T,
): T | undefined {
  const value = Object.hasOwn(object, key) ? object[key] : undefined
  return value === undefined || value === null ? undefined : read(value, `${what}.${key}`)
}

/** A copy without the members that are undefined, so that a missing one stays missing in JSON and in types. */
export function defined<T extends object>(object: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const copy: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(object)) if (value !== undefined) copy[key] = value
  return copy as { [K in keyof T]: Exclude<T[K], undefined> }
}

function wrong(what: string, wanted: string): SampanError {
  return new SampanError(`${what} is not ${wanted}`, { kind: 'damaged' })
}
