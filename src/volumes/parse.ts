/** `-v`, `--mount`, `--tmpfs`: from words to mounts. Pure: nothing is looked up or made here. */
import { homedir } from 'node:os'
import { posix, resolve } from 'node:path'
import { unsupported, usage } from '../errors.ts'
import type { BindMount, MountRequest, Propagation, TmpfsMount } from './mounts.ts'

const PROPAGATIONS: ReadonlySet<string> = new Set([
  'private',
  'rprivate',
  'shared',
  'rshared',
  'slave',
  'rslave',
])
/** Words that mean something on other hosts and nothing here: SELinux labels, Docker Desktop's consistency. */
const IGNORED: ReadonlySet<string> = new Set(['z', 'Z', 'rw', 'cached', 'delegated', 'consistent', ''])

/**
 * `[SOURCE:]DESTINATION[:WORDS]`: a source with a slash at its start, `./`, `../` or `~/` is a host path (relative to
 * `directory`), any other a volume's name, none an anonymous volume. Throws usage with docker's words.
 */
export function parseVolumeFlag(given: string, directory: string): MountRequest {
  const parts = given.split(':')
  if (parts.length > 3 || given === '') {
    throw usage(`invalid volume specification: '${given}'`, 'write SOURCE:DESTINATION[:ro]')
  }
  const [first = '', second, words = ''] = parts
  const destination = checkDestination(second ?? first, given)
  if (second === undefined) {
    return {
      type: 'volume',
      name: undefined,
      destination,
      readOnly: false,
      subpath: '',
      noCopy: false,
      mode: '',
      from: 'volume',
    }
  }
  if (first === '')
    throw usage(`invalid volume specification: '${given}': the source is empty`, 'write SOURCE:DESTINATION')
  const mode = parseWords(words, given)
  const { readOnly } = mode
  if (isHostPath(first)) {
    if (mode.noCopy) throw usage(`invalid volume specification: '${given}': nocopy is for volumes`)
    return {
      type: 'bind',
      source: hostPath(first, directory),
      destination,
      readOnly,
      propagation: mode.propagation ?? 'rprivate',
      recursive: true,
      mode: words,
      from: 'volume',
    }
  }
  if (mode.propagation !== undefined) throw usage(`invalid mode: ${words}`, 'propagation is for host folders')
  return {
    type: 'volume',
    name: checkVolumeName(first),
    destination,
    readOnly,
    subpath: '',
    noCopy: mode.noCopy,
    mode: words,
    from: 'volume',
  }
}

interface Words {
  readonly readOnly: boolean
  readonly noCopy: boolean
  readonly propagation: Propagation | undefined
}

function parseWords(words: string, given: string): Words {
  let readOnly = false
  let noCopy = false
  let propagation: Propagation | undefined
  for (const word of words.split(',')) {
    if (word === 'ro') readOnly = true
    else if (word === 'nocopy') noCopy = true
    else if (PROPAGATIONS.has(word)) propagation = word as Propagation
    else if (word === 'U' || word === 'O') {
      throw unsupported(
        `volume mode ${word}`,
        word === 'U' ? 'change the owner inside: `run … chown`' : 'copy the folder instead',
      )
    } else if (!IGNORED.has(word))
      throw usage(`invalid mode: ${words}`, `in "${given}": ro, rw, z, nocopy or a propagation`)
  }
  return { readOnly, noCopy, propagation }
}

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
  return {
    type: 'volume',
    name: name === undefined || name === '' ? undefined : checkVolumeName(name),
    destination,
    readOnly,
    subpath: checkSubpath(fields.get('volume-subpath') ?? ''),
    noCopy: flag(fields, 'volume-nocopy', given),
    mode: '',
    from: 'mount',
  }
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

/** What docker gives a tmpfs that asks for nothing. */
const TMPFS_DEFAULTS = ['noexec', 'nosuid', 'nodev']
const TMPFS_WORDS: Readonly<Record<string, string>> = {
  exec: 'noexec', suid: 'nosuid', dev: 'nodev', noexec: 'noexec', nosuid: 'nosuid', nodev: 'nodev',
} // biome-ignore format: a table
const OTHER_TMPFS_WORDS =
  /^(noatime|relatime|nodiratime|strictatime|sync|async|dirsync|(uid|gid|nr_inodes|nr_blocks)=\d+[kmg]?)$/

