/** `system prune`: containers that do not run, then what only they needed. */
import type { Context } from '../cli/context.ts'
import { usage } from '../errors.ts'
import type { Removed } from '../images/remove.ts'
import { ImageStore } from '../images/store.ts'
import { nothingCached, type PrunedCache, pruneCache } from './build-cache.ts'
import { parseFilters } from './filters.ts'
import { type PrunedContainers, pruneContainers } from './prune-containers.ts'
import { pruneUnusedImages } from './prune-images.ts'
import { straySteps, strays } from './strays.ts'
import { pruneVolumes } from './volumes.ts'

export interface PruneSystemRequest {
  /** All images that no container uses, not only those without a name. */
  readonly all: boolean
  readonly volumes: boolean
  /** Containers of builds that were killed. */
  readonly build: boolean
  /** Whatever else commands that were killed left. */
  readonly external: boolean
  readonly filter: readonly string[]
  readonly dryRun: boolean
}

export interface PrunedSystem {
  readonly containers: PrunedContainers
  readonly volumes: ReturnType<typeof pruneVolumes>
  readonly images: Removed
  readonly cache: PrunedCache
  /** Paths. */
  readonly leftovers: readonly string[]
  readonly bytes: number
}

/**
 * A rehearsal counts what is free now: images and volumes of containers that would go are not among it.
 * @throws usage for `until` together with volumes, which have no time of their own
 */
export function pruneSystem(request: PruneSystemRequest, context: Context): PrunedSystem {
  const { all, filter, dryRun } = request
  if (request.volumes && parseFilters(filter, ['until', 'label', 'label!']).has('until')) {
    throw usage('the "until" filter is not supported with "--volumes"', 'prune the volumes on their own')
  }
  const containers = pruneContainers({ filter, dryRun }, context)
  const volumes = request.volumes
    ? pruneVolumes({ all: false, filter, dryRun }, context)
    : { names: [], bytes: 0 }
  const images = pruneUnusedImages({ all, filter, dryRun }, context)
  // Labels are for containers, images and volumes; steps have none.
  const until = filter.filter((one) => one.startsWith('until='))
  const cache =
    until.length < filter.length
      ? nothingCached
      : pruneCache({ all, filter: until, keep: undefined, minFree: undefined, dryRun }, context)
  const leftovers = removeStrays(request, context)
  const bytes = containers.bytes + volumes.bytes + images.bytes + cache.bytes
  return { containers, volumes, images, cache, leftovers, bytes }
}

function removeStrays({ build, external, dryRun }: PruneSystemRequest, context: Context): string[] {
  const store = new ImageStore(context.directories)
  const found = [...(build ? straySteps(context) : []), ...(external ? strays(store, context) : [])]
  if (!dryRun) for (const stray of found) stray.remove()
  return found.map(({ path }) => path)
}
