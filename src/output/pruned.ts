/** What prunes removed, line by line. */
import type { Removed } from '../images/remove.ts'
import type { PrunedCache } from '../operations/build-cache.ts'
import type { PrunedSystem } from '../operations/prune-system.ts'
import type { PrunedKind } from './prune-view.ts'

/** docker's lines of `image prune`: small letters, where `rmi` has capitals. */
export function prunedImages({ untagged, deleted }: Removed): PrunedKind {
  return {
    kind: 'Images',
    lines: [...untagged.map((name) => `untagged: ${name}`), ...deleted.map((digest) => `deleted: ${digest}`)],
  }
}

export function prunedSystem({ containers, volumes, images, cache, leftovers }: PrunedSystem): PrunedKind[] {
  return [
    { kind: 'Containers', lines: containers.ids },
    { kind: 'Volumes', lines: volumes.names },
    prunedImages(images),
    prunedCache(cache),
    { kind: 'leftovers', lines: leftovers },
  ]
}

export function prunedCache({ ids }: PrunedCache): PrunedKind {
  return { kind: 'build cache objects', lines: ids }
}
