/**
 * What refers to an image by its digest (OCI distribution specification 1.1, "subject"): signatures, lists of contents,
 * attestations. It comes with a pull, is kept as long as the image, and goes with a push (pull-referrers.ts, push.ts).
 */
import { SampanError } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import { hexOf } from '../oci/digest.ts'
import { asObject, defined, parseJson } from '../oci/json.ts'
import { type Manifest, parseManifest } from '../oci/manifest.ts'
import { mediaType as mediaTypes } from '../oci/media-types.ts'
import { readCatalog } from './catalog.ts'
import type { ImagesRecord } from './record.ts'
import type { ImageStore } from './store.ts'

export interface Referrer {
  readonly digest: Digest
  readonly subject: Digest
  readonly text: string
  readonly manifest: Manifest
}

/** What is here and refers to one of these. */
export function referrersOf(store: ImageStore, subjects: readonly Digest[]): Referrer[] {
  return Object.entries(readCatalog(store.data).referrers ?? {}).flatMap(([digest, { subject }]) => {
    if (!subjects.includes(subject) || !store.hasBlob(digest as Digest)) return []
    const text = store.readBlob(digest as Digest).toString()
    const manifest = parseManifest(text, undefined, digest)
    return manifest.kind === 'index' ? [] : [{ digest: digest as Digest, subject, text, manifest }]
  })
}

/** The blobs of everything that refers to one of `blobs`. */
export function blobsOfReferrers(
  store: ImageStore,
  record: ImagesRecord,
  blobs: ReadonlySet<Digest>,
): Digest[] {
  const referrers = Object.entries(record.referrers ?? {}).filter(([, { subject }]) => blobs.has(subject))
  return referrers.flatMap(([digest]) => {
    try {
      const { config, layers } = store.readManifest(digest as Digest)
      return [digest as Digest, config.digest, ...layers.map((layer) => layer.digest)]
    } catch (error) {
      if (error instanceof SampanError) return [digest as Digest]
      throw error
    }
  })
}

/** The record without those whose subject is gone. */
export function withoutStrayReferrers(record: ImagesRecord, blobs: ReadonlySet<Digest>): ImagesRecord {
  const { referrers, ...rest } = record
  const kept = Object.entries(referrers ?? {}).filter(([, { subject }]) => blobs.has(subject))
  return kept.length === 0 ? rest : { ...rest, referrers: Object.fromEntries(kept) }
}

/**
 * The index that stands in for the referrers API where a registry has none: its tag, and its text with this one in it.
 * @param before the index as it is there, if it is
 */
export function fallbackIndex(
  { digest, subject, text, manifest }: Referrer,
  before: string | undefined,
): { readonly tag: string; readonly text: string } {
  const document = before === undefined ? undefined : asObject(parseJson(before, 'referrers'), 'referrers')
  const listed = Array.isArray(document?.['manifests'])
    ? (document['manifests'] as { digest?: string }[])
    : []
  const { artifactType, annotations } = asObject(parseJson(text, 'manifest'), 'manifest')
  const own = {
    mediaType: manifest.mediaType,
    digest,
    size: Buffer.byteLength(text),
    ...defined({ artifactType: artifactType ?? manifest.config.mediaType, annotations }),
  }
  const manifests = [...listed.filter((one) => one.digest !== digest), own]
  return {
    tag: `sha256-${hexOf(subject)}`,
    text: JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }),
  }
}
