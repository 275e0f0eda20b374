/**
 * The functions of templates: those of Go's text/template and the ones Docker adds. A function that cannot do its
 * work throws an Error; the evaluator says where (`error calling index: …`).
 */
import { compare, equal } from './compare.ts'
import { encodeJson } from './json.ts'
import { format, sprint, sprintln } from './print.ts'
import { sprintf } from './printf.ts'
import { isMap, isObject, isTrue, NIL_LIST, NIL_POINTER, Nil, NO_VALUE, typed, typeName } from './values.ts'

export type TemplateFunction = (...operands: readonly unknown[]) => unknown

/** `and` and `or` are the evaluator's: they stop at the first operand that decides. */
export const LAZY_FUNCTIONS: ReadonlySet<string> = new Set(['and', 'or'])

/** How many operands each function takes: fewest, most. */
const define = (fewest: number, most: number, call: TemplateFunction): TemplateFunction =>
  Object.assign((...operands: readonly unknown[]) => {
    if (operands.length < fewest || operands.length > most) {
      const want = most === Number.POSITIVE_INFINITY ? `at least ${fewest}` : `${fewest}`
      throw new WrongCount(`want ${want} got ${operands.length}`)
    }
    return call(...operands)
  }, {})

/** Reported as `wrong number of args for f: want 2 got 1`, without "error calling". */
export class WrongCount extends Error {}

const ANY = Number.POSITIVE_INFINITY

export const functions: Readonly<Record<string, TemplateFunction>> = {
  // Go's own.
  call: define(1, ANY, (value) => {
    throw new Error(`non-function of type ${typeName(value)}`)
  }),
  eq: define(1, ANY, (first, ...others) => {
    if (others.length === 0) throw new Error('missing argument for comparison')
    return others.some((other) => equal(first, other))
  }),
  ne: define(2, 2, (a, b) => !equal(a, b)),
  lt: define(2, 2, (a, b) => compare(a, b) < 0),
  le: define(2, 2, (a, b) => compare(a, b) <= 0),
  gt: define(2, 2, (a, b) => compare(a, b) > 0),
  ge: define(2, 2, (a, b) => compare(a, b) >= 0),
  html: define(0, ANY, (...values) => escapeWith(sprintOf(values), /[&<>"'\0]/g, HTML)),
  index: define(1, ANY, (value, ...keys) => keys.reduce(indexOnce, value)),
  js: define(0, ANY, (...values) => escapeJavaScript(sprintOf(values))),
  len: define(1, 1, lengthOf),
  not: define(1, 1, (value) => !isTrue(value)),
  print: define(0, ANY, (...values) => sprint(values)),
  printf: define(1, ANY, (layout, ...values) => sprintf(text(layout), values)),
  println: define(0, ANY, (...values) => sprintln(values)),
  slice: define(1, 4, slice),
  urlquery: define(0, ANY, (...values) => urlQuery(sprintOf(values))),
  // Docker's.
  join: define(2, 2, (list, separator) => items(list).map(text).join(text(separator))),
  json: define(1, 1, (value) => encodeJson(value)),
  lower: define(1, 1, (value) => text(value).toLowerCase()),
  pad: define(3, 3, (value, before, after) =>
    text(value) === '' ? '' : ' '.repeat(count(before)) + text(value) + ' '.repeat(count(after)),
  ),
  split: define(2, 2, (value, separator) => text(value).split(text(separator))),
  title: define(1, 1, (value) =>
    text(value).replace(/(^|\s)(\S)/g, (_, gap, letter) => gap + letter.toUpperCase()),
  ),
  truncate: define(2, 2, (value, length) => text(value).slice(0, count(length))),
  upper: define(1, 1, (value) => text(value).toUpperCase()),
}

/** In the heading line of a table Docker's functions give back the heading as it is. */
export const headingFunctions: Readonly<Record<string, TemplateFunction>> = {
  ...functions,
  ...Object.fromEntries(
    ['json', 'split', 'join', 'title', 'lower', 'upper', 'pad', 'truncate'].map((name) => [
      name,
      (value) => value,
    ]),
  ),
}

function text(value: unknown): string {
  if (typeof value === 'string') return value
  throw new Error(`wrong type for value; expected string; got ${typeName(value)}`)
}

function count(value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value)) return Math.max(0, value)
  throw new Error(`wrong type for value; expected int; got ${typeName(value)}`)
}

function items(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  if (value instanceof Nil) return []
  throw new Error(`wrong type for value; expected []string; got ${typeName(value)}`)
}

/** One step of `index`: a list's element, a map's value. A missing key is the empty value of the map's kind. */
function indexOnce(value: unknown, key: unknown): unknown {
  if (value === null || value === undefined || value === NO_VALUE || value === NIL_POINTER) {
    throw new Error('index of untyped nil')
  }
  if (value instanceof Nil && value.type === 'map') return ''
  if (Array.isArray(value) || value instanceof Nil || typeof value === 'string') {
    if (typeof key !== 'number') throw new Error(`cannot index slice/array with type ${typeName(key)}`)
    const list = typeof value === 'string' ? Buffer.from(value) : Array.isArray(value) ? value : []
    if (key < 0 || key >= list.length) throw new Error(`index out of range: ${key}`)
    return list[key]
  }
  if (!isObject(value)) throw new Error(`can't index item of type ${typeName(value)}`)
  if (typeof key !== 'string') throw new Error(`value has type ${typeName(key)}; should be string`)
  if (Object.hasOwn(value, key)) return isMap(value) ? (value[key] ?? NIL_LIST) : typed(key, value[key])
  return emptyLike(Object.values(value))
}

/** A map of texts gives "", a map of lists an empty list, a map of anything else nothing. */
function emptyLike(values: readonly unknown[]): unknown {
  const sample = values.find((value) => value !== null)
  if (sample === undefined || typeof sample === 'string')
    return values.length > 0 && sample === undefined ? NIL_LIST : ''
  return Array.isArray(sample) ? NIL_LIST : typeof sample === 'number' ? 0 : null
}

function lengthOf(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value)
  if (Array.isArray(value)) return value.length
  if (value instanceof Nil && value.type !== 'pointer') return 0
  if (isObject(value)) return Object.keys(value).length
  throw new Error(
    value === null || value === undefined || value === NIL_POINTER
      ? 'len of nil pointer'
      : `len of type ${typeName(value)}`,
  )
}

