/** `image prune`: images without a name, or with `--all` those no container uses. */
import type { Context } from '../cli/context.ts'
import { pruneImages, type Removed } from '../images/remove.ts'
import { type Image, ImageStore } from '../images/store.ts'
import { filterBoolean, moment, parseFilters } from './filters.ts'
import { createdTime, isDangling, labelsOf } from './image-rows.ts'
import { imageUses } from './image-uses.ts'

export interface PruneImagesRequest {
  /** Named ones, too. */
  readonly all: boolean
  readonly filter: readonly string[]
  readonly dryRun: boolean
}

export const pruneFilters = ['until', 'label', 'label!', 'dangling']

/** @throws usage for a filter that cannot be */
export function pruneUnusedImages(request: PruneImagesRequest, { directories }: Context): Removed {
  return pruneImages(new ImageStore(directories), unwanted(request), {
    uses: () => imageUses(directories),
    dryRun: request.dryRun,
  })
}

function unwanted({ all, filter }: PruneImagesRequest): (image: Image) => boolean {
  const filters = parseFilters(filter, pruneFilters)
  const until = filters.values('until').map(moment)
  // docker's old way to say --all.
  const named = all || filters.values('dangling').some((value) => !filterBoolean('dangling', value))
  const labels = filters.has('label') || filters.has('label!')
  return (image) =>
    (named || isDangling(image)) &&
    until.every((time) => createdTime(image) < time) &&
    (!labels || filters.matchesLabels(labelsOf(image)))
}
