/**
 * Makes the entries of an archive on disk, below `/`. Meant for a process that has made the target folder its root
 * (chroot) and is root of a user namespace: then the kernel itself keeps every link and `..` inside, and there is no
 * path to check and no race to lose. Nothing here starts a program or loads a library.
 *
 * All calls are synchronous: promises cost three times as much for ten thousand small files.
 */
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  ftruncateSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  rmdirSync,
  type Stats,
  statSync,
  symlinkSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { errnoOf } from '../../errors.ts'
import { pathOf, printable } from '../files/byte-names.ts'
import { WriteBehind } from '../files/passing.ts'
import { deviceNumber, mknod, nodeType, setFileTimes, setTimes } from '../libc/files.ts'
import { setXattr } from '../libc/xattr.ts'
import { ExtractError } from './extract-error.ts'
import { TarError } from './header.ts'
import { cleanName, nameIn, parentOf } from './paths.ts'
import type { Entry, EntrySink } from './reader.ts'
import { isWhiteout, markOpaque, whiteoutIn } from './whiteouts.ts'

export interface ExtractOptions {
  /** OCI whiteouts (`.wh.NAME`) become what overlay file systems understand: else they are plain files. */
  readonly whiteouts: boolean
  /** Owners that do not exist in this namespace are let be (a namespace of a single id), not an error. */
  readonly tolerateOwners: boolean
}

export interface Extracted {
  /** Bytes of regular files, a hard link once. */
  readonly size: number
  readonly entries: number
  /** Device nodes that a user namespace may not make: containers get theirs from the host's /dev. */
  readonly skippedDevices: number
}

interface OpenFile {
  readonly fd: number
  readonly path: string
  readonly entry: Entry
  /** End of the last byte written. */
  end: number
  readonly behind: WriteBehind
}

/** The folder entries are being made in, and the times it must have again afterwards. */
interface Place {
  readonly path: string
  readonly accessed: bigint
  readonly modified: bigint
  /** New things in it inherit its group. */
  readonly setgid: boolean
}

const newFile = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
/** Attributes by which a layer could pretend to be something else to an overlay file system. */
const reserved = /^(user|trusted)\.(overlay|fuseoverlayfs|containers)\./

export class Extractor implements EntrySink {
  readonly #options: ExtractOptions
  #place: Place | undefined
  #file: OpenFile | undefined
  #entry: Entry | undefined
  #size = 0
  #entries = 0
  #skippedDevices = 0

  constructor(options: ExtractOptions) {
    this.#options = options
  }

  entry(entry: Entry): void {
    this.#entry = entry
    this.#attempt(() => this.#make(entry))
  }

