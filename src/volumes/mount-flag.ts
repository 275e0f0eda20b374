/** `--mount`: from words to a mount. Pure: nothing is looked up or made here. */
import { posix } from 'node:path'
import { unsupported, usage } from '../errors.ts'
import { splitCsv } from './csv.ts'
import {
  type BindMount,
  type ImageMountRequest,
  type MountRequest,
  type Propagation,
  type TmpfsMount,
  volumeRequest,
} from './mounts.ts'
import { parseVolumeOptions, volumeKind } from './options.ts'
import {
  checkDestination,
  checkVolumeName,
  FOLDER_FLAGS,
  folderWords,
  hostPath,
  PROPAGATIONS,
} from './paths.ts'
import type { VolumeDetails } from './store.ts'
import { tmpfsMode, tmpfsOptions, tmpfsSize } from './tmpfs-flag.ts'

/** `type=bind,source=/x,target=/y,readonly`: every key docker and podman document for bind, volume, tmpfs and image. */
export function parseMountFlag(given: string, directory: string): MountRequest {
  const fields = new Map<string, string>()
  const options: string[] = []
  const labels: string[] = []
  for (const field of splitCsv(given)) {
    const at = field.indexOf('=')
    const key = (at < 0 ? field : field.slice(0, at)).toLowerCase()
    if (at < 0 && !FLAG_KEYS.has(key))
      throw usage(`invalid field '${field}' must be a key=value pair`, `in --mount ${given}`)
    const value = at < 0 ? 'true' : field.slice(at + 1)
    fields.set(SYNONYMS[key] ?? key, value)
    if (key === 'volume-opt') options.push(value)
    if (key === 'volume-label') labels.push(value)
  }
  const type = fields.get('type') ?? 'volume'
  const known = KEYS[type]
  if (known === undefined) {
    throw unsupported(`mount type ${type}`, 'bind, volume, tmpfs and image are')
  }
  for (const key of fields.keys()) {
    if (!known.includes(key)) {
      throw ALL_KEYS.has(key)
        ? usage(`cannot mix '${key}' with mount type '${type}'`, `in --mount ${given}`)
        : usage(`unexpected key '${key}' in '${given}'`, `one of ${known.join(', ')}`)
    }
  }
  const target = fields.get('target')
  if (target === undefined) throw usage(`invalid argument "${given}" for "--mount" flag: target is required`)
  const destination = checkDestination(target, given)
  const readOnly = flag(fields, 'readonly', given) || fields.get('rw') === 'false'
  if (type === 'bind') return bindFrom(fields, destination, readOnly, directory, given)
  if (type === 'tmpfs') return tmpfsFrom(fields, destination, readOnly, given)
  if (type === 'image') return imageFrom(fields, destination, given)
  const driver = fields.get('volume-driver')
  if (driver !== undefined && driver !== 'local') throw unsupported(`volume driver ${driver}`, 'local is')
  const name = fields.get('source')
  const subpath = checkSubpath(fields.get('volume-subpath') ?? '')
  if (subpath !== '' && flag(fields, 'u', given))
    throw usage('volume-subpath does not go with U', 'mount all of the volume with it')
  return volumeRequest(destination, {
    name: name === undefined || name === '' ? undefined : checkVolumeName(name),
    readOnly,
    subpath,
    noCopy: flag(fields, 'volume-nocopy', given),
    ...folder(fields, given),
    ...(options.length + labels.length === 0 ? {} : { details: volumeDetails(options, labels) }),
    from: 'mount',
  })
}

/** `volume-opt=KEY=VALUE`, `volume-label=KEY=VALUE`. */
function volumeDetails(
  options: readonly string[],
  labels: readonly string[],
): Pick<VolumeDetails, 'labels' | 'options'> {
  const parsed = parseVolumeOptions(options)
  volumeKind(parsed)
  const pairs = labels.map((label) => label.split('=')).map(([key = '', ...value]) => [key, value.join('=')])
  return { options: parsed, labels: Object.fromEntries(pairs) }
}

