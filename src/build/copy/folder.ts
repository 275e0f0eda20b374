/** One folder of the tree that a step's upper folder and the layers below it will be, looked through without an overlay. */
import { type BigIntStats, lstatSync } from 'node:fs'
import { pathOf } from '../../platform/files/byte-names.ts'
import { isOpaqueFolder } from '../../platform/files/union-folder.ts'
import { isWhiteout } from '../../platform/tar/whiteouts.ts'

/** A place in the tree: something, or nothing yet. Paths are byte strings. */
export interface Spot {
  readonly folder: Folder
  readonly name: string
  /** Where it will be written. */
  readonly path: string
  /** What is there now: in the upper folder, or the layers below. */
  readonly found: Found | undefined
}

interface Found {
  readonly path: string
  readonly stat: BigIntStats
  /** Of a folder: those of lower layers that show through, the top one first. */
  readonly levels: readonly string[]
}

/** A folder of the tree, whether or not the upper folder has it yet. */
export class Folder {
  readonly path: string
  readonly parent: Folder | undefined
  readonly levels: readonly string[]
  /** In the upper folder. */
  made: boolean
  readonly #children = new Map<string, Folder>()

  constructor(path: string, parent: Folder | undefined, levels: readonly string[], made: boolean) {
    this.path = path
    this.parent = parent
    this.levels = levels
    this.made = made
  }

  /** What is called so here. */
  spot(name: string): Spot {
    const path = `${this.path}/${name}`
    const own = this.made ? look(path) : undefined
    const lower = this.#lower(name)
    if (own === undefined) return { folder: this, name, path, found: lower }
    if (isWhiteout(own)) return { folder: this, name, path, found: undefined }
    const hidesLower = !own.isDirectory() || isOpaqueFolder(path)
    const levels = hidesLower ? [] : (lower?.levels ?? [])
    return { folder: this, name, path, found: { path, stat: own, levels } }
  }

  /** The folder at a spot that has one. */
  enter({ name, path, found }: Spot): Folder {
    const known = this.#children.get(name)
    if (known !== undefined) return known
    const folder = new Folder(path, this, found?.levels ?? [], found?.path === path)
    this.#children.set(name, folder)
    return folder
  }

  /** A folder that was made anew at a spot: nothing shows through it. */
  fresh({ name, path }: Spot): Folder {
    const folder = new Folder(path, this, [], true)
    this.#children.set(name, folder)
    return folder
  }

  #lower(name: string): Found | undefined {
    const levels: string[] = []
    let top: Found | undefined
    for (const level of this.levels) {
      const path = `${level}/${name}`
      const stat = look(path)
      if (stat === undefined) continue
      if (isWhiteout(stat)) break
      top ??= { path, stat, levels }
      if (!stat.isDirectory()) break
      levels.push(path)
      if (isOpaqueFolder(path)) break
    }
    return top
  }
}

function look(path: string): BigIntStats | undefined {
  return lstatSync(pathOf(path), { bigint: true, throwIfNoEntry: false })
}
