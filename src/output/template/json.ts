/** JSON as Go writes it: a map's keys in order, a struct's as declared, `<`, `>` and `&` as they are. */
import { entriesOf, isObject, NO_VALUE } from './values.ts'

/** @param indent spaces a level; 0 is one line without spaces */
export function encodeJson(value: unknown, indent = 0): string {
  return JSON.stringify(value === NO_VALUE ? null : inOrder(value), null, indent) ?? 'null'
}

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder)
  return isObject(value)
    ? Object.fromEntries(entriesOf(value).map(([key, member]) => [key, inOrder(member)]))
    : value
}
