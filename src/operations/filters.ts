/**
 * `--filter KEY=VALUE`, given any number of times: values of the same key are alternatives, different keys must all
 * hold.
 */
import { tryDuration } from '../containers/values/duration.ts'
import { SampanError, usage } from '../errors.ts'

export interface Filters {
  /** Whether any filter was given under this key. */
  has(key: string): boolean
  /** The values given under a key, in order; none when it was not given. */
  values(key: string): readonly string[]
  /** True when the key was not given, or one of its values passes. */
  matches(key: string, passes: (value: string) => boolean): boolean
  /** `label=key` and `label=key=value` (also `label!=…`) against an object's labels: every one must hold. */
  matchesLabels(labels: Readonly<Record<string, string>> | null | undefined): boolean
}

/**
 * Reads the values of `--filter`.
 * @param known the keys this list understands; another one is refused by name.
 */
export function parseFilters(given: readonly string[], known: readonly string[]): Filters {
  const wanted = new Map<string, string[]>()
  for (const filter of given) {
    const equals = filter.indexOf('=')
    if (equals < 0) {
      throw usage(
        `invalid argument "${filter}" for "-f, --filter" flag: bad format of filter (expected name=value)`,
      )
    }
    const key = filter.slice(0, equals).trim().toLowerCase()
    if (!known.includes(key)) throw badFilter(`invalid filter '${key}'`, `Filters here: ${known.join(', ')}`)
    const values = wanted.get(key)
    const value = filter.slice(equals + 1).trim()
    if (values === undefined) wanted.set(key, [value])
    else values.push(value)
  }
  const values = (key: string) => wanted.get(key) ?? []
  return {
    has: (key) => wanted.has(key),
    values,
    matches: (key, passes) => !wanted.has(key) || values(key).some(passes),
    matchesLabels: (labels) =>
      values('label').every((label) => hasLabel(labels ?? {}, label)) &&
      values('label!').every((label) => !hasLabel(labels ?? {}, label)),
  }
}

function hasLabel(labels: Readonly<Record<string, string>>, wanted: string): boolean {
  const equals = wanted.indexOf('=')
  const key = equals < 0 ? wanted : wanted.slice(0, equals)
  return Object.hasOwn(labels, key) && (equals < 0 || labels[key] === wanted.slice(equals + 1))
}

/**
 * A yes or no of a filter (`dangling=true`).
 * @throws usage error for any other word
 */
export function filterBoolean(key: string, value: string): boolean {
  if (['1', 'true', 't', 'TRUE', 'True', 'T'].includes(value)) return true
  if (['0', 'false', 'f', 'FALSE', 'False', 'F'].includes(value)) return false
  throw badFilter(`invalid filter '${key}=[${value}]'`, `Write ${key}=true or ${key}=false`)
}

/** Docker's daemon reads filters, so a wrong one fails as any command does. */
export function badFilter(message: string, hint: string): SampanError {
  return new SampanError(message, { kind: 'usage', exitCode: 1, hint })
}

/** A point in time: RFC 3339, a date, seconds since 1970, or a duration that counts back from now. */
export function moment(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000
  const ago = tryDuration(text)
  const time = ago === undefined ? Date.parse(text) : Date.now() - ago / 1e6
  if (!Number.isNaN(time)) return time
  throw usage(
    `failed to parse "${text}" as a time`,
    'write 2026-11-22T10:00:00Z, seconds since 1970, or a duration like 24h',
  )
}
