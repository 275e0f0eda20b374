/** `--mount`: from words to a mount. Pure: nothing is looked up or made here. */
import { posix } from 'node:path'
import { unsupported, usage } from '../errors.ts'
import { splitCsv } from './csv.ts'
import {
  type BindMount,
  type MountRequest,
  type Propagation,
  type TmpfsMount,
  volumeRequest,
} from './mounts.ts'
import { checkDestination, checkVolumeName, hostPath, PROPAGATIONS } from './paths.ts'
import { TMPFS_DEFAULTS, tmpfsMode, tmpfsSize } from './tmpfs-flag.ts'

/** `type=bind,source=/x,target=/y,readonly`: every key docker documents for bind, volume and tmpfs. */
export function parseMountFlag(given: string, directory: string): MountRequest {
  const fields = new Map<string, string>()
  for (const field of splitCsv(given)) {
    const at = field.indexOf('=')
    const key = (at < 0 ? field : field.slice(0, at)).toLowerCase()
    if (at < 0 && !FLAG_KEYS.has(key))
      throw usage(`invalid field '${field}' must be a key=value pair`, `in --mount ${given}`)
    fields.set(SYNONYMS[key] ?? key, at < 0 ? 'true' : field.slice(at + 1))
  }
  const type = fields.get('type') ?? 'volume'
  const known = KEYS[type]
  if (known === undefined) {
    throw unsupported(
      `mount type ${type}`,
      'bind, volume and tmpfs are; an image can be unpacked with `create` and `cp`',
    )
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
  const readOnly = flag(fields, 'readonly', given)
  if (type === 'bind') return bindFrom(fields, destination, readOnly, directory, given)
  if (type === 'tmpfs') return tmpfsFrom(fields, destination, readOnly, given)
  const driver = fields.get('volume-driver')
  if (driver !== undefined && driver !== 'local') throw unsupported(`volume driver ${driver}`, 'local is')
  if (fields.has('volume-opt')) throw unsupported('volume-opt', 'make the volume first, or use a bind mount')
  const name = fields.get('source')
  return volumeRequest(destination, {
    name: name === undefined || name === '' ? undefined : checkVolumeName(name),
    readOnly,
    subpath: checkSubpath(fields.get('volume-subpath') ?? ''),
    noCopy: flag(fields, 'volume-nocopy', given),
    from: 'mount',
  })
}

const SYNONYMS: Readonly<Record<string, string>> = {
  src: 'source',
  dst: 'target',
  destination: 'target',
  ro: 'readonly',
}
const FLAG_KEYS: ReadonlySet<string> = new Set([
  'readonly',
  'ro',
  'volume-nocopy',
  'bind-nonrecursive',
  'bind-create-src',
])
const COMMON = ['type', 'target', 'readonly', 'consistency']
const KEYS: Readonly<Record<string, readonly string[]>> = {
  bind: [
    ...COMMON,
    'source',
    'bind-propagation',
    'bind-nonrecursive',
    'bind-recursive',
    'bind-create-src',
    'relabel',
  ],
  volume: [
    ...COMMON,
    'source',
    'volume-nocopy',
    'volume-driver',
    'volume-opt',

    'volume-subpath',
  ],
  tmpfs: [...COMMON, 'tmpfs-size', 'tmpfs-mode'],
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
  if (recursive === 'readonly')
    throw unsupported('bind-recursive=readonly', 'enabled, disabled and writable are')
  if (!['enabled', 'disabled', 'writable'].includes(recursive))
    throw usage(`invalid value for bind-recursive: ${recursive}`)
  return {
    type: 'bind',
    source: hostPath(source, directory),
    destination,
    readOnly,
    propagation: propagation as Propagation,
    recursive: recursive !== 'disabled' && !flag(fields, 'bind-nonrecursive', given),
    mode: '',
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
    options: TMPFS_DEFAULTS,
    from: 'mount',
  }
}

function flag(fields: ReadonlyMap<string, string>, key: string, given: string): boolean {
  const value = fields.get(key)
  if (value === undefined || value === 'false' || value === '0') return false
  if (value === 'true' || value === '1') return true
  throw usage(`invalid value for ${key}: ${value}`, `in --mount ${given}`)
}

function checkSubpath(subpath: string): string {
  const clean = posix.normalize(subpath === '' ? '.' : subpath)
  if (clean.startsWith('/') || clean.split('/').includes('..')) {
    throw usage(`invalid volume-subpath "${subpath}": it must stay inside the volume`)
  }
  return clean === '.' ? '' : clean
}
