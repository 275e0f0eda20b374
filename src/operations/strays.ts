/** What commands that were killed left in the store: in nobody's way, but it takes room. */
import { buildContainers, isAbandonedStep, sweepStepContainers } from '../build/run/container.ts'
import type { Context } from '../cli/context.ts'
import { ContainerStore } from '../containers/store.ts'
import { abandonedBundles, sweep } from '../containers/sweep.ts'
import { sweepLeftovers } from '../images/archive-blob.ts'
import { leftovers, removeUnfinishedFiles, unfinishedFiles } from '../images/collect.ts'
import type { ImageStore } from '../images/store.ts'
import { removeInside } from '../platform/helper/inside.ts'
import { VolumeStore } from '../volumes/store.ts'
import { surroundings } from './create.ts'

export interface Stray {
  readonly path: string
  /** Removes it, and others of its kind. */
  remove(): void
}

export function* strays(store: ImageStore, { directories }: Context): Generator<Stray> {
  const inStore = [...leftovers(store), ...leftovers(store, 'oci/partial'), ...unfinishedFiles(store)]
  for (const path of inStore) {
    yield {
      path,
      remove() {
        sweepLeftovers(store)
        removeUnfinishedFiles(store)
      },
    }
  }
  for (const path of new VolumeStore(directories).leftovers()) {
    yield { path, remove: () => removeInside(directories, [path]) }
  }
  for (const path of abandonedBundles(new ContainerStore(directories))) {
    yield { path, remove: () => sweep(directories) }
  }
}

/** Containers of RUN whose build was killed; the next build removes them, too. */
export function* straySteps(context: Context): Generator<Stray> {
  const { directories } = context
  const containers = buildContainers(directories)
  for (const path of abandonedBundles(containers)) {
    yield { path, remove: () => removeInside(directories, [path]) }
  }
  const around = { ...surroundings(context), containers }
  for (const { folder } of containers.list().filter(isAbandonedStep)) {
    yield { path: folder, remove: () => sweepStepContainers(around) }
  }
}
