/** What a plan says, done: the job's half of COPY and ADD. Runs inside the user namespace. */
import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  linkSync,
  openSync,
  readSync,
  symlinkSync,
  writeSync,
} from 'node:fs'
import { errnoOf, SampanError } from '../../errors.ts'
import { byteName, pathOf } from '../../platform/files/byte-names.ts'
import { copyFile } from '../../platform/files/copy-file.ts'
import { mknod, nodeType, setTimes } from '../../platform/libc/files.ts'
import { setXattr } from '../../platform/libc/xattr.ts'
import { ExtractError } from '../../platform/tar/extract-error.ts'
import { unpackArchive } from './archive.ts'
import { changed, openSource, stampOf } from './digests.ts'
import type { Folder, Spot } from './folder.ts'
import type { Item, Piece } from './items.ts'
import { type ModeChange, parseMode } from './modes.ts'
import { ownerIn } from './owner-in.ts'
import type { CopyRequest, CopyResult, CopyTarget } from './types.ts'
import { type Owner, Upper } from './upper.ts'

/** What the job reads from its standard input. */
export interface WriteOrder {
  readonly request: CopyRequest
  readonly pieces: readonly Piece[]
  readonly target: CopyTarget
  /** The user namespace has one id only. */
  readonly single: boolean
}

/** Files up to this size are read whole; larger ones keep their holes. */
const SMALL = 1 << 20

export async function write({ request, pieces, target, single }: WriteOrder): Promise<CopyResult> {
  const upper = new Upper(byteName(target.upper), target.lowers.map(byteName), single)
  const writer = new Writer(upper, request, target)
  await writer.all(pieces)
  upper.end()
  return { size: writer.size, entries: upper.entries }
}

class Writer {
  readonly #upper: Upper
  readonly #request: CopyRequest
  readonly #chown: Owner | undefined
  readonly #chmod: ModeChange | undefined
  readonly #buffer = Buffer.allocUnsafeSlow(SMALL)
  /** Where each file with several names was written first. */
  readonly #linked = new Map<string, string>()
  size = 0

  constructor(upper: Upper, request: CopyRequest, target: CopyTarget) {
    this.#upper = upper
    this.#request = request
    this.#chmod = request.chmod === undefined ? undefined : parseMode(request.chmod)
    this.#chown =
      request.chown === undefined ? undefined : ownerIn([target.upper, ...target.lowers], request.chown)
  }

  async all(pieces: readonly Piece[]): Promise<void> {
    const { destination, directory, link } = this.#request
    const absolute = destination.startsWith('/') ? destination : `${directory}/${destination}`
    const parts = byteName(absolute).split('/')
    const mustBeFolder = namesFolder(destination)
    for (const piece of pieces) {
      const { folder, rest } = this.#upper.place(parts, !link)
      if (piece.form === 'single' && !mustBeFolder && rest.length > 0) {
        if (pieces.length > 1) throw severalFiles(this.#request)
        const parent = this.#upper.folderAt(folder, rest.slice(0, -1), this.#owner())
        this.#leaf(parent.spot(rest.at(-1) as string), piece.items[0] as Item)
        continue
      }
      const into = this.#upper.folderAt(folder, rest, this.#owner())
      if (piece.form === 'archive') await this.#unpack(piece, into)
      else if (piece.form === 'single') this.#leaf(into.spot(piece.name), piece.items[0] as Item)
      else this.#tree(into, piece.items)
    }
  }

  async #unpack(piece: Piece, into: Folder): Promise<void> {
    const [item] = piece.items
    if (item === undefined) return
    const fd = openSource(item.from)
    try {
      if (stampOf(fstatSync(fd, { bigint: true })) !== item.stamp) throw changed(item.from)
      this.size += await unpackArchive(fd, this.#upper, into, this.#chown)
    } finally {
      closeSync(fd)
    }
  }

  /** Items come with their folders before them. */
  #tree(into: Folder, items: readonly Item[]): void {
    const folders = new Map([['', into]])
    for (const item of items) {
      // The top of what is copied: the destination is that already, and keeps its mode and owner.
      if (item.to === '') continue
      const slash = item.to.lastIndexOf('/')
      const parent = folders.get(slash < 0 ? '' : item.to.slice(0, slash)) as Folder
      const spot = parent.spot(item.to.slice(slash + 1))
      if (item.kind === 'folder') folders.set(item.to, this.#folder(spot, item))
      else this.#leaf(spot, item)
    }
  }

  /** A full disk and its like in words, with the name of what could not be made. */
  #leaf(spot: Spot, item: Item): void {
    try {
      this.#makeLeaf(spot, item)
    } catch (error) {
      if (error instanceof SampanError || errnoOf(error) === undefined) throw error
      const { message, hint } = ExtractError.from(error, {
        name: spot.path.slice(this.#upper.root.path.length),
      }) as ExtractError
      throw new SampanError(message, { cause: error, ...(hint === undefined ? {} : { hint }) })
    }
  }

  #folder(spot: Spot, item: Item): Folder {
    const there = this.#folderThere(spot)
    if (there !== undefined && item.onTheWay) return there
    const owner = this.#owner(item)
    const mode = this.#mode(item)
    const folder = there ?? this.#upper.makeFolder(spot, mode, owner)
    if (there !== undefined) {
      this.#upper.prepare(folder)
      this.#upper.own(folder.path, owner)
      chmodSync(pathOf(folder.path), mode)
    }
    this.#decorate(folder.path, item)
    this.#upper.keepTime(folder.path, BigInt(item.mtime))
    return folder
  }

