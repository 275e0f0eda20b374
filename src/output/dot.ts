/** Makes the value a template sees as `.` from a view: a struct whose fields are computed when they are asked for. */
import { struct } from './template/values.ts'
import type { Style, View } from './view.ts'

/** One object of a list. */
export function asDot<T>(view: View<T>, item: T, style: Style): object {
  const names = Object.keys(view.fields).filter((name) => view.fields[name]?.inJson !== false)
  return struct({
    names: names.sort(),
    field: (name) => {
      const field = view.fields[name]
      return field && { value: field.value(item, style) }
    },
    method: (name) => {
      const method = view.methods?.[name]
      return method && ((...operands) => method(item, ...operands.map(String)))
    },
  })
}

/** What the heading line of `table TEMPLATE` sees: each field is its heading, `.Label "a.b-c"` is `b c`. */
export function headingDot<T>(view: View<T>): object {
  return struct({
    names: [],
    field: (name) => ({ value: view.fields[name]?.heading ?? '<no value>' }),
    method: (name) => {
      if (view.methods?.[name] === undefined) return undefined
      return (key) => String(key).split('.').at(-1)?.replace(/[-_]/g, ' ') ?? ''
    },
  })
}
