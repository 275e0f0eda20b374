/** What else an index lists besides the image that runs here: kept, so that push and save can give it on. */
import { SampanError } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import type { Descriptor } from '../oci/manifest.ts'
import { parseManifest } from '../oci/manifest.ts'
import { isIndex, isManifest } from '../oci/media-types.ts'
import type { Reference } from '../oci/reference.ts'
import { familiarName } from '../oci/reference.ts'
import type { Registry, ServedManifest } from '../platform/registry/registry.ts'
import { findList, putList, removeList } from './lists.ts'
import { inParallel } from './parallel.ts'
import { pullBlob } from './pull-layers.ts'
import { pullReferrers } from './pull-referrers.ts'
import type { ImageStore } from './store.ts'

/** Of hostile indexes. */
const mostManifests = 500

/**
 * Brings every manifest and blob of the index, and gives the index the name. A name that means a single image there has
 * no list afterwards.
 */
export async function pullList(
  store: ImageStore,
  registry: Registry,
  reference: Reference,
  top: ServedManifest,
  jobs: number,
): Promise<void> {
  const document = parseManifest(top.text, top.contentType, familiarName(reference))
  if (document.kind === 'manifest') {
    forgetOldList(store, reference, top)
    return
  }
  const blobs = new Map<string, Descriptor>()
  const manifests: Digest[] = []
  const waiting: Descriptor[] = [...document.manifests]
  for (let count = 0; waiting.length > 0; count += 1) {
    if (count === mostManifests) throw new SampanError(`${familiarName(reference)} lists too many manifests`)
    const descriptor = waiting.shift() as Descriptor
    if (!isIndex(descriptor.mediaType) && !isManifest(descriptor.mediaType)) {
      blobs.set(descriptor.digest, descriptor)
      continue
    }
    const served = await registry.manifest(reference, descriptor.digest)
    store.writeBlob(served.text)
    manifests.push(served.digest)
    const listed = parseManifest(served.text, served.contentType, descriptor.digest)
    if (listed.kind === 'index') waiting.push(...listed.manifests)
    else for (const blob of [listed.config, ...listed.layers]) blobs.set(blob.digest, blob)
  }
  await inParallel([...blobs.values()], jobs, (blob, stopped) =>
    pullBlob(store, registry, reference, blob, stopped),
  )
  putList(store, reference, top.text, document.mediaType)
  await pullReferrers(store, registry, reference, [top.digest, ...manifests])
}

/** A list of this name that is not what the registry has now would be pushed in its place. */
export function forgetOldList(store: ImageStore, reference: Reference, top: ServedManifest): void {
  if (findListDigest(store, reference) !== top.digest) removeList(store, reference)
}

function findListDigest(store: ImageStore, reference: Reference) {
  try {
    return findList(store, reference)?.digest
  } catch (error) {
    if (error instanceof SampanError) return undefined
    throw error
  }
}
