/** Where else on a registry a layer may be: it can be taken over from there instead of being sent. */
import type { Digest } from '../oci/digest.ts'
import { parseReference, type Reference } from '../oci/reference.ts'
import { readCatalog } from './catalog.ts'
import { blobsOfList } from './lists.ts'
import type { ImageStore } from './store.ts'

/**
 * Repositories of the same registry by the blobs they should have: those that manifests here go by with their digests,
 * which are only named after a pull or push; and their lists.
 */
export function mountSources(store: ImageStore, reference: Reference): Map<Digest, string[]> {
  const { names, lists = {} } = readCatalog(store.data)
  const known = new Map<string, Digest[]>()
  const isElsewhere = (name: Reference) =>
    name.registry === reference.registry && name.repository !== reference.repository
  for (const [key, { manifest }] of Object.entries(names)) {
    const name = parseReference(key)
    if (name.digest === undefined || !isElsewhere(name)) continue
    known.set(name.repository, [...(known.get(name.repository) ?? []), ...blobsOfList(store, manifest)])
  }
  for (const [key, { digest }] of Object.entries(lists)) {
    const { repository } = parseReference(key)
    const blobs = known.get(repository)
    if (blobs !== undefined && isElsewhere(parseReference(key))) blobs.push(...blobsOfList(store, digest))
  }
  const sources = new Map<Digest, string[]>()
  for (const [repository, blobs] of known) {
    for (const digest of new Set(blobs)) sources.set(digest, [...(sources.get(digest) ?? []), repository])
  }
  return sources
}
