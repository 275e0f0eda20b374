/**
 * One layer onto what the layers below it made: what an overlay file system does on the fly, done once with copies.
 * For hosts where nothing can be mounted (storage driver vfs). Runs inside the user namespace, as its root.
 *
 * No component of a path below the target is ever a symbolic link that is followed: each folder is looked at, and made
 * one if it is not, before anything is put into it.
 */
import {
  chmodSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs'
import { mknod, setTimes } from '../libc/files.ts'
import { getXattr, listXattr, setXattr } from '../libc/xattr.ts'
import { isOpaque, isWhiteout, opaqueName } from '../tar/whiteouts.ts'
import { pathOf } from './byte-names.ts'
import { copyFile } from './copy-file.ts'

type Stat = ReturnType<typeof look>

/** Both are byte strings of folders that exist. The layer's own root gives the target's its owner, mode and times. */
export function mergeFolder(layer: string, target: string): void {
  new Merge().folder(layer, target, look(layer) as NonNullable<Stat>)
}

class Merge {
  /** First copy of each file with several names: the others are links to it again. */
  readonly #linked = new Map<string, string>()

  folder(from: string, to: string, stat: NonNullable<Stat>): void {
    const names = readdirSync(pathOf(from), { encoding: 'latin1' })
    if (isOpaque(from)) for (const name of list(to)) removeTree(`${to}/${name}`)
    for (const name of names) if (name !== opaqueName) this.#entry(`${from}/${name}`, `${to}/${name}`)
    dress(from, to, stat)
  }

  #entry(from: string, to: string): void {
    const stat = look(from)
    if (stat === undefined) return
    const there = look(to)
    if (isWhiteout(stat)) {
      if (there !== undefined) removeTree(to)
    } else if (stat.isDirectory()) {
      if (there !== undefined && !there.isDirectory()) removeTree(to)
      if (there?.isDirectory() !== true) mkdirSync(pathOf(to), 0o700)
      this.folder(from, to, stat)
    } else {
      if (there !== undefined) removeTree(to)
      this.#leaf(from, to, stat)
    }
  }

  #leaf(from: string, to: string, stat: NonNullable<Stat>): void {
    const several = stat.nlink > 1n
    const first = several ? this.#linked.get(`${stat.dev}:${stat.ino}`) : undefined
    if (first !== undefined) {
      linkSync(pathOf(first), pathOf(to))
      return
    }
    if (stat.isSymbolicLink()) {
      symlinkSync(readlinkSync(pathOf(from), { encoding: 'buffer' }), pathOf(to))
    } else if (stat.isFile()) {
      copyFile(pathOf(from), pathOf(to))
    } else {
      mknod(pathOf(to), Number(stat.mode) & 0o170000, stat.isFIFO() || stat.isSocket() ? 0n : stat.rdev)
    }
    dress(from, to, stat)
    if (several) this.#linked.set(`${stat.dev}:${stat.ino}`, to)
  }
}

function look(path: string) {
  return lstatSync(pathOf(path), { bigint: true, throwIfNoEntry: false })
}

function list(path: string): string[] {
  return readdirSync(pathOf(path), { encoding: 'latin1' })
}

/** Owner, mode, attributes and times, in the order in which none undoes another. */
function dress(from: string, to: string, stat: NonNullable<Stat>): void {
  lchownSync(pathOf(to), Number(stat.uid), Number(stat.gid))
  if (!stat.isSymbolicLink()) chmodSync(pathOf(to), Number(stat.mode) & 0o7777)
  for (const name of listXattr(pathOf(from))) {
    if (name.startsWith('user.overlay.')) continue
    const value = getXattr(pathOf(from), name)
    if (value !== undefined) setXattr(pathOf(to), name, value)
  }
  setTimes(pathOf(to), stat.atimeNs, stat.mtimeNs)
}

/** `rm -r` of a byte string. */
export function removeTree(path: string): void {
  if (look(path)?.isDirectory() !== true) {
    unlinkSync(pathOf(path))
    return
  }
  for (const name of list(path)) removeTree(`${path}/${name}`)
  rmdirSync(pathOf(path))
}
