/** `-o`, `--cache-to` and `--cache-from`: comma-separated `key=value`, or one word. Pure. */
import { type SampanError, unsupported, usage } from '../../errors.ts'
import { splitCsv } from '../../volumes/csv.ts'

/** What a build is for. Paths are as written; `-` is standard output. */
export type Output =
  /** The files of the result in a folder. */
  | { readonly type: 'local'; readonly path: string }
  /** The same as one tar. */
  | { readonly type: 'tar'; readonly path: string }
  /** The image as an OCI layout, in a tar or a folder; or as docker's archive. */
  | {
      readonly type: 'oci' | 'docker'
      readonly path: string
      readonly folder: boolean
      readonly names: readonly string[]
    }
  /** The image among the others, and from there to its registry. */
  | {
      readonly type: 'image'
      readonly names: readonly string[]
      readonly push: boolean
      readonly packing?: Packing
    }
  /** Nothing but a warm cache. */
  | { readonly type: 'cacheonly' }

/** How layers are compressed when they are pushed; as the options of `push`. */
export interface Packing {
  readonly 'compression-format'?: string
  readonly 'compression-level'?: number
  readonly 'force-compression'?: boolean
}

/** `type=…` of `--output` and the attributes each understands. */
const attributes: Readonly<Record<Output['type'], readonly string[]>> = {
  local: ['dest', 'platform-split'],
  tar: ['dest', 'platform-split'],
  oci: ['dest', 'name', 'tar', 'oci-mediatypes'],
  docker: ['dest', 'name', 'tar', 'oci-mediatypes'],
  image: [
    'name',
    'push',
    'unpack',
    'store',
    'oci-mediatypes',
    'compression',
    'compression-level',
    'force-compression',
  ],
  cacheonly: [],
}

/** @throws SampanError for a type or attribute that is none, or that we do not do */
export function parseOutput(text: string): Output {
  if (text === '-') return { type: 'tar', path: '-' }
  if (!text.includes('=')) {
    if (text === '') throw usage('--output must not be empty')
    return { type: 'local', path: text }
  }
  const fields = parseFields(text, '--output')
  const type = fields.get('type')
  if (type === undefined)
    throw usage(
      `--output ${text}: type is required`,
      'type=local, tar, oci, docker, image, registry or cacheonly',
    )
  const known = type === 'registry' ? 'image' : type
  if (!isOutputType(known)) throw usage(`--output ${text}: unknown type ${JSON.stringify(type)}`)
  for (const [key, value] of fields) {
    if (key === 'type' || attributes[known].includes(key)) continue
    throw refusal(`--output ${key}=${value} with type=${type}`, key)
  }
  return outputOf(known, fields, text)
}

function isOutputType(type: string): type is Output['type'] {
  return type in attributes
}

function refusal(what: string, key: string): SampanError {
  const instead = key.startsWith('compression')
    ? 'layers are compressed when they are pushed: type=registry has these words'
    : key.startsWith('annotation')
      ? '--annotation sets annotations'
      : 'leave it out'
  return unsupported(what, instead)
}

function outputOf(type: Output['type'], fields: ReadonlyMap<string, string>, text: string): Output {
  const path = fields.get('dest')
  const names = (fields.get('name') ?? '').split(',').filter((name) => name !== '')
  switch (type) {
    case 'cacheonly':
      return { type }
    case 'local':
      if (path === undefined) throw usage(`--output ${text}: dest is required for local output`)
      return { type, path }
    case 'tar':
      return { type, path: path ?? '-' }
    case 'image': {
      if (flag(fields, 'store', true) === false || flag(fields, 'unpack', true) === false)
        throw unsupported('an image that is not stored', 'use type=oci, or remove it afterwards')
      const push = flag(fields, 'push', fields.get('type') === 'registry')
      const packing = packingOf(fields, text)
      return { type, names, push, ...(Object.keys(packing).length === 0 ? {} : { packing }) }
    }
    default: {
      const folder = !flag(fields, 'tar', true)
      if (folder && path === undefined) throw usage(`--output ${text}: tar=false needs a dest`)
      // Docker's own meaning of type=docker without a file: the image is loaded.
      if (type === 'docker' && path === undefined) return { type: 'image', names, push: false }
      return { type, path: path ?? '-', folder, names }
    }
  }
}

function packingOf(fields: ReadonlyMap<string, string>, text: string): Packing {
  const format = fields.get('compression')
  if (format === 'uncompressed' || format === 'estargz')
    throw unsupported(`--output compression=${format}`, 'gzip or zstd')
  const level = fields.get('compression-level')
  if (level !== undefined && !/^\d+$/.test(level))
    throw usage(`--output ${text}: compression-level must be a number`)
  return {
    ...(format === undefined ? {} : { 'compression-format': format }),
    ...(level === undefined ? {} : { 'compression-level': Number(level) }),
    ...(fields.has('force-compression')
      ? { 'force-compression': flag(fields, 'force-compression', false) }
      : {}),
  }
}

function flag(fields: ReadonlyMap<string, string>, key: string, otherwise: boolean): boolean {
  const value = fields.get(key)
  if (value === undefined) return otherwise
  if (/^(true|1|t)?$/i.test(value)) return true
  if (/^(false|0|f)$/i.test(value)) return false
  throw usage(`${key}=${value}: must be true or false`)
}

/** Where a cache goes to or comes from. `all`: steps of all stages, not only those of the result (`mode=max`). */
export type CachePlace =
  | { readonly type: 'local'; readonly path: string; readonly all: boolean }
  | { readonly type: 'registry'; readonly reference: string; readonly all: boolean }
  /** With the image itself. */
  | { readonly type: 'inline' }

/** A word without `=` is an image, or several, as docker has it. @throws as parseCachePlace */
export function parseCacheSources(words: readonly string[]): CachePlace[] {
  return words
    .flatMap((text) => (text.includes('=') ? text : text.split(',')))
    .map((text) => parseCachePlace(text, '--cache-from'))
}

/** @throws SampanError for what we do not do */
export function parseCachePlace(text: string, option: '--cache-to' | '--cache-from'): CachePlace {
  if (!text.includes('=')) return { type: 'registry', reference: text, all: false }
  const fields = parseFields(text, option)
  const type = fields.get('type') ?? 'registry'
  const mode = fields.get('mode') ?? 'min'
  if (mode !== 'min' && mode !== 'max') throw usage(`${option} ${text}: mode must be min or max`)
  const all = mode === 'max'
  const needed = (key: string) => {
    const value = fields.get(key)
    if (value === undefined || value === '') throw usage(`${option} ${text}: ${key} is required`)
    return value
  }
  switch (type) {
    case 'local':
      return { type, path: needed(option === '--cache-to' ? 'dest' : 'src'), all }
    case 'registry':
      return { type, reference: needed('ref'), all }
    case 'inline':
      if (option === '--cache-to') return { type }
      throw usage(`${option} ${text}: an inline cache is read by type=registry,ref=IMAGE`)
    default:
      throw unsupported(
        `${option} type=${type}`,
        'use type=local with a folder that the service keeps, or type=registry',
      )
  }
}

function parseFields(text: string, option: string): Map<string, string> {
  const fields = new Map<string, string>()
  for (const field of splitCsv(text)) {
    const equals = field.indexOf('=')
    if (equals <= 0) throw usage(`${option}: invalid value ${field}, expected key=value`)
    fields.set(field.slice(0, equals).trim().toLowerCase(), field.slice(equals + 1).trim())
  }
  return fields
}
