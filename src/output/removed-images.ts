/** What the removal of images says. */
import type { Removed } from '../images/remove.ts'
import type { PrunedKind } from './prune-view.ts'

/** docker's lines of `image prune`: small letters, where `rmi` has capitals. */
export function prunedImages({ untagged, deleted }: Removed): PrunedKind {
  return {
    kind: 'Images',
    lines: [...untagged.map((name) => `untagged: ${name}`), ...deleted.map((digest) => `deleted: ${digest}`)],
  }
}
