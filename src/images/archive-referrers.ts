/**
 * What refers to the images of an archive (see referrers.ts). We list it in an index of its own among the blobs, named
 * by an annotation of index.json: tools that load the only image of an archive count what index.json itself lists.
 * Others list it there, without a name.
 */

import type { Digest } from '../oci/digest.ts'
import { isDigest } from '../oci/digest.ts'
import { type Descriptor, type Index, type Manifest, parseManifest } from '../oci/manifest.ts'
import { mediaType } from '../oci/media-types.ts'
import { digestOf } from '../platform/host/sha256.ts'
import type { Archive, ArchiveFile } from './archive.ts'
import { placeBlobs } from './archive-list.ts'
import { blobName, readBlob } from './archive-read.ts'
import { readCatalog } from './catalog.ts'
import { blobsOfList } from './lists.ts'
import type { ReferrerRecord } from './record.ts'
import { addReferrers, descriptorOf, referrersOf, subjectOf } from './referrers.ts'
import type { FileCollection } from './save-collection.ts'
import type { ImageStore } from './store.ts'

/** In index.json, the digest of our index. */
const listedAt = 'sampan.referrers'

/** Adds those of these manifests that are here as a whole. @returns what index.json says of them */
export function saveReferrers(
  store: ImageStore,
  files: FileCollection,
  subjects: readonly Digest[],
): Readonly<Record<string, string>> | undefined {
  const whole = referrersOf(store, subjects).filter(({ manifest }) =>
    blobsOf(manifest).every(({ digest }) => store.hasBlob(digest)),
  )
  if (whole.length === 0) return undefined
  for (const { digest, text, manifest } of whole) {
    files.bytes(blobName(digest), text)
    for (const blob of blobsOf(manifest)) files.blob(blobName(blob.digest), blob)
  }
  const manifests = whole.map(descriptorOf).sort((a, b) => (a.digest < b.digest ? -1 : 1))
  const text = JSON.stringify({ schemaVersion: 2, mediaType: mediaType.ociIndex, manifests })
  const digest = digestOf(text)
  files.bytes(blobName(digest), text)
  return { [listedAt]: digest }
}

/** Whether an entry of index.json is about another one: it has a subject, and no name. */
export async function isReferrer(archive: Archive, { digest, annotations }: Descriptor): Promise<boolean> {
  const named = Object.keys(annotations ?? {}).some(
    (key) => key.endsWith('.ref.name') || key.endsWith('.name'),
  )
  if (named || archive.file(blobName(digest)) === undefined) return false
  const text = (await readBlob(archive, blobName(digest), digest, `manifest ${digest}`)).toString()
  return subjectOf(text) !== undefined
}

/** Puts those into the store that are whole, and about something that is here by now. */
export async function loadReferrers(store: ImageStore, archive: Archive, index: Index): Promise<void> {
  const record = readCatalog(store.data)
  const known = new Set<Digest>([
    ...(Object.keys(record.manifests) as Digest[]),
    ...Object.values(record.lists ?? {}).flatMap(({ digest }) => blobsOfList(store, digest)),
  ])
  const found: Record<Digest, ReferrerRecord> = {}
  const waiting = await listed(archive, index)
  // What refers to one that comes later is looked at again.
  for (let before = -1; before < Object.keys(found).length; ) {
    before = Object.keys(found).length
    for (const { digest } of waiting) {
      if (found[digest] !== undefined || archive.file(blobName(digest)) === undefined) continue
      const text = (await readBlob(archive, blobName(digest), digest, `manifest ${digest}`)).toString()
      const subject = subjectOf(text)
      const manifest = parseManifest(text, undefined, `manifest ${digest}`)
      if (manifest.kind === 'index' || subject === undefined || !known.has(subject)) continue
      const blobs = filesOf(archive, manifest)
      if (blobs === undefined) continue
      await placeBlobs(store, blobs)
      store.writeBlob(text)
      known.add(digest)
      found[digest] = { subject, mediaType: manifest.mediaType, size: Buffer.byteLength(text) }
    }
  }
  addReferrers(store, found)
}

async function listed(archive: Archive, { manifests, annotations }: Index): Promise<readonly Descriptor[]> {
  const own = annotations?.[listedAt]
  if (own !== undefined && isDigest(own) && archive.file(blobName(own)) !== undefined) {
    const text = (await readBlob(archive, blobName(own), own, `index ${own}`)).toString()
    const index = parseManifest(text, mediaType.ociIndex, `index ${own}`)
    if (index.kind === 'index') return [...index.manifests, ...manifests]
  }
  return manifests
}

/** Undefined where one is missing. */
function filesOf(archive: Archive, manifest: Manifest): Map<Digest, ArchiveFile> | undefined {
  const files = new Map<Digest, ArchiveFile>()
  for (const { digest } of blobsOf(manifest)) {
    const file = archive.file(blobName(digest))
    if (file === undefined) return undefined
    files.set(digest, file)
  }
  return files
}

function blobsOf({ config, layers }: Manifest): readonly Descriptor[] {
  return [config, ...layers]
}
