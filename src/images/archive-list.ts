/** Lists for several platforms in archives: kept as a whole where the archive has all of it. */
import type { Digest } from '../oci/digest.ts'
import type { Descriptor } from '../oci/manifest.ts'
import { parseManifest } from '../oci/manifest.ts'
import type { Reference } from '../oci/reference.ts'
import type { Archive, ArchiveFile } from './archive.ts'
import { IncomingBlob } from './archive-blob.ts'
import { blobName, readBlob } from './archive-read.ts'
import { putList } from './lists.ts'
import type { ImageStore } from './store.ts'

export interface ArchivedList {
  readonly text: string
  readonly mediaType: string
  /** Manifests and indexes below it, read and compared with their digests. */
  readonly documents: readonly Buffer[]
  readonly blobs: ReadonlyMap<Digest, ArchiveFile>
}

const mostManifests = 500

/** Undefined for a single image, and for an index of which some platforms were not saved. */
export async function readList(archive: Archive, top: Descriptor): Promise<ArchivedList | undefined> {
  const documents: Buffer[] = []
  const blobs = new Map<Digest, ArchiveFile>()
  let index: { text: string; mediaType: string } | undefined
  for (const waiting = [top]; waiting.length > 0; ) {
    const { digest, mediaType } = waiting.shift() as Descriptor
    const name = blobName(digest)
    if (archive.file(name) === undefined || documents.length === mostManifests) return undefined
    const what = `manifest ${digest} of ${archive.title}`
    const bytes = await readBlob(archive, name, digest, what)
    const parsed = parseManifest(bytes.toString(), mediaType, what)
    if (digest === top.digest) {
      if (parsed.kind === 'manifest') return undefined
      index = { text: bytes.toString(), mediaType: parsed.mediaType }
    } else documents.push(bytes)
    if (parsed.kind === 'index') {
      waiting.push(...parsed.manifests)
      continue
    }
    for (const blob of [parsed.config, ...parsed.layers]) {
      const file = archive.file(blobName(blob.digest))
      if (file === undefined) return undefined
      blobs.set(blob.digest, file)
    }
  }
  return index === undefined ? undefined : { ...index, documents, blobs }
}

/** Puts all of it into the layout, and the index under the names. */
export async function placeList(
  store: ImageStore,
  { text, mediaType, documents, blobs }: ArchivedList,
  names: readonly Reference[],
): Promise<void> {
  await placeBlobs(store, blobs)
  for (const document of documents) store.writeBlob(document)
  for (const name of names) putList(store, name, text, mediaType)
}

/** Puts blobs into the layout that are not there yet. @throws SampanError kind 'damaged' for other bytes than expected */
export async function placeBlobs(store: ImageStore, blobs: ReadonlyMap<Digest, ArchiveFile>): Promise<void> {
  for (const [digest, file] of blobs) {
    if (store.hasBlob(digest)) continue
    using blob = new IncomingBlob(store)
    for await (const chunk of file.chunks()) blob.write(chunk)
    await blob.place(`blob ${digest}`, digest)
  }
}
