/**
 * A fresh upper folder and the layers below it as the one tree that they will be, without an overlay: what a step writes
 * goes to the upper folder at the speed of plain files. Folders of lower layers that get something new are made there
 * again with their owner, mode, attributes and times, as an overlay does when it copies them up.
 *
 * Runs inside the user namespace. No link is followed but by `place`, and that inside the tree only.
 */
import { chmodSync, lchownSync, lstatSync, mkdirSync, readlinkSync, unlinkSync } from 'node:fs'
import { errnoOf, SampanError } from '../../errors.ts'
import { pathOf, printable } from '../../platform/files/byte-names.ts'
import { setTimes } from '../../platform/libc/files.ts'
import { getXattr, listXattr, setXattr } from '../../platform/libc/xattr.ts'
import { Folder, type Spot } from './folder.ts'

const MOST_LINKS = 40

export interface Owner {
  readonly uid: number
  readonly gid: number
}

export class Upper {
  readonly root: Folder
  readonly #tolerant: boolean
  /** Folders whose times are put back at the end, the first noted first. */
  readonly #times = new Map<string, bigint>()
  entries = 0

  /**
   * @param lowers the top one first; both byte strings
   * @param tolerant in a namespace of a single id an owner that cannot be is let be
   */
  constructor(upper: string, lowers: readonly string[], tolerant: boolean) {
    this.root = new Folder(upper, undefined, lowers, true)
    this.#tolerant = tolerant
    // The topmost layer's own root is the root that everybody sees.
    const [model = upper] = lowers
    this.#times.set(upper, this.#dress(upper, model))
  }

  /**
   * Where a path leads, links followed inside the tree; below what is not there, nothing is.
   * @param followLinks false: a link is a thing in the way
   */
  place(
    parts: readonly string[],
    followLinks: boolean,
    start = this.root,
  ): { folder: Folder; rest: string[] } {
    let folder = start
    let pending = [...parts]
    let links = 0
    while (pending.length > 0) {
      const [part = '', ...rest] = pending
      if (part === '' || part === '.') {
        pending = rest
        continue
      }
      if (part === '..') {
        folder = folder.parent ?? folder
        pending = rest
        continue
      }
      const spot = folder.spot(part)
      if (spot.found?.stat.isSymbolicLink() === true && followLinks) {
        links += 1
        if (links > MOST_LINKS)
          throw new SampanError(`${printable(parts.join('/'))}: too many levels of symbolic links`)
        const target = readlinkSync(pathOf(spot.found.path), { encoding: 'latin1' as BufferEncoding })
        if (target.startsWith('/')) folder = this.root
        pending = [...target.split('/'), ...rest]
        continue
      }
      if (spot.found?.stat.isDirectory() !== true) return { folder, rest: clean(pending) }
      folder = folder.enter(spot)
      pending = rest
    }
    return { folder, rest: [] }
  }

  /** The folder at the end of these parts, made with all those on the way where they are not there: 0755, `owner`'s. */
  folderAt(start: Folder, parts: readonly string[], owner: Owner): Folder {
    let folder = start
    for (const part of parts) {
      const { folder: next, rest } = this.#step(folder, part)
      folder = rest.length === 0 ? next : this.makeFolder(next.spot(rest[0] as string), 0o755, owner)
    }
    return folder
  }

  #step(folder: Folder, part: string): { folder: Folder; rest: readonly string[] } {
    const spot = folder.spot(part)
    if (spot.found?.stat.isDirectory() === true) return { folder: folder.enter(spot), rest: [] }
    return { folder, rest: [part] }
  }

  /** Makes one new folder. @throws SampanError where something else is in the way */
  makeFolder(spot: Spot, mode: number, owner: Owner): Folder {
    if (spot.found !== undefined) {
      throw new SampanError(`cannot copy to non-directory: ${this.nameOf(spot)}`)
    }
    this.prepare(spot.folder)
    mkdirSync(pathOf(spot.path), 0o700)
    this.own(spot.path, owner)
    chmodSync(pathOf(spot.path), mode)
    this.entries += 1
    return spot.folder.fresh(spot)
  }

  /** Makes sure that the upper folder has it. */
  prepare(folder: Folder): void {
    if (folder.made) return
    if (folder.parent !== undefined) this.prepare(folder.parent)
    const [model = ''] = folder.levels
    mkdirSync(pathOf(folder.path), 0o700)
    this.#times.set(folder.path, this.#dress(folder.path, model))
    folder.made = true
    this.entries += 1
  }

  /** Owner, mode and attributes of `model` for `path`; returns the time it must have in the end. */
  #dress(path: string, model: string): bigint {
    const stat = lstatSync(pathOf(model), { bigint: true })
    if (path === model) return stat.mtimeNs
    this.own(path, { uid: Number(stat.uid), gid: Number(stat.gid) })
    chmodSync(pathOf(path), Number(stat.mode) & 0o7777)
    for (const name of listXattr(pathOf(model))) {
      if (name.startsWith('user.overlay.')) continue
      const value = getXattr(pathOf(model), name)
      if (value !== undefined) setXattr(pathOf(path), name, value)
    }
    return stat.mtimeNs
  }

  /** Clears a spot for something that is no folder. @throws SampanError where a folder is */
  clear(spot: Spot): void {
    if (spot.found?.stat.isDirectory() === true)
      throw new SampanError(`cannot replace to directory ${this.nameOf(spot)} with file`)
    this.prepare(spot.folder)
    if (spot.found?.path === spot.path) {
      unlinkSync(pathOf(spot.path))
      this.entries -= 1
    }
    this.entries += 1
  }

  own(path: string, { uid, gid }: Owner): void {
    if (uid === 0 && gid === 0) return
    try {
      lchownSync(pathOf(path), uid, gid)
    } catch (error) {
      const code = errnoOf(error)
      if (this.#tolerant && (code === 'EINVAL' || code === 'EPERM')) return
      if (code !== 'EINVAL') throw error
      throw new SampanError(
        `the owner ${uid}:${gid} is outside the ids that /etc/subuid and /etc/subgid give you`,
        {
          hint: 'ask for a larger range: sudo usermod --add-subuids 100000-1100000 --add-subgids 100000-1100000 $USER',
        },
      )
    }
  }

  /** From now on the folder has this time, whatever is put into it. */
  keepTime(path: string, modified: bigint): void {
    this.#times.set(path, modified)
  }

  /** Puts the times of folders in place: those that were made first last. */
  end(): void {
    for (const [path, modified] of [...this.#times].reverse()) setTimes(pathOf(path), modified, modified)
  }

  /** As the person knows it. */
  nameOf({ path }: Pick<Spot, 'path'>): string {
    return printable(path.slice(this.root.path.length) || '/')
  }
}

function clean(parts: readonly string[]): string[] {
  const result: string[] = []
  for (const part of parts) {
    if (part === '..') result.pop()
    else if (part !== '' && part !== '.') result.push(part)
  }
  return result
}
