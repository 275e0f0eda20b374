/**
 * `copy-out JSON`: a file or a tree to standard output as a tar. Runs inside the user namespace, with the container's
 * root as its own.
 */
import { lstatSync, readdirSync, statSync } from 'node:fs'
import { errnoOf, SampanError } from '../errors.ts'
import { byteName, pathOf } from '../platform/files/byte-names.ts'
import { enterRoot, type Root } from '../platform/files/enter-root.ts'
import { prepareHoles } from '../platform/files/holes.ts'
import { realPath } from '../platform/files/real-path.ts'
import { writeAll } from '../platform/files/write-all.ts'
import { Packer } from '../platform/tar/pack.ts'

export interface CopyOut {
  readonly root: Root
  /** Absolute; a slash at its end means that it must be a folder. */
  readonly path: string
  /** Of the first entry. */
  readonly name: string
  /** `-L`: a link is what it leads to. */
  readonly follow: boolean
  /** For a job of ours to read: holes stay holes. */
  readonly holes: boolean
  /** What is said when it is not there. */
  readonly missing: string
}

export default function copyOut([json = '']: readonly string[]): undefined {
  const { root, path, name, follow, holes, missing } = JSON.parse(json) as CopyOut
  prepareHoles()
  enterRoot(root)
  const packer = new Packer((bytes) => writeAll(1, bytes, 'the archive'), { holes })
  add(packer, byteName(name), byteName(find(path, follow, missing)), true)
  packer.end()
}

function find(path: string, follow: boolean, missing: string): string {
  try {
    const folder = path.endsWith('/')
    const found = follow || folder ? realPath(path) : path
    if (folder && !statSync(found).isDirectory()) throw new SampanError(`${path}: not a directory`)
    lstatSync(found)
    return found
  } catch (error) {
    const code = errnoOf(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new SampanError(missing, { cause: error })
    throw error
  }
}

/** Each folder before what is in it. Sockets are left out, and what goes meanwhile. */
function add(packer: Packer, name: string, path: string, first: boolean): void {
  const stat = lstatSync(pathOf(path), { bigint: true, throwIfNoEntry: false })
  if (stat === undefined) return
  packer.add(name, path, stat)
  if (!stat.isDirectory()) return
  for (const child of namesIn(path, first)) {
    add(packer, `${name}/${child}`, path === '/' ? `/${child}` : `${path}/${child}`, false)
  }
}

/** A folder that a program removed or replaced since is one with nothing in it. */
function namesIn(path: string, must: boolean): string[] {
  try {
    return readdirSync(pathOf(path), { encoding: 'latin1' }).sort()
  } catch (error) {
    const code = errnoOf(error)
    if (!must && (code === 'ENOENT' || code === 'ENOTDIR')) return []
    throw error
  }
}
