/** A tree of sources as COPY sees it: a folder of the host, or the layers of an image as one. Nothing is mounted. */
import { type BigIntStats, lstatSync, readdirSync, readlinkSync } from 'node:fs'
import { errnoOf, SampanError } from '../../errors.ts'
import { byteName, pathOf } from '../../platform/files/byte-names.ts'
import { UnionFolder } from '../../platform/files/union-folder.ts'
import type { SourceTree } from './types.ts'

export interface Node {
  /** Where it can be read: a byte string. */
  readonly path: string
  readonly stat: BigIntStats
  /** Of a folder in layers: all the real ones that show through it, the top one first. */
  readonly levels: readonly string[]
}

export interface Child extends Node {
  /** A byte string. */
  readonly name: string
}

export interface Tree {
  readonly root: Node
  /** Sorted by name; what `wanted` does not want is not even looked at. */
  children(folder: Node, wanted: (name: string) => boolean): Child[]
  child(folder: Node, name: string): Node | undefined
}

export function openTree(source: SourceTree): Tree {
  return source.kind === 'folder'
    ? folderTree(byteName(source.path))
    : layersTree(source.folders.map(byteName))
}

function folderTree(root: string): Tree {
  const node = (path: string): Node | undefined => {
    const stat = look(path)
    return stat === undefined ? undefined : { path, stat, levels: [] }
  }
  return {
    root: rootOf(node(root), root),
    children: ({ path }, wanted) =>
      namesIn(path)
        .filter(wanted)
        .sort()
        .flatMap((name) => {
          const found = node(`${path}/${name}`)
          return found === undefined ? [] : [{ name, ...found }]
        }),
    child: ({ path }, name) => node(`${path}/${name}`),
  }
}

function layersTree(levels: readonly string[]): Tree {
  const children = (folder: Node): Child[] => {
    using union = UnionFolder.open(folder.levels, true)
    return union.entries()
  }
  const [top = '/'] = levels
  return {
    root: { ...rootOf({ path: top, stat: look(top) as BigIntStats, levels }, top) },
    children: (folder, wanted) => children(folder).filter(({ name }) => wanted(name)),
    child: (folder, name) => children(folder).find((child) => child.name === name),
  }
}

function rootOf(node: Node | undefined, path: string): Node {
  if (node?.stat?.isDirectory() === true) return node
  throw new SampanError(`${path}: there is no folder to copy from`)
}

function look(path: string): BigIntStats | undefined {
  try {
    return lstatSync(pathOf(path), { bigint: true, throwIfNoEntry: false })
  } catch (error) {
    if (errnoOf(error) === 'ENOTDIR') return undefined
    throw error
  }
}

function namesIn(path: string): string[] {
  try {
    return readdirSync(pathOf(path), { encoding: 'latin1' })
  } catch (error) {
    if (errnoOf(error) !== 'EACCES') throw error
    throw new SampanError(`${path}: you may not read this folder`, {
      hint: 'name it in .dockerignore when the build does not need it',
      cause: error,
    })
  }
}

const MOST_LINKS = 40

/** Where a path led. */
export interface Reached {
  readonly node: Node
  /** From the root of the tree, links followed: byte strings. */
  readonly parts: readonly string[]
}

/**
 * Follows a path part by part; links, also absolute ones and those with `..`, lead inside the tree only.
 * @param parts byte strings. Undefined when there is nothing
 */
export function follow(tree: Tree, parts: readonly string[], from?: Reached): Reached | undefined {
  let pending = [...parts]
  let way: readonly Reached[] = wayTo(tree, from)
  let links = 0
  while (pending.length > 0) {
    const [part = '', ...rest] = pending
    pending = rest
    if (part === '' || part === '.') continue
    if (part === '..') {
      if (way.length > 1) way = way.slice(0, -1)
      continue
    }
    const here = way.at(-1) as Reached
    if (!here.node.stat.isDirectory()) return undefined
    const node = tree.child(here.node, part)
    if (node === undefined) return undefined
    if (!node.stat.isSymbolicLink()) {
      way = [...way, { node, parts: [...here.parts, part] }]
      continue
    }
    links += 1
    if (links > MOST_LINKS) return undefined
    const target = readlinkSync(pathOf(node.path), { encoding: 'latin1' as BufferEncoding })
    if (target.startsWith('/')) way = way.slice(0, 1)
    pending = [...target.split('/'), ...pending]
  }
  return way.at(-1)
}

/** The folders from the root to a place: `..` in a link goes back along them. */
function wayTo(tree: Tree, from: Reached | undefined): Reached[] {
  const way: Reached[] = [{ node: tree.root, parts: [] }]
  for (const part of from?.parts ?? []) {
    const here = way.at(-1) as Reached
    const node = tree.child(here.node, part)
    if (node !== undefined) way.push({ node, parts: [...here.parts, part] })
  }
  return way
}
