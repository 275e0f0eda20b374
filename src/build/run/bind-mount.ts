/** `RUN --mount=type=bind`: the very files, or a copy of them that goes with the step. */
import { lstatSync, mkdirSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '../../errors.ts'
import { byteName } from '../../platform/files/byte-names.ts'
import { isOpaqueFolder } from '../../platform/files/union-folder.ts'
import { removeInside } from '../../platform/helper/inside.ts'
import type { BindMount as BindRecord, MountRecord } from '../../volumes/mounts.ts'
import { newFetchedFolder } from '../context/fetched.ts'
import { applyCopy } from '../copy/apply.ts'
import type { Piece } from '../copy/items.ts'
import type { CopyPlan, SourceTree } from '../copy/types.ts'
import type { BindMount } from '../dockerfile/mount-types.ts'
import type { Workshop } from '../workshop.ts'
import { hide, leftOut } from './left-out.ts'

/**
 * The files themselves wherever an overlay can keep them from being written to, and hide what is left out; else a copy,
 * which `made` removes.
 */
export async function bindMount(
  mount: BindMount,
  destination: string,
  tree: SourceTree,
  plan: CopyPlan,
  workshop: Workshop,
  made: DisposableStack,
): Promise<MountRecord> {
  const readOnly = !mount.readWrite
  const { directories } = workshop.store
  const newFolder = () => {
    const folder = newFetchedFolder(directories)
    made.defer(() => removeInside(directories, [folder]))
    return join(folder, 'fs')
  }
  const source = original(mount.source, tree)
  if (source !== undefined) {
    const bind = bindRecord(source, destination, readOnly)
    const [piece] = plan.work.items as readonly Piece[]
    const names = tree.kind === 'folder' && tree.ignore.length > 0 ? hidden(source, piece) : []
    if (readOnly && names.length === 0) return bind
    if (workshop.place.driver === 'overlay' && canLieBelow(source)) {
      if (names.length === 0) return { ...bind, overlay: true }
      const upper = newFolder()
      await hide({ upper, lower: source, names }, directories, workshop.signal)
      return { ...bind, overlay: mount.readWrite, cover: upper }
    }
  }
  const upper = newFolder()
  mkdirSync(upper, { mode: 0o755 })
  await applyCopy(plan, { upper, lowers: [] }, directories, workshop.signal)
  return bindRecord(join(upper, 'tree'), destination, readOnly)
}

function hidden(source: string, piece: Piece | undefined): string[] {
  return piece?.form === 'contents' ? leftOut(byteName(source), piece.items) : []
}

/** What statfs(2) calls file systems that may be layers of an overlay: ext4, xfs, btrfs, f2fs, tmpfs, overlay, zfs, NFS. */
const layerable = new Set([
  0xef53, 0x58465342, 0x9123683e, 0xf2f52010, 0x01021994, 0x794c7630, 0x2fc12fc1, 0x6969,
])

function canLieBelow(path: string): boolean {
  return lstatSync(path).isDirectory() && layerable.has(statfsSync(path).type)
}

/** Where the very files are: no link on the way, all in one layer. */
function original(source: string, tree: SourceTree): string | undefined {
  try {
    return plainOriginal(source, tree)
  } catch (error) {
    // What we may not look at is copied by somebody who may.
    if (errnoOf(error) === 'EACCES') return undefined
    throw error
  }
}

function plainOriginal(source: string, tree: SourceTree): string | undefined {
  const parts = source.split('/').filter((part) => part !== '' && part !== '.')
  if (parts.includes('..')) return undefined
  if (tree.kind === 'folder') return plainPath(tree.path, parts)
  const layers = tree.folders.filter((folder) => hasAny(folder, parts))
  const [only] = layers
  return layers.length === 1 && only !== undefined ? plainPath(only, parts) : undefined
}

/** Whether the layer has something to say about the path: the first part of it that it has is enough. */
function hasAny(folder: string, parts: readonly string[]): boolean {
  let path = folder
  for (const part of parts) {
    path = join(path, part)
    const stat = look(path)
    if (stat === undefined) return false
    if (!stat.isDirectory()) return true
    if (isOpaqueFolder(path)) return true
  }
  return true
}

function plainPath(folder: string, parts: readonly string[]): string | undefined {
  let path = folder
  for (const part of parts) {
    path = join(path, part)
    const stat = look(path)
    if (stat === undefined || stat.isSymbolicLink() || stat.isCharacterDevice()) return undefined
  }
  return path
}

function look(path: string) {
  return lstatSync(path, { throwIfNoEntry: false })
}

export function bindRecord(source: string, destination: string, readOnly: boolean): BindRecord {
  return {
    type: 'bind',
    source,
    destination,
    readOnly,
    propagation: 'rprivate',
    recursive: false,
    mode: '',
    from: 'mount',
  }
}
