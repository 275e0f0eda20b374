/**
 * `pack-difference FOLDER LAYER…`: what FOLDER has changed of the tree that LAYERs (top first) make, as a layer of an
 * image, to standard output as a tar. For containers that got a copy of their image (storage driver vfs). Runs inside
 * the user namespace for as long as somebody reads.
 *
 * Copies have the times of what they were copied from, so equal times and sizes mean an equal file.
 */
import { readlinkSync } from 'node:fs'
import { byteName, pathOf } from '../platform/files/byte-names.ts'
import { type UnionEntry, UnionFolder } from '../platform/files/union-folder.ts'
import { writeAll } from '../platform/files/write-all.ts'
import { Packer } from '../platform/tar/pack.ts'
import { isOfEngine } from './engine-files.ts'

export default function packDifference(args: readonly string[]): undefined {
  const [folder = '', ...layers] = args.map(byteName)
  const packer = new Packer((bytes) => writeAll(1, bytes, 'the layer'))
  using own = UnionFolder.open([folder])
  using image = UnionFolder.open(layers)
  new Difference(packer).compare(own, image, '')
  packer.end()
}

class Difference {
  readonly #packer: Packer
  /** Unchanged folders on the way: they go out before the first change below them, for their owners and modes. */
  readonly #waiting: { readonly name: string; readonly entry: UnionEntry }[] = []

  constructor(packer: Packer) {
    this.#packer = packer
  }

  compare(own: UnionFolder, image: UnionFolder | undefined, above: string): void {
    const before = new Map(image?.entries().map((entry) => [entry.name, entry]))
    const now = own.entries().filter(({ name, stat }) => !isOfEngine(above + name, stat))
    const there = new Set(now.map(({ name }) => name))
    for (const name of before.keys())
      if (!there.has(name)) this.#emit(() => this.#packer.addMark(`${above}.wh.${name}`))
    for (const entry of now) this.#entry(entry, before.get(entry.name), above)
  }

  #entry(entry: UnionEntry, before: UnionEntry | undefined, above: string): void {
    const name = above + entry.name
    const same = before !== undefined && isSame(entry, before)
    const folder = entry.levels.length > 0
    if (!same) this.#emit(() => this.#packer.add(name, entry.path, entry.stat))
    if (!folder) return
    if (same) this.#waiting.push({ name, entry })
    {
      using below = UnionFolder.open(entry.levels)
      using lower =
        before !== undefined && before.levels.length > 0 ? UnionFolder.open(before.levels) : undefined
      this.compare(below, lower, `${name}/`)
    }
    if (same && this.#waiting.at(-1)?.entry === entry) this.#waiting.pop()
  }

  #emit(change: () => void): void {
    for (const { name, entry } of this.#waiting.splice(0)) this.#packer.add(name, entry.path, entry.stat)
    change()
  }
}

function isSame(a: UnionEntry, b: UnionEntry): boolean {
  const { mode, uid, gid, rdev, size, mtimeNs } = a.stat
  if (mode !== b.stat.mode || uid !== b.stat.uid || gid !== b.stat.gid || rdev !== b.stat.rdev) return false
  // Sizes of folders are the file system's business.
  if (mtimeNs !== b.stat.mtimeNs || (a.levels.length === 0 && size !== b.stat.size)) return false
  return !a.stat.isSymbolicLink() || target(a) === target(b)
}

function target({ path }: UnionEntry): string {
  return readlinkSync(pathOf(path), { encoding: 'latin1' })
}
