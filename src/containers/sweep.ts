/**
 * Finishes what killed commands left behind: bundles half made or half removed, names nobody stands behind, socket
 * folders of containers that are gone. Three readings of folders when all is well, which is always.
 */
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { errnoOf } from '../errors.ts'
import { removeInside } from '../platform/helper/inside.ts'
import type { Directories } from '../platform/host/directories.ts'
import { releaseIfStale } from './reservation.ts'
import { ContainerStore } from './store.ts'

/** What processes that are alive are working on is let be. */
export function sweep(directories: Directories): void {
  const store = new ContainerStore(directories)
  const exists = (id: string) => existsSync(store.folderOf(id))
  const names = join(directories.data, 'names')
  const reserved = entries(names)
  const { containers, leftovers } = store.survey()
  // More names than containers: one of them has no container, or its container has just gone.
  const suspects = reserved.length > containers ? reserved : reserved.filter((name) => name.startsWith('.'))
  for (const name of suspects) releaseIfStale(join(names, name), (id) => store.holds(id, name))
  const sockets = join(directories.runtime, 'c')
  for (const id of entries(sockets))
    if (!exists(id)) rmSync(join(sockets, id), { recursive: true, force: true })
  removeInside(directories, leftovers.filter(isAbandoned))
}

/** Bundles that commands left which have ended. */
export function abandonedBundles(store: ContainerStore): string[] {
  return store.survey().leftovers.filter(isAbandoned)
}

/** `ID.rm-PID`, `ID.tmp-PID`: the process that was at it has ended. */
function isAbandoned(folder: string): boolean {
  const pid = /-(\d+)$/.exec(basename(folder))?.[1]
  return pid === undefined || !existsSync(join('/proc', pid))
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}
