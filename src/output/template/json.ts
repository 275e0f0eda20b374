/** JSON as Go writes it: a map's keys in order, a struct's as declared, `<`, `>` and `&` as they are but in rows of lists. */
import { entriesOf, isObject, NO_VALUE, StructValue } from './values.ts'

/** @param indent spaces a level; 0 is one line without spaces */
export function encodeJson(value: unknown, indent = 0): string {
  const text = JSON.stringify(value === NO_VALUE ? null : inOrder(value), null, indent) ?? 'null'
  return value instanceof StructValue ? text.replace(/[<>&]/g, escaped) : text
}

/** As docker's lists have it; objects of inspect do not. */
function escaped(character: string): string {
  return `\\u00${character.charCodeAt(0).toString(16)}`
}

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder)
  return isObject(value)
    ? Object.fromEntries(entriesOf(value).map(([key, member]) => [key, inOrder(member)]))
    : value
}
