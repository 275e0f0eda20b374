/** `volume create -o KEY=VALUE`: what the `local` driver of docker and podman understands, as far as a user may do it. Pure. */
import { unsupported, usage } from '../errors.ts'
import { FOLDER_FLAGS } from './paths.ts'

/** As given: `type`, `device` and `o`. */
export type VolumeOptions = Readonly<Record<string, string>>

/** What the options make of a volume. */
export interface VolumeKind {
  /** Instead of a folder of ours, one of the host. */
  readonly folder?: string
  /** Instead of a folder, memory: options of the tmpfs. */
  readonly memory?: readonly string[]
  readonly readOnly: boolean
  readonly noCopy: boolean
  /** `noexec`, `nosuid`, `nodev` and their opposites. */
  readonly flags: readonly string[]
  readonly uid?: number
  readonly gid?: number
}

const KEYS = ['type', 'device', 'o']

/** `KEY=VALUE` words, the last of a key wins. Throws usage for another key. */
export function parseVolumeOptions(words: readonly string[]): VolumeOptions {
  const options: Record<string, string> = {}
  for (const word of words) {
    const at = word.indexOf('=')
    const key = at < 0 ? word : word.slice(0, at)
    if (!KEYS.includes(key)) throw usage(`invalid option: "${key}"`, `a volume has ${KEYS.join(', ')}`)
    options[key] = at < 0 ? '' : word.slice(at + 1)
  }
  return options
}

/** mount(8), "FILESYSTEM-INDEPENDENT MOUNT OPTIONS"; podman-volume-create(1) for uid, gid and nocopy without a type. */
export function volumeKind(options: VolumeOptions): VolumeKind {
  const { type = '', device = '', o = '' } = options
  const words = o.split(',').filter((word) => word !== '')
  if (type === 'tmpfs') return memory(words)
  const binds = words.includes('bind') || words.includes('rbind') || type === 'bind'
  if (!binds && type !== '' && type !== 'none')
    throw unsupported(
      `a volume of type ${type}`,
      'only root can mount that: when it is mounted, -v /FOLDER:PATH',
    )
  if (binds && device === '') throw usage('missing required option: "device"', '-o device=/FOLDER')
  if (binds && !device.startsWith('/')) throw usage(`device ${device} must be an absolute path`)
  if (!binds && device !== '')
    throw usage(`missing mount options for device ${device}`, '-o type=none -o o=bind')
  return { ...common(words, binds), ...(binds ? { folder: device } : {}) }
}

function common(words: readonly string[], binds: boolean): Omit<VolumeKind, 'folder' | 'memory'> {
  const [uid, gid] = [id(words, 'uid'), id(words, 'gid')]
  for (const word of words) {
    const [key = ''] = word.split('=')
    const known = ['ro', 'rw', 'nocopy', 'copy', 'defaults'].includes(word) || FOLDER_FLAGS.has(word)
    if (known || (binds ? ['bind', 'rbind'].includes(word) : ['uid', 'gid'].includes(key))) continue
    if (['size', 'inodes'].includes(key))
      throw unsupported(`a volume with ${key}=`, 'quotas are for root; memory has one: -o type=tmpfs')
    throw usage(`invalid mount option: "${word}"`, 'in -o o=')
  }
  return {
    readOnly: words.includes('ro'),
    noCopy: words.includes('nocopy'),
    flags: words.filter((word) => FOLDER_FLAGS.has(word)),
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  }
}

/** tmpfs(5). */
function memory(words: readonly string[]): VolumeKind {
  const own = words.filter((word) => /^(?:size|nr_blocks|nr_inodes|mode|uid|gid|huge)=/.test(word))
  const rest = common(
    words.filter((word) => !own.includes(word)),
    false,
  )
  return { ...rest, memory: own }
}

function id(words: readonly string[], key: string): number | undefined {
  const value = words.findLast((word) => word.startsWith(`${key}=`))?.slice(key.length + 1)
  if (value === undefined) return undefined
  if (!/^\d{1,10}$/.test(value)) throw usage(`invalid ${key} "${value}"`, 'a number')
  return Number(value)
}
