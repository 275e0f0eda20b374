/**
 * What refers to an image by its digest (OCI distribution specification 1.1, "subject"): signatures, lists of contents,
 * attestations. It comes with a pull, is kept as long as the image, and goes with a push (pull-referrers.ts, push.ts).
 */
import { SampanError } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import { hexOf } from '../oci/digest.ts'
import { asObject, defined, parseJson } from '../oci/json.ts'
import { type Manifest, parseDescriptor, parseManifest } from '../oci/manifest.ts'
import { mediaType as mediaTypes } from '../oci/media-types.ts'
import { changeCatalog, readCatalog } from './catalog.ts'
import type { ImagesRecord, ReferrerRecord } from './record.ts'
import type { ImageStore } from './store.ts'

export interface Referrer {
  readonly digest: Digest
  readonly subject: Digest
  readonly text: string
  readonly manifest: Manifest
}

/** What is here and refers to one of these, or to what does: each after what it refers to. */
export function referrersOf(store: ImageStore, subjects: readonly Digest[]): Referrer[] {
  const record = readCatalog(store.data)
  return digestsOfReferrers(record, new Set(subjects)).flatMap((digest) => {
    const subject = record.referrers?.[digest]?.subject
    if (subject === undefined || !store.hasBlob(digest)) return []
    const text = store.readBlob(digest).toString()
    const manifest = parseManifest(text, undefined, digest)
    if (manifest.kind === 'index') return []
    return [{ digest, subject, text, manifest }]
  })
}

/** The blobs of everything that refers to one of `blobs`, or to what does. */
export function blobsOfReferrers(
  store: ImageStore,
  record: ImagesRecord,
  blobs: ReadonlySet<Digest>,
): Digest[] {
  return digestsOfReferrers(record, blobs).flatMap((digest) => {
    try {
      const { config, layers } = store.readManifest(digest)
      return [digest, config.digest, ...layers.map((layer) => layer.digest)]
    } catch (error) {
      if (error instanceof SampanError) return [digest]
      throw error
    }
  })
}

/** A signature may be of a list of contents, which is of an image. */
function digestsOfReferrers({ referrers = {} }: ImagesRecord, subjects: ReadonlySet<Digest>): Digest[] {
  const found = new Set<Digest>()
  for (let before = -1; before < found.size; ) {
    before = found.size
    for (const [digest, { subject }] of Object.entries(referrers) as [Digest, ReferrerRecord][]) {
      if (subjects.has(subject) || found.has(subject)) found.add(digest)
    }
  }
  return [...found]
}

/** Puts records beside those that are there. */
export function addReferrers(store: ImageStore, found: Readonly<Record<Digest, ReferrerRecord>>): void {
  if (Object.keys(found).length === 0) return
  changeCatalog(store.data, (record) => ({ ...record, referrers: { ...record.referrers, ...found } }))
}

/** Forgets one; its blobs go with the next removal or prune. */
export function removeReferrer(store: ImageStore, digest: Digest): void {
  changeCatalog(store.data, (record) => {
    const { [digest]: _, ...referrers } = record.referrers ?? {}
    return { ...record, referrers }
  })
}

/** The digest that a manifest says it refers to. @throws SampanError for a subject that cannot be one */
export function subjectOf(text: string): Digest | undefined {
  const { subject } = asObject(parseJson(text, 'manifest'), 'manifest')
  return subject === undefined ? undefined : parseDescriptor(subject, 'subject').digest
}

/** The record without those whose subject is gone. */
export function withoutStrayReferrers(record: ImagesRecord, blobs: ReadonlySet<Digest>): ImagesRecord {
  const { referrers, ...rest } = record
  const kept = Object.entries(referrers ?? {}).filter(([, { subject }]) => blobs.has(subject))
  return kept.length === 0 ? rest : { ...rest, referrers: Object.fromEntries(kept) }
}

/** As the index of a registry or an archive lists it. */
export function descriptorOf({ digest, text, manifest }: Pick<Referrer, 'digest' | 'text' | 'manifest'>) {
  const { artifactType, annotations } = asObject(parseJson(text, 'manifest'), 'manifest')
  return {
    mediaType: manifest.mediaType,
    digest,
    size: Buffer.byteLength(text),
    ...defined({ artifactType: artifactType ?? manifest.config.mediaType, annotations }),
  }
}

/**
 * The index that stands in for the referrers API where a registry has none: its tag, and its text with this one in it.
 * @param before the index as it is there, if it is
 */
export function fallbackIndex(
  referrer: Referrer,
  before: string | undefined,
): { readonly tag: string; readonly text: string } {
  const document = before === undefined ? undefined : asObject(parseJson(before, 'referrers'), 'referrers')
  const listed = Array.isArray(document?.['manifests'])
    ? (document['manifests'] as { digest?: string }[])
    : []
  const own = descriptorOf(referrer)
  const manifests = [...listed.filter((one) => one.digest !== referrer.digest), own]
  return {
    tag: `sha256-${hexOf(referrer.subject)}`,
    text: JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }),
  }
}
