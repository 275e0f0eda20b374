/** What refers to an image, fetched with it: see referrers.ts. */
import { SampanError } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import { type Descriptor, parseManifest } from '../oci/manifest.ts'
import type { Reference } from '../oci/reference.ts'
import type { Registry } from '../platform/registry/registry.ts'
import { pullBlob } from './pull-layers.ts'
import type { ReferrerRecord } from './record.ts'
import { addReferrers, subjectOf } from './referrers.ts'
import type { ImageStore } from './store.ts'

/** Of one image; and bytes of one of them. More is no signature, and nobody asked for it. */
const most = 50
const largest = 64 << 20
/** What refers to an image, and what refers to that: a signature of a list of contents. */
const deepest = 2

/**
 * Brings what refers to these digests. They are extras: one that cannot be had, or is not what it says, is left out.
 */
export async function pullReferrers(
  store: ImageStore,
  registry: Registry,
  reference: Reference,
  subjects: readonly Digest[],
): Promise<void> {
  const found: Record<Digest, ReferrerRecord> = {}
  const waiting = [...new Set(subjects)].map((subject) => ({ subject, depth: 1 }))
  for (const { subject, depth } of waiting) {
    for (const descriptor of (await registry.referrers(reference, subject)).slice(0, most)) {
      const { digest } = descriptor
      const referrer = await tolerating(() => pullReferrer(store, registry, reference, subject, descriptor))
      if (referrer === undefined || found[digest] !== undefined) continue
      found[digest] = referrer
      if (depth < deepest) waiting.push({ subject: digest, depth: depth + 1 })
    }
  }
  addReferrers(store, found)
}

async function pullReferrer(
  store: ImageStore,
  registry: Registry,
  reference: Reference,
  subject: Digest,
  { digest, size }: Descriptor,
): Promise<ReferrerRecord | undefined> {
  const { text, contentType } = await registry.manifest(reference, digest)
  const manifest = parseManifest(text, contentType, `what refers to ${subject}`)
  if (manifest.kind === 'index' || subjectOf(text) !== subject) return undefined
  const blobs = [manifest.config, ...manifest.layers]
  if (blobs.reduce((sum, blob) => sum + blob.size, 0) > largest) return undefined
  for (const blob of blobs) await pullBlob(store, registry, reference, blob)
  store.writeBlob(text)
  return { subject, mediaType: manifest.mediaType, size }
}

async function tolerating<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof SampanError) return undefined
    throw error
  }
}
