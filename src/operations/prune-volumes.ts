/** Removes anonymous volumes that no container has. */
import { readdirSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Context } from '../cli/context.ts'
import { ContainerStore } from '../containers/store.ts'
import { errnoOf, SampanError } from '../errors.ts'
import { temporaryName } from '../platform/files/names.ts'
import { removeInside, walkInside } from '../platform/helper/inside.ts'
import { VolumeStore } from '../volumes/store.ts'
import { parseFilters } from './filters.ts'
import type { PruneRequest } from './prune-containers.ts'

export interface PrunedVolumes {
  readonly names: readonly string[]
  readonly bytes: number
}

/** A volume is made a moment before the container that has it. */
const settledAfter = 10_000

/** `label` and `label!` choose among them. A container whose record cannot be read may have any: none goes then. */
export function pruneVolumes({ filter, dryRun }: PruneRequest, context: Context): PrunedVolumes {
  const { directories } = context
  const names = unused(filter, context)
  const volumes = new VolumeStore(directories)
  const walked = walkInside(
    directories,
    names.map((name) => volumes.mountpointOf(name)),
  )
  const bytes = walked.reduce((sum, { bytes }) => sum + bytes, 0)
  if (dryRun) return { names, bytes }
  // Under a name nobody asks for, it is gone at once; what a crash leaves begins with a dot and is no volume.
  const doomed = names.flatMap((name) => moveAway(volumes.folderOf(name), join(directories.data, 'volumes')))
  removeInside(directories, doomed)
  return { names, bytes }
}

function unused(filter: readonly string[], { directories }: Context): string[] {
  const filters = parseFilters(filter, ['label', 'label!'])
  const volumes = new VolumeStore(directories)
  const used = usedVolumes(directories)
  if (used === undefined) return []
  const before = Date.now() - settledAfter
  return list(join(directories.data, 'volumes')).filter((name) => {
    if (used.has(name)) return false
    const record = tolerate(() => volumes.read(name))
    const made = statSync(volumes.folderOf(name), { throwIfNoEntry: false })?.ctimeMs ?? before
    return record?.anonymous === true && made < before && filters.matchesLabels(record.labels)
  })
}

/** Undefined where some container cannot be read. */
function usedVolumes(directories: Context['directories']): ReadonlySet<string> | undefined {
  const used = new Set<string>()
  for (const container of new ContainerStore(directories).list()) {
    const mounts = tolerate(() => container.record.mounts)
    if (mounts === undefined && container.exists()) return undefined
    for (const mount of mounts ?? []) if (mount.type === 'volume') used.add(mount.name)
  }
  return used
}

function moveAway(folder: string, volumes: string): string[] {
  const doomed = temporaryName(join(volumes, '.rm'))
  try {
    renameSync(folder, doomed)
    return [doomed]
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => !name.startsWith('.'))
      .sort()
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}

function tolerate<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof SampanError) return undefined
    throw error
  }
}
