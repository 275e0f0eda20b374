/** Files to a tar stream. Runs inside the user namespace, where owners are those that the container sees. */
import { type BigIntStats, closeSync, constants, openSync, readlinkSync, readSync } from 'node:fs'
import { errnoOf } from '../../errors.ts'
import { pathOf } from '../files/byte-names.ts'
import { dataOf, type Stretch } from '../files/holes.ts'
import { getXattr, listXattr } from '../libc/xattr.ts'
import type { Kind } from './header.ts'
import type { Entry } from './reader.ts'
import { endOfArchive, headerBlocks, padding, plainEntry, type SparseMap } from './write.ts'

/** Marks of overlay file systems, and labels that mean something on this host alone. */
export const ownAttributes =
  /^(user|trusted)\.(overlay|fuseoverlayfs|containers)\.|^security\.(selinux|apparmor|ima|evm)$/
const bufferSize = 1 << 20

export class Packer {
  readonly #write: (bytes: Uint8Array) => void
  /** First name of each file with several. */
  readonly #linked = new Map<string, string>()
  /** Headers and small files go out together. */
  readonly #buffer = Buffer.allocUnsafeSlow(bufferSize)
  #filled = 0

  readonly #holes: boolean

  /**
   * @param write a piece is only good during the call
   * @param options `holes`: files keep theirs, for readers that know GNU tar's sparse files (ours do)
   */
  constructor(write: (bytes: Uint8Array) => void, options: { readonly holes?: boolean } = {}) {
    this.#write = write
    this.#holes = options.holes === true
  }

  /**
   * Adds what is at `path` under `name`; both are byte strings, `name` without slashes at its ends. Sockets cannot be
   * archived and are left out; so is what vanished since `stat`.
   */
  add(name: string, path: string, stat: BigIntStats): void {
    const kind = kindOf(stat)
    if (kind === undefined) return
    const several = kind !== 'folder' && stat.nlink > 1n
    const inode = several ? `${stat.dev}:${stat.ino}` : ''
    const first = several ? this.#linked.get(inode) : undefined
    if (first !== undefined) {
      this.#put(headerBlocks({ ...entryOf(name, 'hard-link', stat), target: first }))
      return
    }
    if (kind === 'file') {
      if (!this.#addFile(name, path, stat)) return
    } else {
      const target = kind === 'link' ? tolerant(() => readlinkSync(pathOf(path), { encoding: 'latin1' })) : ''
      if (target === undefined) return
      this.#put(
        headerBlocks({
          ...entryOf(name, kind, stat),
          ...deviceOf(kind, stat),
          target,
          xattrs: xattrsOf(path),
        }),
      )
    }
    if (several) this.#linked.set(inode, name)
  }

  /** An empty file of this name: what layers say about names that are gone. */
  addMark(name: string): void {
    this.#put(headerBlocks(plainEntry({ name, mode: 0 })))
  }

  end(): void {
    this.#put(endOfArchive)
    this.#flush()
  }

  #addFile(name: string, path: string, stat: BigIntStats): boolean {
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
    const fd = tolerant(() => openSync(pathOf(path), flags))
    if (fd === undefined) return false
    try {
      const size = Number(stat.size)
      const sparse = this.#holes ? sparseMap(fd, stat) : undefined
      const stretches = sparse?.stretches ?? [{ offset: 0, length: size }]
      const stored = stretches.reduce((sum, { length }) => sum + length, 0)
      this.#put(
        headerBlocks({ ...entryOf(name, 'file', stat), size: stored, xattrs: xattrsOf(path) }, sparse),
      )
      for (const { offset, length } of stretches) this.#copy(fd, offset, length)
      this.#put(padding(stored))
      return true
    } finally {
      closeSync(fd)
    }
  }

  /** Exactly `length` bytes, as the header said: a file that shrinks meanwhile ends in zeros. */
  #copy(fd: number, offset: number, length: number): void {
    for (let at = offset; at < offset + length; ) {
      if (this.#filled === bufferSize) this.#flush()
      const room = Math.min(bufferSize - this.#filled, offset + length - at)
      const count = readSync(fd, this.#buffer, this.#filled, room, at)
      if (count === 0) this.#buffer.fill(0, this.#filled, this.#filled + room)
      const got = count === 0 ? room : count
      this.#filled += got
      at += got
    }
  }

  #put(bytes: Uint8Array): void {
    if (this.#filled + bytes.length > bufferSize) this.#flush()
    if (bytes.length > bufferSize) {
      this.#write(bytes)
      return
    }
    this.#buffer.set(bytes, this.#filled)
    this.#filled += bytes.length
  }

  #flush(): void {
    if (this.#filled > 0) this.#write(this.#buffer.subarray(0, this.#filled))
    this.#filled = 0
  }
}

/** A map of more stretches than this costs as much as the zeros it saves. */
const MOST_STRETCHES = 10_000
const STAT_BLOCK = 512n

/** undefined for a file that is all data, or as good as. */
function sparseMap(fd: number, { size, blocks }: BigIntStats): SparseMap | undefined {
  if (blocks * STAT_BLOCK >= size) return undefined
  const realSize = Number(size)
  const stretches: Stretch[] = []
  for (const stretch of dataOf(fd, realSize)) if (stretches.push(stretch) > MOST_STRETCHES) return undefined
  const whole = stretches[0]?.length === realSize
  return whole ? undefined : { realSize, stretches }
}

function kindOf(stat: BigIntStats): Kind | undefined {
  if (stat.isFile()) return 'file'
  if (stat.isDirectory()) return 'folder'
  if (stat.isSymbolicLink()) return 'link'
  if (stat.isFIFO()) return 'fifo'
  if (stat.isCharacterDevice()) return 'character'
  return stat.isBlockDevice() ? 'block' : undefined
}

function entryOf(name: string, kind: Kind, stat: BigIntStats): Entry {
  return plainEntry({
    name,
    kind,
    mode: Number(stat.mode) & 0o7777,
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    mtime: stat.mtimeNs,
  })
}

/** makedev(3) undone. */
function deviceOf(kind: Kind, { rdev }: BigIntStats): Pick<Entry, 'major' | 'minor'> {
  if (kind !== 'character' && kind !== 'block') return { major: 0, minor: 0 }
  return {
    major: Number(((rdev >> 32n) & 0xfffff000n) | ((rdev >> 8n) & 0xfffn)),
    minor: Number(((rdev >> 12n) & 0xffffff00n) | (rdev & 0xffn)),
  }
}

function xattrsOf(path: string): ReadonlyMap<string, string> {
  const xattrs = new Map<string, string>()
  for (const name of tolerant(() => listXattr(pathOf(path))) ?? []) {
    if (ownAttributes.test(name)) continue
    const value = tolerant(() => getXattr(pathOf(path), name))
    if (value !== undefined) xattrs.set(name, Buffer.from(value).toString('latin1'))
  }
  return xattrs
}

/** Undefined for what has gone, or became a link, since we looked; and where there are no attributes at all. */
function tolerant<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (['ENOENT', 'ELOOP', 'ENOTDIR', 'EINVAL', 'EOPNOTSUPP', 'ENOTSUP'].includes(errnoOf(error) ?? ''))
      return undefined
    throw error
  }
}
