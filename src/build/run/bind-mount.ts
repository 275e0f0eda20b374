/** `RUN --mount=type=bind`: the very files where nobody can change them, else a copy that goes with the step. */
import { lstatSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '../../errors.ts'
import { isOpaqueFolder } from '../../platform/files/union-folder.ts'
import { removeInside } from '../../platform/helper/inside.ts'
import type { MountRecord } from '../../volumes/mounts.ts'
import { newFetchedFolder } from '../context/fetched.ts'
import { applyCopy } from '../copy/apply.ts'
import type { CopyPlan, SourceTree } from '../copy/types.ts'
import type { BindMount } from '../dockerfile/mount-types.ts'
import type { Workshop } from '../workshop.ts'

/** A path of the host. */
export async function bindSource(
  mount: BindMount,
  tree: SourceTree,
  plan: CopyPlan,
  { store, signal }: Workshop,
  made: DisposableStack,
): Promise<string> {
  const there = mount.readWrite ? undefined : original(mount.source, tree)
  if (there !== undefined) return there
  const folder = newFetchedFolder(store.directories)
  made.defer(() => removeInside(store.directories, [folder]))
  const upper = join(folder, 'fs')
  mkdirSync(upper, { mode: 0o755 })
  await applyCopy(plan, { upper, lowers: [] }, store.directories, signal)
  return join(upper, 'tree')
}

/** Where the very files can be bound: no link on the way, nothing left out, all in one layer. */
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
  if (tree.kind === 'folder') return tree.ignore.length > 0 ? undefined : plainPath(tree.path, parts)
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

export function bindRecord(source: string, destination: string, readOnly: boolean): MountRecord {
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