  data(piece: Buffer, offset: number): void {
    const file = this.#file
    if (file === undefined) return
    this.#attempt(() => {
      for (let at = 0; at < piece.length; )
        at += writeSync(file.fd, piece, at, piece.length - at, offset + at)
      file.end = offset + piece.length
      file.behind.reached(file.end)
    })
  }

  finish(): void {
    const file = this.#file
    if (file === undefined) return
    this.#attempt(() => this.#finishFile(file))
  }

  /** After the last entry: folder times are in place when this returns. */
  end(): Extracted {
    this.#leave()
    return { size: this.#size, entries: this.#entries, skippedDevices: this.#skippedDevices }
  }

  /** After a failure: lets go of the file that was being written. */
  abandon(): void {
    if (this.#file !== undefined) closeSync(this.#file.fd)
    this.#file = undefined
  }

  #attempt(work: () => void): void {
    try {
      work()
    } catch (error) {
      if (error instanceof ExtractError || error instanceof TarError) throw error
      throw ExtractError.from(error, this.#entry as Entry)
    }
  }

  #make(entry: Entry): void {
    const path = cleanName(entry.name)
    if (path === '/') {
      if (entry.kind !== 'folder') throw new ExtractError('it would replace the root folder', entry.name)
      this.#leave()
      this.#applyTo(path, entry)
      this.#entries += 1
      return
    }
    const name = nameIn(path)
    // Below a folder of AUFS's own, like that folder itself.
    if (this.#options.whiteouts && path.slice(0, -name.length).includes('/.wh..wh.')) return
    if (this.#options.whiteouts && name.startsWith('.wh.')) {
      this.#makeWhiteout(parentOf(path), name)
      return
    }
    const place = this.#enter(parentOf(path))
    switch (entry.kind) {
      case 'file':
        this.#startFile(path, entry)
        break
      case 'folder':
        this.#makeFolder(path)
        this.#applyTo(path, entry)
        break
      case 'link':
        if (entry.target === '') throw new ExtractError('it is a symbolic link to nothing', entry.name)
        this.#replacing(path, () => symlinkSync(pathOf(entry.target), pathOf(path)))
        this.#own(path, entry, place)
        this.#decorate(path, entry)
        break
      case 'hard-link':
        this.#makeHardLink(path, entry)
        break
      case 'fifo':
        this.#replacing(path, () => mknod(pathOf(path), nodeType.fifo | 0o600))
        this.#applyTo(path, entry)
        break
      default:
        if (!this.#makeDevice(path, entry)) return
        this.#applyTo(path, entry)
    }
    this.#entries += 1
  }

  /** Owner, mode, attributes, times of something that is no link. In this order: chown clears the setuid bits. */
  #applyTo(path: string, entry: Entry): void {
    this.#own(path, entry, undefined)
    chmodSync(pathOf(path), entry.mode)
    this.#decorate(path, entry)
  }

  #decorate(path: string, entry: Entry): void {
    for (const [name, value] of entry.xattrs) this.#setXattr(path, name, value)
    setTimes(pathOf(path), entry.mtime, entry.mtime)
  }

  #own(path: string, entry: Entry, place: Place | undefined): void {
    // What we make is root's already, unless the folder hands down its group.
    if (entry.uid === 0 && entry.gid === 0 && place !== undefined && !place.setgid) return
    this.#owning(entry, () => lchownSync(pathOf(path), entry.uid, entry.gid))
  }

  #owning(entry: Entry, chown: () => void): void {
    if (!isId(entry.uid) || !isId(entry.gid)) {
      if (this.#options.tolerateOwners) return
      throw ExtractError.owner(entry)
    }
    try {
      chown()
    } catch (error) {
      const code = errnoOf(error)
      if (this.#options.tolerateOwners && (code === 'EINVAL' || code === 'EPERM')) return
      if (code === 'EINVAL') throw ExtractError.owner(entry)
      throw error
    }
  }

  #setXattr(path: string, name: string, value: string): void {
    if (reserved.test(name)) return
    try {
      setXattr(pathOf(path), name, Buffer.from(value, 'latin1'))
    } catch (error) {
      // The file system keeps none, or the namespace may not set it (trusted.*, security.* of others): the file is
      // still usable, and every other tool lets it pass too.
      const code = errnoOf(error)
      if (code !== 'ENOTSUP' && code !== 'EOPNOTSUPP' && code !== 'EPERM' && code !== 'EINVAL') throw error
    }
  }

  #startFile(path: string, entry: Entry): void {
    const fd = this.#replacing(path, () => openSync(pathOf(path), newFile, 0o600))
    this.#file = { fd, path, entry, end: 0, behind: new WriteBehind(fd) }
  }

  #finishFile(file: OpenFile): void {
    const { fd, path, entry, end } = file
    try {
      // A hole at the end has no bytes in the archive.
      if (end !== entry.size) ftruncateSync(fd, entry.size)
      if (entry.uid !== 0 || entry.gid !== 0 || this.#place?.setgid === true) {
        this.#owning(entry, () => fchownSync(fd, entry.uid, entry.gid))
      }
      fchmodSync(fd, entry.mode)
      for (const [name, value] of entry.xattrs) this.#setXattr(path, name, value)
      setFileTimes(fd, entry.mtime)
      file.behind.ended(end)
    } finally {
      this.#file = undefined
      closeSync(fd)
    }
    this.#size += entry.size
  }

  /** A folder that is there keeps what is in it. One in the place of a whiteout hides the lower layers' folder. */
  #makeFolder(path: string): void {
    const existing = this.#createFolder(path)
    if (existing === undefined || existing.isDirectory()) return
    this.#remove(path, existing)
    mkdirSync(pathOf(path), 0o700)
    if (isWhiteout(existing)) markOpaque(path)
  }

  /** undefined when made, else what is in the way. */
  #createFolder(path: string): Stats | undefined {
    try {
      mkdirSync(pathOf(path), 0o700)
      return undefined
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error
      return lstatSync(pathOf(path))
    }
  }

  #makeHardLink(path: string, entry: Entry): void {
    const target = cleanName(entry.target)
    if (target === path) return
    try {
      this.#replacing(path, () => linkSync(pathOf(target), pathOf(path)))
    } catch (error) {
      const why = { ENOENT: 'is not there', ENOTDIR: 'is not there', EPERM: 'is a folder' }[
        errnoOf(error) ?? ''
      ]
      if (why === undefined) throw error
      throw new ExtractError(`it is a hard link to "${printable(entry.target)}", which ${why}`, entry.name)
    }
  }

  /** False where the namespace may not make devices, and for 0:0, which would be a whiteout to overlay. */
  #makeDevice(path: string, entry: Entry): boolean {
    if (entry.kind === 'character' && entry.major === 0 && entry.minor === 0) {
      this.#skippedDevices += 1
      return false
    }
    const type = entry.kind === 'character' ? nodeType.character : nodeType.block
    try {
      this.#replacing(path, () => mknod(pathOf(path), type | 0o600, deviceNumber(entry.major, entry.minor)))
      return true
    } catch (error) {
      if (errnoOf(error) !== 'EPERM') throw error
      this.#skippedDevices += 1
      return false
    }
  }

  #makeWhiteout(folder: string, name: string): void {
    const whiteout = whiteoutIn(name)
    if (whiteout.kind === 'refused') {
      throw new ExtractError('it is a whiteout of nothing that can be', `${folder}/${name}`)
    }
    if (whiteout.kind === 'ignored') return
    this.#enter(folder)
    this.#entries += 1
    if (whiteout.kind === 'opaque') {
      markOpaque(folder)
      return
    }
    const path = folder === '/' ? `/${whiteout.name}` : `${folder}/${whiteout.name}`
    const existing = lstatSync(pathOf(path), { throwIfNoEntry: false })
    // A whiteout speaks of lower layers only: what this layer has stays, and a folder of it hides the lower one.
    if (existing?.isDirectory() === true) markOpaque(path)
    else if (existing === undefined) mknod(pathOf(path), nodeType.character | 0o600, 0n)
  }

  /** Runs `create`; where something is in the way, removes that and runs it again. */
  #replacing<T>(path: string, create: () => T): T {
    try {
      return create()
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error
      this.#remove(path, lstatSync(pathOf(path)))
      return create()
    }
  }

  #remove(path: string, stat: Stats): void {
    if (!stat.isDirectory()) {
      if (stat.isFile() && stat.nlink === 1) this.#size -= stat.size
      unlinkSync(pathOf(path))
      return
    }
    // 'latin1' gives byte strings: one character a byte.
    for (const name of readdirSync(pathOf(path), { encoding: 'latin1' })) {
      const child = `${path}/${name}`
      this.#remove(child, lstatSync(pathOf(child)))
    }
    rmdirSync(pathOf(path))
  }

  /**
   * Makes `path` the folder that entries are made in. Its times are noted before, and put back when the archive moves
   * on to another folder: no list of folders to keep, whatever the size of the archive.
   */
  #enter(path: string): Place {
    if (this.#place?.path === path) return this.#place
    this.#leave()
    const stat = this.#folderStat(path)
    const place = {
      path,
      accessed: stat.atimeNs,
      modified: stat.mtimeNs,
      setgid: (stat.mode & 0o2000n) !== 0n,
    }
    this.#place = place
    return place
  }

  #leave(): void {
    const place = this.#place
    this.#place = undefined
    if (place === undefined) return
    try {
      // `/.`: the folder's own times, also where the path ends in a symbolic link to it.
      setTimes(pathOf(`${place.path}/.`), place.accessed, place.modified)
    } catch (error) {
      // A later entry may have replaced the folder.
      if (errnoOf(error) !== 'ENOENT' && errnoOf(error) !== 'ENOTDIR') throw error
    }
  }

  #folderStat(path: string) {
    const stat = folderAt(path)
    if (stat !== undefined) return stat
    this.#makeMissing(path, 0)
    const made = folderAt(path)
    if (made !== undefined) return made
    throw this.#below('a loop of symbolic links')
  }

  /**
   * Makes the missing part of a path of folders: root's, 0755, as every tool does where the archive names none.
   * `links` counts the symbolic links followed so far; the kernel gives up at 40, and so do we.
   */
  #makeMissing(path: string, links: number): void {
    if (links > 40) throw this.#below('a loop of symbolic links')
    const parent = parentOf(path)
    if (folderAt(parent) === undefined) this.#makeMissing(parent, links)
    const before = folderAt(parent)
    if (before === undefined) throw this.#below('a loop of symbolic links')
    const found = this.#createFolder(path)
    if (found?.isDirectory() === true) return
    if (found?.isSymbolicLink() === true) {
      // A link to a folder that this archive has not named: that one is made.
      const target = readlinkSync(pathOf(path), { encoding: 'latin1' as BufferEncoding })
      this.#makeMissing(cleanTarget(parent, target), links + 1)
      return
    }
    if (found !== undefined) {
      if (!isWhiteout(found)) throw this.#below(`"${printable(path.slice(1))}", which is no folder`)
      unlinkSync(pathOf(path))
      mkdirSync(pathOf(path), 0o700)
      markOpaque(path)
    }
    lchownSync(pathOf(path), 0, 0)
    chmodSync(pathOf(path), 0o755)
    setTimes(pathOf(`${parent}/.`), before.atimeNs, before.mtimeNs)
  }

  #below(what: string): ExtractError {
    return new ExtractError(`it lies below ${what}`, this.#entry?.name ?? '')
  }
}

/** The folder at this path, links followed; undefined for anything else, also a path that leads nowhere. */
function folderAt(path: string) {
  try {
    const stat = statSync(pathOf(path), { bigint: true, throwIfNoEntry: false })
    return stat?.isDirectory() === true ? stat : undefined
  } catch (error) {
    if (errnoOf(error) === 'ENOTDIR' || errnoOf(error) === 'ELOOP') return undefined
    throw error
  }
}

/** Whether the kernel could have it: -1 means "leave alone" to chown. */
function isId(id: number): boolean {
  return id >= 0 && id < 0xffff_ffff
}

/** Where a link in `folder` leads; beyond the root is the root, as the kernel has it. */
function cleanTarget(folder: string, target: string): string {
  const names: string[] = target.startsWith('/') ? [] : folder.split('/').filter((name) => name !== '')
  for (const name of target.split('/')) {
    if (name === '..') names.pop()
    else if (name !== '' && name !== '.') names.push(name)
  }
  return `/${names.join('/')}`
}
