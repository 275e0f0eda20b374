/**
 * A folder as an overlay shows it: several real folders, the top one first, as one. Nothing is mounted.
 *
 * A container may be changing its own top folder meanwhile. Every step therefore goes through the descriptor of the
 * folder it is in, by one name, and follows no link: nobody can lead this walk out of the folders it was given.
 */
import { type BigIntStats, closeSync, constants, lstatSync, openSync, readdirSync } from 'node:fs'
import { errnoOf } from '../../errors.ts'
import { isOpaque, isWhiteout } from '../tar/whiteouts.ts'
import { pathOf } from './byte-names.ts'

export interface UnionEntry {
  /** A byte string. */
  readonly name: string
  /** Where it can be read while its folder is open: a byte string. */
  readonly path: string
  readonly stat: BigIntStats
  /** Of a folder: all the real ones that may show through it, the top one first. */
  readonly levels: readonly string[]
}

const folderOnly = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW
const prefix = '.wh.'

interface Found extends UnionEntry {
  levels: string[]
  /** Nothing below the last level counts. */
  closed: boolean
}

interface Level {
  readonly fd: number
  /** How its entries are named. */
  readonly path: string
}

export class UnionFolder implements Disposable {
  readonly #levels: readonly Level[]

  private constructor(levels: readonly Level[]) {
    this.#levels = levels
  }

  /**
   * @param paths byte strings, the top folder first; one that is no folder any more hides what is below it
   * @param still nobody changes these folders: entries have paths that stay good when this is closed
   */
  static open(paths: readonly string[], still = false): UnionFolder {
    const levels: Level[] = []
    try {
      for (const path of paths) {
        const fd = openFolder(path)
        if (fd === undefined) break
        levels.push({ fd, path: still ? path : `/proc/self/fd/${fd}` })
        if (isOpaqueDescriptor(fd)) break
      }
      return new UnionFolder(levels)
    } catch (error) {
      for (const { fd } of levels) closeSync(fd)
      throw error
    }
  }

  /** Sorted by name. What whiteouts hide, and the whiteouts themselves, are not among them. */
  entries(): UnionEntry[] {
    const found = new Map<string, Found>()
    const hidden = new Set<string>()
    for (const level of this.#levels) {
      const hides: string[] = []
      for (const name of namesIn(level.fd)) {
        if (name.startsWith(prefix)) hides.push(name.slice(prefix.length))
        else if (!hidden.has(name)) this.#look(level, name, found, hides)
      }
      for (const name of hides) {
        hidden.add(name)
        const above = found.get(name)
        if (above !== undefined) above.closed = true
      }
    }
    return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  #look(level: Level, name: string, found: Map<string, Found>, hides: string[]): void {
    const above = found.get(name)
    if (above?.closed) return
    const path = `${level.path}/${name}`
    const stat = lstatSync(pathOf(path), { bigint: true, throwIfNoEntry: false })
    if (stat === undefined) return
    const folder = stat.isDirectory()
    if (above !== undefined) {
      if (folder) above.levels.push(path)
      else above.closed = true
    } else if (isWhiteout(stat)) {
      hides.push(name)
    } else {
      found.set(name, { name, path, stat, levels: folder ? [path] : [], closed: !folder })
    }
  }

  [Symbol.dispose](): void {
    for (const { fd } of this.#levels) closeSync(fd)
  }
}

/** Nothing in a folder that was removed since it was opened: getdents(2) calls it ENOENT then. */
export function namesIn(fd: number): string[] {
  try {
    return readdirSync(`/proc/self/fd/${fd}`, { encoding: 'latin1' })
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}

/** A byte string; undefined for what is no folder any more. No link is followed. */
export function openFolder(path: string): number | undefined {
  try {
    return openSync(pathOf(path), folderOnly)
  } catch (error) {
    const code = errnoOf(error)
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return undefined
    throw error
  }
}

/** Through `.`: the descriptor itself is a link here, and attributes of links are their own. */
export function isOpaqueDescriptor(fd: number): boolean {
  return isOpaque(`/proc/self/fd/${fd}/.`)
}

/** Whether a folder hides what lower ones have; false for what is no folder, or may not be looked into. */
export function isOpaqueFolder(path: string): boolean {
  const fd = attempt(() => openFolder(path))
  if (fd === undefined) return false
  try {
    return isOpaqueDescriptor(fd)
  } finally {
    closeSync(fd)
  }
}

function attempt<T>(open: () => T): T | undefined {
  try {
    return open()
  } catch (error) {
    if (errnoOf(error) === 'EACCES') return undefined
    throw error
  }
}
