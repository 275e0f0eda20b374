/** `find-sources JSON`: the sources of a COPY --from in an image's layers, with digests. In the user namespace, as its root. */
import { type FindOrder, find } from '../build/copy/find.ts'

export default function findSources([json = '']: readonly string[]): unknown {
  return find(JSON.parse(json) as FindOrder)
}
