/** Extended headers (POSIX.1-2001 pax): records "LENGTH KEY=VALUE\n" before an entry, or for all that follow. Pure. */
import { type Segment, TarError } from './header.ts'

/** Keys and values as byte strings; an empty value says "not this key after all" and is kept as such. */
export type Pax = ReadonlyMap<string, string>

/** Splits the data of an extended header. Throws TarError where a record is not what its length says. */
export function parsePax(data: Buffer): Map<string, string> {
  const records = new Map<string, string>()
  let sparse = ''
  for (let at = 0; at < data.length; ) {
    // Some writers pad the data with zeros.
    if (data[at] === 0) break
    const space = data.indexOf(32, at)
    const digits = space === -1 ? '' : data.toString('latin1', at, space)
    const length = /^\d{1,8}$/.test(digits) ? Number(digits) : 0
    const end = at + length
    if (length <= digits.length + 2 || end > data.length || data[end - 1] !== 10) {
      throw new TarError('an extended header whose record lengths do not add up')
    }
    const equals = data.indexOf(61, space)
    if (equals === -1 || equals >= end) throw new TarError('an extended header with a record that has no "="')
    const key = data.toString('latin1', space + 1, equals)
    const value = data.toString('latin1', equals + 1, end - 1)
    // Sparse format 0.0 repeats two keys, one pair a segment: the only keys whose repetitions all count.
    if (key === 'GNU.sparse.offset' || key === 'GNU.sparse.numbytes')
      sparse += `${sparse === '' ? '' : ','}${value}`
    else records.set(key, value)
    at = end
  }
  if (sparse !== '') records.set('GNU.sparse.map', sparse)
  return records
}

/** A decimal whole number from 0 up. */
export function paxInteger(value: string, key: string): number {
  const parsed = /^\d{1,16}$/.test(value) ? Number(value) : Number.NaN
  if (!Number.isSafeInteger(parsed)) throw new TarError(`the extended header ${key} that is not a number`)
  return parsed
}

/** "SECONDS[.FRACTION]", possibly negative, as whole seconds and nanoseconds from 0 to 999,999,999 after them. */
export function paxTime(value: string, key: string): { seconds: number; nanoseconds: number } {
  const match = /^(-?)(\d{1,15})(?:\.(\d*))?$/.exec(value)
  if (match === null) throw new TarError(`the extended header ${key} that is not a time`)
  const seconds = Number(match[2])
  const nanoseconds = Number((match[3] ?? '').slice(0, 9).padEnd(9, '0'))
  if (match[1] === '') return { seconds, nanoseconds }
  return nanoseconds === 0
    ? { seconds: 0 - seconds, nanoseconds: 0 }
    : { seconds: -seconds - 1, nanoseconds: 1e9 - nanoseconds }
}

/** "OFFSET,LENGTH,OFFSET,LENGTH…" of sparse formats 0.0 and 0.1. */
export function paxSparseMap(value: string): Segment[] {
  const numbers = value === '' ? [] : value.split(',').map((each) => paxInteger(each, 'GNU.sparse.map'))
  if (numbers.length % 2 !== 0) throw new TarError('a sparse map of an odd length')
  const map: Segment[] = []
  for (let i = 0; i < numbers.length; i += 2) {
    map.push({ offset: numbers[i] as number, length: numbers[i + 1] as number })
  }
  return map
}

/**
 * Segments in order, not overlapping, within the file, and as many bytes in all as the archive holds. Anything else
 * is a trick or damage.
 */
export function checkSparseMap(map: readonly Segment[], realSize: number, stored: number): void {
  let end = 0
  let total = 0
  for (const { offset, length } of map) {
    if (offset < end || offset + length > realSize)
      throw new TarError('a sparse map that does not fit the file')
    end = offset + length
    total += length
  }
  if (total !== stored) throw new TarError('a sparse map that does not fit the data')
}
