/** Finds the sources of a COPY or ADD in a tree, and all that is in them. Their digests come later (digests.ts). */
import { readlinkSync } from 'node:fs'
import { pathOf } from '../../platform/files/byte-names.ts'
import { getXattr, listXattr } from '../../platform/libc/xattr.ts'
import { ownAttributes } from '../../platform/tar/pack.ts'
import { type Digested, type Digests, stampOf } from './digests.ts'
import type { Item, Piece } from './items.ts'
import { textOf } from './names.ts'
import { hasWildcard, type Matched, nothingMatched, Patterns, partExpression, unescaped } from './patterns.ts'
import { type Child, follow, type Node, type Reached, type Tree } from './tree.ts'

export interface ScanRules {
  /** Files keep their owners; else they are root's. */
  readonly owners: boolean
  readonly parents: boolean
  readonly exclude: readonly string[]
  readonly ignore: readonly string[]
}

export interface Scanned {
  readonly pieces: readonly Piece[]
  /** The pattern of .dockerignore that hides a source of which nothing was found. */
  readonly hiddenBy: string | undefined
}

export class Scanner {
  readonly #tree: Tree
  readonly #rules: ScanRules
  readonly #ignore: Patterns
  readonly #exclude: Patterns
  readonly #digests: Digests

  constructor(tree: Tree, rules: ScanRules, digests: Digests) {
    this.#tree = tree
    this.#rules = rules
    this.#ignore = new Patterns(rules.ignore)
    this.#exclude = new Patterns(rules.exclude)
    this.#digests = digests
  }

