/**
 * Reads a file as the container would see it, without mounting anything: the layers' folders are looked through from
 * the top. Links are followed inside the union only, so an image cannot make us read a file of the host.
 */
import { closeSync, constants, lstatSync, openSync, readFileSync, readlinkSync, type Stats } from 'node:fs'
import { join } from 'node:path'
import { errnoOf, SampanError } from '../errors.ts'
import { byteName } from '../platform/files/byte-names.ts'
import { isOpaque, isWhiteout } from '../platform/tar/whiteouts.ts'

/** Folders, top layer first. */
export type Union = readonly string[]

const MOST_LINKS = 40
/** /etc/passwd of the largest sites is some megabytes. */
const LARGEST = 16 * 1024 * 1024

/** The text of a regular file, or undefined when there is none. Throws when it is there but may not be read. */
export function readFromUnion(union: Union, path: string): string | undefined {
  const found = resolveInUnion(union, path)
  if (found === undefined || !found.stats.isFile()) return undefined
  if (found.stats.size > LARGEST)
    throw new SampanError(`${path} in the image is larger than 16 MB`, { exitCode: 125 })
  try {
    const file = openSync(found.path, constants.O_RDONLY | constants.O_NOFOLLOW)
    try {
      return readFileSync(file, 'utf8')
    } finally {
      closeSync(file)
    }
  } catch (error) {
    if (errnoOf(error) !== 'EACCES') throw error
    throw new SampanError(`${path} of the image cannot be read by you`, {
      exitCode: 125,
      hint: 'give the user and group as numbers: -u 1000:1000',
      cause: error,
    })
  }
}

/** Whether the container would find a folder at `path`. */
export function isFolderInUnion(union: Union, path: string): boolean {
  return resolveInUnion(union, path)?.stats.isDirectory() ?? false
}

interface Found {
  /** On the host. */
  readonly path: string
  readonly stats: Stats
}

/** Walks the path part by part; `..` cannot leave the root. Undefined: not there, hidden by a whiteout, or a loop. */
function resolveInUnion(union: Union, path: string): Found | undefined {
  let pending = path.split('/').filter((part) => part !== '' && part !== '.')
  let done: string[] = []
  let links = 0
  let found = lookUp(union, [])
  while (pending.length > 0) {
    const [part = '', ...rest] = pending
    pending = rest
    if (part === '..') {
      done = done.slice(0, -1)
      found = lookUp(union, done)
      continue
    }
    found = lookUp(union, [...done, part])
    if (found === undefined) return undefined
    if (!found.stats.isSymbolicLink()) {
      done = [...done, part]
      continue
    }
    links += 1
    if (links > MOST_LINKS) return undefined
    const target = readlinkSync(found.path)
    if (target.startsWith('/')) done = []
    pending = [...target.split('/').filter((word) => word !== '' && word !== '.'), ...pending]
    found = lookUp(union, done)
  }
  return found
}

/** The topmost layer that has the entry, whose folders on the way hide nothing below them. No link is followed. */
function lookUp(union: Union, parts: readonly string[]): Found | undefined {
  for (const layer of union) {
    let path = layer
    let hidesLower = false
    let stats: Stats | undefined = lstat(path)
    for (const part of parts) {
      if (stats === undefined || !stats.isDirectory()) break
      path = join(path, part)
      stats = lstat(path)
      if (stats === undefined) break
      if (stats.isDirectory() && hides(path)) hidesLower = true
    }
    const complete = stats !== undefined && path === join(layer, ...parts)
    if (complete && stats !== undefined) return isWhiteout(stats) ? undefined : { path, stats }
    // A file, link or whiteout in place of a folder on the way hides what lower layers have below it.
    if (stats !== undefined && !stats.isDirectory()) return undefined
    if (hidesLower) return undefined
  }
  return undefined
}

function lstat(path: string): Stats | undefined {
  try {
    return lstatSync(path)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'EACCES') return undefined
    throw error
  }
}

function hides(path: string): boolean {
  try {
    return isOpaque(byteName(path))
  } catch {
    return false
  }
}
