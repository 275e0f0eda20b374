/** Values as Go's `%v` prints them: `map[a:1 b:2]`, `[x y]`, `{…}`, `<nil>`. */
import { entriesOf, isMap, isObject, Nil, NO_VALUE, StructValue } from './values.ts'

/** A value as an action prints it. */
export function printed(value: unknown): string {
  if (value === null || value === undefined || value === NO_VALUE) return '<no value>'
  return format(value)
}

/** `%v`; strings inside lists and maps have no quotes. */
export function format(value: unknown): string {
  if (value === null || value === undefined || value === NO_VALUE) return '<nil>'
  if (value instanceof Nil) return { list: '[]', map: 'map[]', pointer: '<nil>' }[value.type]
  if (value instanceof StructValue) {
    return `{${value.struct.names.map((name) => format(value.struct.field(name)?.value)).join(' ')}}`
  }
  if (Array.isArray(value)) return `[${value.map(format).join(' ')}]`
  if (isObject(value)) {
    const entries = entriesOf(value)
    if (isMap(value)) return `map[${entries.map(([key, member]) => `${key}:${format(member)}`).join(' ')}]`
    return `{${entries.map(([, member]) => format(member)).join(' ')}}`
  }
  return typeof value === 'number' ? formatNumber(value) : String(value)
}

/** `%v` of a number: integers in full, others in the shortest form, with an exponent from 1e+21 on. */
export function formatNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e21) return String(value)
  return String(value).replace(/e([+-])(\d)$/, 'e$10$2')
}

/** Go's fmt.Sprint: a space between operands where neither is a string. */
export function sprint(values: readonly unknown[]): string {
  let text = ''
  for (const [index, value] of values.entries()) {
    const neither = index > 0 && typeof value !== 'string' && typeof values[index - 1] !== 'string'
    text += (neither ? ' ' : '') + format(value)
  }
  return text
}

/** Go's fmt.Sprintln. */
export function sprintln(values: readonly unknown[]): string {
  return `${values.map(format).join(' ')}\n`
}
