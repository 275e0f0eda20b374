/** What one tree has changed of another. Runs inside the user namespace, where every folder may be read. */
import { readlinkSync } from 'node:fs'
import { pathOf } from './byte-names.ts'
import { type UnionEntry, UnionFolder } from './union-folder.ts'

/** Names are byte strings without a slash before them, folders before what is in them. */
export interface DifferenceSink {
  added(name: string, entry: UnionEntry): void
  /** Also a folder in which something changed, though it is the same itself. */
  changed(name: string, entry: UnionEntry): void
  /** With everything below it. */
  removed(name: string): void
  /** Left out on both sides. */
  ignores?(name: string, entry: UnionEntry): boolean
  /** Its time says nothing: a folder in which something is that is left out. */
  timeless?(name: string): boolean
}

/**
 * Equal times, sizes, owners and modes mean an equal file: unpacking and copying keep the times.
 * @param own folders of the tree asked about, the top one first; byte strings
 */
export function compareTrees(own: readonly string[], base: readonly string[], sink: DifferenceSink): void {
  using now = UnionFolder.open(own)
  using before = UnionFolder.open(base)
  new Comparison(sink).folder(now, before, '')
}

class Comparison {
  readonly #sink: DifferenceSink
  /** Unchanged folders on the way down: told before the first change below them. */
  readonly #waiting: { readonly name: string; readonly entry: UnionEntry }[] = []

  constructor(sink: DifferenceSink) {
    this.#sink = sink
  }

  folder(own: UnionFolder, base: UnionFolder | undefined, above: string): void {
    const counts = (entry: UnionEntry) => this.#sink.ignores?.(above + entry.name, entry) !== true
    const before = new Map(
      base
        ?.entries()
        .filter(counts)
        .map((entry) => [entry.name, entry]),
    )
    const now = own.entries().filter(counts)
    const there = new Set(now.map(({ name }) => name))
    for (const name of before.keys()) {
      if (!there.has(name)) this.#tell(() => this.#sink.removed(above + name))
    }
    for (const entry of now) this.#entry(entry, before.get(entry.name), above)
  }

  #entry(entry: UnionEntry, before: UnionEntry | undefined, above: string): void {
    const name = above + entry.name
    const timed = this.#sink.timeless?.(name) !== true
    const same = before !== undefined && isSame(entry, before, timed)
    if (before === undefined) this.#tell(() => this.#sink.added(name, entry))
    else if (!same) this.#tell(() => this.#sink.changed(name, entry))
    if (entry.levels.length === 0) return
    if (same) this.#waiting.push({ name, entry })
    this.#below(entry, before, `${name}/`)
    if (same && this.#waiting.at(-1)?.entry === entry) this.#waiting.pop()
  }

  #below(entry: UnionEntry, before: UnionEntry | undefined, above: string): void {
    using own = UnionFolder.open(entry.levels)
    using base =
      before !== undefined && before.levels.length > 0 ? UnionFolder.open(before.levels) : undefined
    this.folder(own, base, above)
  }

  #tell(change: () => void): void {
    for (const { name, entry } of this.#waiting.splice(0)) this.#sink.changed(name, entry)
    change()
  }
}

function isSame(a: UnionEntry, b: UnionEntry, timed: boolean): boolean {
  // The very same file, seen through both.
  if (a.levels.length === 0 && a.stat.ino === b.stat.ino && a.stat.dev === b.stat.dev) return true
  const { mode, uid, gid, rdev, size, mtimeNs } = a.stat
  if (mode !== b.stat.mode || uid !== b.stat.uid || gid !== b.stat.gid || rdev !== b.stat.rdev) return false
  // Sizes of folders are the file system's business.
  if ((timed && mtimeNs !== b.stat.mtimeNs) || (a.levels.length === 0 && size !== b.stat.size)) return false
  return !a.stat.isSymbolicLink() || target(a) === target(b)
}

function target({ path }: UnionEntry): string {
  return readlinkSync(pathOf(path), { encoding: 'latin1' })
}
