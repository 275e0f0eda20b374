/**
 * What templates work on. JSON has one kind of object where Go has two, and one null where Go has three, and scripts
 * see the difference: an unknown field of a struct is an error, an unknown key of a map is `<no value>`; a nil list
 * prints `[]`, a nil map `map[]`, a nil pointer `<nil>`. This file knows which of Docker's fields are which.
 */

/** Fields of Docker's inspect output whose type is a Go map. */
const MAP_FIELDS = new Set([
  'Annotations',
  'Attributes',
  'Containers',
  'Data',
  'DriverOpts',
  'ExposedPorts',
  'Labels',
  'Networks',
  'Options',
  'PortBindings',
  'Ports',
  'StorageOpt',
  'Sysctls',
  'Tmpfs',
  'Volumes',
])

/** Fields that are pointers (or interfaces): null is "not there". Any other null of a struct is a list. */
const POINTER_FIELDS = new Set([
  'Descriptor',
  'Health',
  'Healthcheck',
  'IPAMConfig',
  'ImageManifestDescriptor',
  'Init',
  'MemorySwappiness',
  'OomKillDisable',
  'PidsLimit',
  'SizeRootFs',
  'SizeRw',
  'Status',
  'StopTimeout',
  'UsageData',
])

/**
 * Fields that Docker leaves out of the JSON where they are empty, and that templates may still name:
 * `{{if .State.Health}}` is how scripts ask whether there is a health check.
 */
export function emptyField(name: string, owner: object = {}): { readonly value: unknown } | undefined {
  if ((name === 'Name' || name === 'Driver') && 'Propagation' in owner) return { value: '' }
  if (EMPTY_TEXTS.has(name)) return { value: '' }
  if (EMPTY_SWITCHES.has(name)) return { value: false }
  if (EMPTY_LISTS.has(name)) return { value: NIL_LIST }
  return MAP_FIELDS.has(name) || POINTER_FIELDS.has(name) ? { value: typed(name, null) } : undefined
}

const EMPTY_TEXTS = new Set(['MacAddress', 'OsVersion', 'StopSignal', 'Variant'])
const EMPTY_SWITCHES = new Set(['ArgsEscaped', 'NetworkDisabled'])
const EMPTY_LISTS = new Set(['Manifests', 'OnBuild', 'Shell'])

/** A nil of Go whose type is known: a list, a map or a pointer. Null in JSON. */
export class Nil {
  readonly type: 'list' | 'map' | 'pointer'
  constructor(type: 'list' | 'map' | 'pointer') {
    this.type = type
  }
  toJSON(): null {
    return null
  }
}

export const NIL_LIST = new Nil('list')
export const NIL_MAP = new Nil('map')
export const NIL_POINTER = new Nil('pointer')

/** What a missing map key gives: false, and `<no value>` when printed. */
export const NO_VALUE = Symbol('no value')

/** A struct whose fields are computed when asked for, and that may have methods. */
export interface Struct {
  /** Fields of its JSON, in order. */
  readonly names: readonly string[]
  field(name: string): { readonly value: unknown } | undefined
  method(name: string): ((...operands: readonly unknown[]) => unknown) | undefined
}

export class StructValue {
  readonly struct: Struct
  constructor(struct: Struct) {
    this.struct = struct
  }
  toJSON(): object {
    return Object.fromEntries(this.struct.names.map((name) => [name, this.struct.field(name)?.value]))
  }
}

export function struct(fields: Struct): StructValue {
  return new StructValue(fields)
}

export type PlainObject = Readonly<Record<string, unknown>>

/** A JSON object: a Go struct or map. */
export function isObject(value: unknown): value is PlainObject {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Nil) &&
    !(value instanceof StructValue)
  )
}

/** Objects reached through a field that Docker has as a map. */
const maps = new WeakSet<object>()

/**
 * Whether an object stands for a Go map: by the field it was found in, else by keys that no Go field can have. The
 * latter may be structs whose JSON names are in lower case (`Descriptor`): they are not put in order.
 */
export function isMap(object: PlainObject): boolean {
  return maps.has(object) || !Object.keys(object).some((key) => /^[A-Z]/.test(key))
}

/** The value of a struct's field as Go would have it: null becomes the right kind of nothing. */
export function typed(name: string, value: unknown): unknown {
  if (value === null || value === undefined) {
    if (MAP_FIELDS.has(name)) return NIL_MAP
    return POINTER_FIELDS.has(name) ? NIL_POINTER : NIL_LIST
  }
  if (MAP_FIELDS.has(name) && isObject(value)) maps.add(value)
  return value
}

/** Key and value of each entry: a map's in the order of its keys, as Go's templates and JSON have them. */
export function entriesOf(object: PlainObject): [string, unknown][] {
  const entries = Object.entries(object).filter(([, value]) => value !== undefined)
  if (!isMap(object)) return entries.map(([name, value]) => [name, typed(name, value)])
  if (!maps.has(object)) return entries
  // The only maps with nulls are maps of lists: `Ports`.
  return entries
    .map(([key, value]): [string, unknown] => [key, value ?? NIL_LIST])
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

/** Go's idea of "empty": false, 0, "", nil, and lists and maps without entries. A struct is never empty. */
export function isTrue(value: unknown): boolean {
  if (value === NO_VALUE || value === null || value === undefined || value instanceof Nil) return false
  if (Array.isArray(value)) return value.length > 0
  if (isObject(value)) return !isMap(value) || Object.keys(value).length > 0
  return Boolean(value)
}

/** The name of a value's Go type, for error messages. */
export function typeName(value: unknown): string {
  if (value === null || value === undefined || value === NO_VALUE) return 'nil'
  if (value instanceof Nil)
    return { list: '[]interface {}', map: 'map[string]interface {}', pointer: 'nil' }[value.type]
  if (Array.isArray(value)) return '[]interface {}'
  if (typeof value === 'string') return 'string'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float64'
  return 'map[string]interface {}'
}