function slice(value: unknown, ...bounds: readonly unknown[]): unknown {
  const whole = typeof value === 'string' ? Buffer.from(value) : items(value)
  const [start = 0, end = whole.length] = bounds.map(count)
  for (const bound of [start, end]) if (bound > whole.length) throw new Error(`index out of range: ${bound}`)
  if (start > end) throw new Error(`invalid slice index: ${start} > ${end}`)
  const part = whole.slice(start, end)
  return Buffer.isBuffer(part) ? part.toString() : part
}

function sprintOf(values: readonly unknown[]): string {
  return values.length === 1 ? format(values[0]) : sprint(values)
}

const HTML: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
  '\0': '\uFFFD',
}

function escapeWith(value: string, pattern: RegExp, table: Readonly<Record<string, string>>): string {
  return value.replace(pattern, (character) => table[character] ?? character)
}

function escapeJavaScript(value: string): string {
  const marks: Readonly<Record<string, string>> = { '\\': '\\\\', "'": "\\'", '"': '\\"' }
  return value.replace(/[\\'"<>&=\x00-\x1f]/g, (character) => {
    const code = character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')
    return marks[character] ?? `\\u${code}`
  })
}

/** Go's url.QueryEscape: a space is +, and ! ' ( ) * are escaped too. */
function urlQuery(value: string): string {
  const percent = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`
  return encodeURIComponent(value)
    .replace(/[!'()*]/g, percent)
    .replaceAll('%20', '+')
}