/** `/run` or `/run:rw,exec,size=64m,mode=1777`. */
export function parseTmpfsFlag(given: string): TmpfsMount {
  const colon = given.indexOf(':')
  const destination = checkDestination(colon < 0 ? given : given.slice(0, colon), given)
  const options = new Set(TMPFS_DEFAULTS)
  let readOnly = false
  let size = 0
  let mode = 0o1777
  for (const word of colon < 0 ? [] : given.slice(colon + 1).split(',')) {
    const negative = TMPFS_WORDS[word]
    if (negative !== undefined) {
      if (negative === word) options.add(word)
      else options.delete(negative)
    } else if (word === 'ro') readOnly = true
    else if (word.startsWith('size=')) size = tmpfsSize(word.slice(5), given)
    else if (word.startsWith('mode=')) mode = tmpfsMode(word.slice(5), given)
    else if (OTHER_TMPFS_WORDS.test(word)) options.add(word)
    else if (!['', 'rw', 'notmpcopyup', 'rprivate', 'private'].includes(word)) {
      throw usage(
        `invalid tmpfs option "${word}" in "${given}"`,
        'size=64m, mode=1777, uid=, gid=, ro, exec, suid, dev',
      )
    }
  }
  return { type: 'tmpfs', destination, readOnly, size, mode, options: [...options], from: 'tmpfs' }
}

function tmpfsSize(text: string, given: string): number {
  const match = /^(\d+)([kmg]?)b?$/i.exec(text)
  if (match === null) throw usage(`invalid tmpfs size "${text}" in "${given}"`, 'a number and k, m or g')
  return Number(match[1]) * 1024 ** ['', 'k', 'm', 'g'].indexOf((match[2] ?? '').toLowerCase())
}

function tmpfsMode(text: string, given: string): number {
  if (!/^0?[0-7]{1,4}$/.test(text))
    throw usage(`invalid tmpfs mode "${text}" in "${given}"`, 'octal, e.g. 1777')
  return Number.parseInt(text, 8)
}

/** Fields of one CSV record, RFC 4180: a field with a comma is written in double quotes. */
export function splitCsv(text: string): string[] {
  const fields: string[] = []
  const field = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y
  for (;;) {
    const match = field.exec(text)
    if (match === null) throw usage(`invalid quotes in "${text}"`)
    fields.push(match[1] === undefined ? (match[2] ?? '') : match[1].replaceAll('""', '"'))
    if (match[3] === '') return fields
  }
}

function flag(fields: ReadonlyMap<string, string>, key: string, given: string): boolean {
  const value = fields.get(key)
  if (value === undefined || value === 'false' || value === '0') return false
  if (value === 'true' || value === '1') return true
  throw usage(`invalid value for ${key}: ${value}`, `in --mount ${given}`)
}

function isHostPath(source: string): boolean {
  return /^(\/|\.{1,2}(\/|$)|~(\/|$))/.test(source)
}

function hostPath(source: string, directory: string): string {
  return source.startsWith('~') ? resolve(homedir(), source.replace(/^~\/?/, '')) : resolve(directory, source)
}

function checkDestination(destination: string, given: string): string {
  if (!destination.startsWith('/')) {
    throw usage(
      `invalid volume specification: '${given}': invalid mount path: '${destination}' mount path must be absolute`,
    )
  }
  const clean = posix.normalize(destination).replace(/(.)\/$/, '$1')
  if (clean === '/')
    throw usage(`invalid volume specification: '${given}': invalid specification: destination can't be '/'`)
  return clean
}

function checkSubpath(subpath: string): string {
  const clean = posix.normalize(subpath === '' ? '.' : subpath)
  if (clean.startsWith('/') || clean.split('/').includes('..')) {
    throw usage(`invalid volume-subpath "${subpath}": it must stay inside the volume`)
  }
  return clean === '.' ? '' : clean
}

/** Docker's rule for names of local volumes; throws usage with its sentence. */
export function checkVolumeName(name: string): string {
  if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name)) return name
  throw usage(
    `create ${name}: "${name}" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`,
  )
}