  /** A folder, or a link to one inside the tree unless `--link` was given. */
  #folderThere(spot: Spot): Folder | undefined {
    if (spot.found === undefined) return undefined
    if (spot.found.stat.isDirectory()) return spot.folder.enter(spot)
    if (!spot.found.stat.isSymbolicLink()) return undefined
    if (this.#request.link) {
      this.#upper.clear(spot)
      return this.#upper.makeFolder({ ...spot, found: undefined }, 0o755, this.#owner())
    }
    const { folder, rest } = this.#upper.place(this.#partsOf(spot), true)
    return rest.length === 0 ? folder : undefined
  }

  #partsOf({ path }: Spot): string[] {
    return path.slice(this.#upper.root.path.length + 1).split('/')
  }

  #makeLeaf(spot: Spot, item: Item): void {
    this.#upper.clear(spot)
    const first = item.inode === undefined ? undefined : this.#linked.get(item.inode)
    if (first !== undefined) {
      linkSync(pathOf(first), pathOf(spot.path))
      return
    }
    if (item.inode !== undefined) this.#linked.set(item.inode, spot.path)
    const owner = this.#owner(item)
    if (item.kind === 'file') {
      this.#file(spot.path, item, owner)
    } else {
      if (item.kind === 'link') symlinkSync(Buffer.from(item.target ?? '', 'latin1'), pathOf(spot.path))
      else mknod(pathOf(spot.path), nodeType.fifo | 0o600)
      this.#upper.own(spot.path, owner)
      if (item.kind === 'fifo') chmodSync(pathOf(spot.path), this.#mode(item))
    }
    this.#decorate(spot.path, item)
    setTimes(pathOf(spot.path), BigInt(item.mtime), BigInt(item.mtime))
  }

  #file(path: string, item: Item, owner: Owner): void {
    const size = item.size ?? 0
    const mode = this.#mode(item)
    if (item.content === undefined && size >= SMALL) this.#large(path, item)
    else this.#small(path, item)
    this.size += size
    this.#upper.own(path, owner)
    // After the owner: a change of owner takes the setuid bits away.
    chmodSync(pathOf(path), mode)
  }

  #large(path: string, item: Item): void {
    copyFile(pathOf(item.from), pathOf(path))
    const fd = openSource(item.from)
    try {
      if (stampOf(fstatSync(fd, { bigint: true })) !== item.stamp) throw changed(item.from)
    } finally {
      closeSync(fd)
    }
  }

  #small(path: string, item: Item): void {
    const bytes = item.content === undefined ? this.#read(item) : Buffer.from(item.content)
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
    const fd = openSync(pathOf(path), flags, 0o600)
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at)
    } finally {
      closeSync(fd)
    }
  }

  /** Good until the next call. */
  #read(item: Item): Buffer {
    const fd = openSource(item.from)
    try {
      let length = 0
      for (;;) {
        const count = readSync(fd, this.#buffer, length, SMALL - length, null)
        length += count
        if (count === 0 || length === SMALL) break
      }
      if (stampOf(fstatSync(fd, { bigint: true })) !== item.stamp) throw changed(item.from)
      return this.#buffer.subarray(0, length)
    } finally {
      closeSync(fd)
    }
  }

  #decorate(path: string, item: Item): void {
    for (const [name, value] of Object.entries(item.xattrs ?? {})) {
      try {
        setXattr(pathOf(path), name, Buffer.from(value, 'base64'))
      } catch (error) {
        if (!['ENOTSUP', 'EOPNOTSUPP', 'EPERM', 'EINVAL'].includes(errnoOf(error) ?? '')) throw error
      }
    }
  }

  /** Of an item; without one, of folders that nobody asked for. */
  #owner(item?: Item): Owner {
    return this.#chown ?? (item === undefined ? { uid: 0, gid: 0 } : { uid: item.uid, gid: item.gid })
  }

  #mode({ mode, kind }: Item): number {
    return this.#chmod === undefined ? mode : this.#chmod(mode, kind === 'folder')
  }
}

/** Whether a destination can only be a folder: `x/`, `.`, `x/..`, or nothing at all. */
export function namesFolder(destination: string): boolean {
  return /(^|\/)\.{0,2}$/.test(destination)
}

export function severalFiles({ instruction }: CopyRequest): SampanError {
  return new SampanError(
    `When using ${instruction} with more than one source file, the destination must be a directory and end with a /`,
  )
}