  /** @param source a byte string, as written */
  scan(source: string): Scanned {
    const { base, parts } = this.#split(source)
    const start = follow(this.#tree, base)
    if (start === undefined) return { pieces: [], hiddenBy: undefined }
    let hiddenBy: string | undefined
    const pieces: Piece[] = []
    for (const found of this.#match(start, parts)) {
      // A link as a source is what it leads to.
      const reached = found.node.stat.isSymbolicLink() ? follow(this.#tree, found.parts) : found
      if (reached === undefined) continue
      const hidden = this.#ignore.matchPath(pathText(reached.parts))
      if (reached.parts.length > 0 && hidden.matched && !this.#bringsBack(reached)) hiddenBy = hidden.by
      else pieces.push(...this.#piece(found, reached, hidden, base.length))
    }
    return { pieces, hiddenBy }
  }

  /** The folders before the first wildcard, or before `/./` with --parents, and the parts to be matched after it. */
  #split(source: string): { base: string[]; parts: string[] } {
    const pivot = this.#rules.parents ? source.indexOf('/./') : -1
    if (pivot >= 0) return { base: partsOf(source.slice(0, pivot)), parts: partsOf(source.slice(pivot + 3)) }
    const parts = partsOf(source)
    if (this.#rules.parents) return { base: [], parts }
    const first = parts.findIndex(hasWildcard)
    // The last part is never followed here: what is copied has the name that was written.
    const at = first < 0 ? Math.max(0, parts.length - 1) : first
    return { base: parts.slice(0, at).map(unescaped), parts: parts.slice(at) }
  }

  /** All that the pattern means, each once, sorted. */
  #match(start: Reached, parts: readonly string[]): Reached[] {
    let found: Reached[] = [start]
    for (const part of parts) {
      const next = new Map<string, Reached>()
      for (const reached of found) {
        const places =
          part === '**' && this.#rules.parents ? this.#foldersBelow(reached) : this.#named(reached, part)
        for (const place of places) next.set(place.parts.join('/'), place)
      }
      found = [...next.values()]
    }
    return found.filter(({ parts: way }) => parts.length === 0 || way.length > start.parts.length)
  }

  #named(reached: Reached, part: string): Reached[] {
    const folder = this.#asFolder(reached)
    if (folder === undefined) return []
    if (!hasWildcard(part)) {
      const name = unescaped(part)
      const node = this.#tree.child(folder.node, name)
      return node === undefined ? [] : [{ node, parts: [...reached.parts, name] }]
    }
    const expression = partExpression(textOf(part))
    const children = this.#tree.children(folder.node, (name) => expression.test(textOf(name)))
    return children.map((node) => ({ node, parts: [...reached.parts, node.name] }))
  }

  /** `**`: this folder and every one in it. */
  #foldersBelow(reached: Reached): Reached[] {
    const children = this.#tree.children(reached.node, () => true)
    const below = children.filter(({ stat }) => stat.isDirectory())
    return [
      reached,
      ...below.flatMap((node) => this.#foldersBelow({ node, parts: [...reached.parts, node.name] })),
    ]
  }

  #asFolder(reached: Reached): Reached | undefined {
    const folder = reached.node.stat.isSymbolicLink() ? follow(this.#tree, reached.parts) : reached
    return folder?.node.stat.isDirectory() === true ? folder : undefined
  }

  #bringsBack(reached: Reached): boolean {
    return reached.node.stat.isDirectory() && this.#ignore.mayHaveExceptions(pathText(reached.parts))
  }

  #piece(found: Reached, reached: Reached, hidden: Matched, base: number): Piece[] {
    const name = found.parts.at(-1) ?? ''
    const { node } = reached
    const folder = node.stat.isDirectory()
    const below = this.#rules.parents ? found.parts.slice(base) : []
    const prefix = below.join('/')
    if (!folder && this.#exclude.matchPath(textOf(prefix || name)).matched) return []
    const items = folder
      ? this.#folder(node, {
          to: prefix,
          path: pathText(reached.parts),
          below: '',
          hidden,
          excluded: nothingMatched,
        })
      : this.#item(node, prefix)
    if (!this.#rules.parents) return [{ form: folder ? 'contents' : 'single', name, items }]
    return [{ form: 'below', name, items: [...this.#onTheWay(found.parts, base), ...items] }]
  }

  /** The folders from the pivot to what was found. */
  #onTheWay(parts: readonly string[], base: number): Item[] {
    return parts.slice(base, -1).flatMap((_, i) => {
      const folder = follow(this.#tree, parts.slice(0, base + i + 1))
      if (folder === undefined) return []
      const to = parts.slice(base, base + i + 1).join('/')
      return this.#item(folder.node, to).map((item): Item => ({ ...item, onTheWay: true }))
    })
  }

  /** The folder and all in it. One that is left out appears only with what an exception brings back. */
  #folder(node: Node, place: Place): Item[] {
    const hidden = place.hidden.matched || place.excluded.matched
    const wanted = new Map<string, Place>()
    const children = this.#tree.children(node, (name) => {
      const child = this.#placeOf(name, place)
      if (child !== undefined) wanted.set(name, child)
      return child !== undefined
    })
    const items = children.flatMap((child) => this.#child(child, wanted.get(child.name) as Place))
    return hidden && items.length === 0 ? [] : [...this.#item(node, place.to), ...items]
  }

  #child(node: Child, place: Place): Item[] {
    if (node.stat.isDirectory()) return this.#folder(node, place)
    return place.hidden.matched || place.excluded.matched ? [] : this.#item(node, place.to)
  }

  /** Undefined for what is left out, without looking at it: a folder of a million files costs its listing at most. */
  #placeOf(name: string, { to, path, below, hidden, excluded }: Place): Place | undefined {
    const text = textOf(name)
    const place = {
      to: to === '' ? name : `${to}/${name}`,
      path: path === '' ? text : `${path}/${text}`,
      below: below === '' ? text : `${below}/${text}`,
    }
    const nowHidden = this.#ignore.length === 0 ? nothingMatched : this.#ignore.match(place.path, hidden)
    if (nowHidden.matched && !this.#ignore.mayHaveExceptions(place.path)) return undefined
    const nowExcluded =
      this.#exclude.length === 0 ? nothingMatched : this.#exclude.match(place.below, excluded)
    if (nowExcluded.matched && !this.#exclude.mayHaveExceptions(place.below)) return undefined
    return { ...place, hidden: nowHidden, excluded: nowExcluded }
  }

  /** Nothing for sockets and devices. */
  #item({ path, stat }: Node, to: string): Item[] {
    const common = {
      to,
      from: path,
      mode: Number(stat.mode) & 0o7777,
      uid: this.#rules.owners ? Number(stat.uid) : 0,
      gid: this.#rules.owners ? Number(stat.gid) : 0,
      mtime: String(stat.mtimeNs),
      ...xattrsOf(path),
    }
    if (stat.isDirectory()) return [{ kind: 'folder', ...common }]
    if (stat.isSymbolicLink()) {
      const target = readlinkSync(pathOf(path), { encoding: 'latin1' as BufferEncoding })
      return [{ kind: 'link', ...common, target }]
    }
    if (stat.isFIFO()) return [{ kind: 'fifo', ...common }]
    if (!stat.isFile()) return []
    const inode = stat.nlink > 1n ? { inode: `${stat.dev}:${stat.ino}` } : {}
    const file: Item & Digested = {
      kind: 'file',
      ...common,
      size: Number(stat.size),
      stamp: stampOf(stat),
      ...inode,
    }
    this.#digests.want(file, path, stat)
    return [file]
  }
}

interface Place {
  /** In what is written. */
  readonly to: string
  /** In the tree, for .dockerignore; as text. */
  readonly path: string
  /** In the source, for --exclude; as text. */
  readonly below: string
  readonly hidden: Matched
  readonly excluded: Matched
}

/** `..` beyond the root is the root. */
export function partsOf(path: string): string[] {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return parts
}

function pathText(parts: readonly string[]): string {
  return textOf(parts.join('/'))
}

function xattrsOf(path: string): { xattrs?: Record<string, string> } {
  let names: string[]
  try {
    names = listXattr(pathOf(path)).filter((name) => !ownAttributes.test(name))
  } catch {
    // A file system that keeps none, or a file of somebody else.
    return {}
  }
  if (names.length === 0) return {}
  const xattrs: Record<string, string> = {}
  for (const name of names.sort()) {
    const value = getXattr(pathOf(path), name)
    if (value !== undefined) xattrs[name] = Buffer.from(value).toString('base64')
  }
  return { xattrs }
}