const SYNONYMS: Readonly<Record<string, string>> = {
  src: 'source',
  dst: 'target',
  destination: 'target',
  ro: 'readonly',
  chown: 'u',
  subpath: 'volume-subpath',
  'volume-subpath': 'volume-subpath',
  size: 'tmpfs-size',
  mode: 'tmpfs-mode',
  propagation: 'bind-propagation',
  readwrite: 'rw',
}
const FLAG_KEYS: ReadonlySet<string> = new Set([
  ...FOLDER_FLAGS,
  'u',
  'chown',
  'idmap',
  'rw',
  'readwrite',
  'tmpcopyup',
  'notmpcopyup',
  'readonly',
  'ro',
  'volume-nocopy',
  'bind-nonrecursive',
  'bind-create-src',
])
const COMMON = ['type', 'target', 'readonly', 'rw', 'consistency']
const FOLDER = [...FOLDER_FLAGS, 'u', 'idmap']
const KEYS: Readonly<Record<string, readonly string[]>> = {
  bind: [
    ...COMMON,
    ...FOLDER,
    'source',
    'bind-propagation',
    'bind-nonrecursive',
    'bind-recursive',
    'bind-create-src',
    'relabel',
  ],
  volume: [
    ...COMMON,
    ...FOLDER,
    'source',
    'volume-nocopy',
    'volume-driver',
    'volume-opt',
    'volume-label',
    'volume-subpath',
  ],
  tmpfs: [...COMMON, ...FOLDER_FLAGS, 'tmpfs-size', 'tmpfs-mode', 'tmpcopyup', 'notmpcopyup'],
  image: ['type', 'target', 'source', 'rw', 'readonly', 'image-subpath', 'volume-subpath'],
}
const ALL_KEYS: ReadonlySet<string> = new Set(Object.values(KEYS).flat())

function bindFrom(
  fields: ReadonlyMap<string, string>,
  destination: string,
  readOnly: boolean,
  directory: string,
  given: string,
): BindMount & { readonly create: boolean } {
  const source = fields.get('source')
  if (source === undefined || source === '') {
    throw usage(`invalid argument "${given}" for "--mount" flag: type=bind requires a source`)
  }
  const propagation = fields.get('bind-propagation') ?? 'rprivate'
  if (!PROPAGATIONS.has(propagation)) throw usage(`invalid value for bind-propagation: ${propagation}`)
  const recursive = fields.get('bind-recursive') ?? 'enabled'
  if (!['enabled', 'disabled', 'writable', 'readonly'].includes(recursive))
    throw usage(`invalid value for bind-recursive: ${recursive}`)
  if (recursive === 'readonly' && !readOnly)
    throw usage('bind-recursive=readonly needs a mount that is readonly', `in --mount ${given}`)
  return {
    type: 'bind',
    source: hostPath(source, directory),
    destination,
    readOnly,
    propagation: propagation as Propagation,
    recursive: recursive !== 'disabled' && !flag(fields, 'bind-nonrecursive', given),
    ...(recursive === 'readonly' ? { readOnlyBelow: true } : {}),
    mode: '',
    ...folder(fields, given),
    from: 'mount',
    create: flag(fields, 'bind-create-src', given),
  }
}

function tmpfsFrom(
  fields: ReadonlyMap<string, string>,
  destination: string,
  readOnly: boolean,
  given: string,
): TmpfsMount {
  return {
    type: 'tmpfs',
    destination,
    readOnly,
    size: tmpfsSize(fields.get('tmpfs-size') ?? '0', given),
    mode: tmpfsMode(fields.get('tmpfs-mode') ?? '1777', given),
    options: tmpfsOptions([...fields.keys()].filter((key) => flag(fields, key, given))),
    from: 'mount',
  }
}

/** Read-only unless `rw`. */
function imageFrom(
  fields: ReadonlyMap<string, string>,
  destination: string,
  given: string,
): ImageMountRequest {
  const source = fields.get('source') ?? ''
  if (source === '')
    throw usage(`invalid argument "${given}" for "--mount" flag: type=image requires a source`)
  const subpath = checkSubpath(fields.get('image-subpath') ?? fields.get('volume-subpath') ?? '')
  const readOnly = !flag(fields, 'rw', given) || flag(fields, 'readonly', given)
  return {
    type: 'image',
    source,
    destination,
    readOnly,
    ...(subpath === '' ? {} : { subpath }),
    from: 'mount',
  }
}

function folder(fields: ReadonlyMap<string, string>, given: string): ReturnType<typeof folderWords> {
  const idmap = fields.get('idmap')
  if (idmap !== undefined && !['true', 'false'].includes(idmap))
    throw unsupported(`idmap=${idmap}`, 'idmap alone is')
  const words = [...FOLDER_FLAGS, 'idmap'].filter((word) => flag(fields, word, given))
  return folderWords(new Set([...words, ...(flag(fields, 'u', given) ? ['U'] : [])]), given)
}

function flag(fields: ReadonlyMap<string, string>, key: string, given: string): boolean {
  if (!FLAG_KEYS.has(key)) return false
  const value = fields.get(key)
  if (value === undefined || value === 'false' || value === '0') return false
  if (value === 'true' || value === '1') return true
  throw usage(`invalid value for ${key}: ${value}`, `in --mount ${given}`)
}

function checkSubpath(subpath: string): string {
  const clean = posix.normalize(subpath === '' ? '.' : subpath)
  if (clean.startsWith('/') || clean.split('/').includes('..')) {
    throw usage(`invalid subpath "${subpath}": it must stay inside what is mounted`)
  }
  return clean === '.' ? '' : clean
}
