/** Layers that lie here uncompressed (imports, old archives) are compressed before they travel. */
import { createReadStream } from 'node:fs'
import { createGzip } from 'node:zlib'
import type { Digest } from '../oci/digest.ts'
import type { Descriptor } from '../oci/manifest.ts'
import { compressionOf, mediaType } from '../oci/media-types.ts'
import { type Reference, sameReference } from '../oci/reference.ts'
import { IncomingBlob, sweepLeftovers } from './archive-blob.ts'
import type { Outbound } from './push.ts'
import type { Image, ImageStore } from './store.ts'

/** Smaller ones are not worth a second manifest. */
const worthwhile = 64 << 10
const readSize = 1 << 20

/**
 * The image with all its larger layers compressed: the same id, and where there was something to compress a new
 * manifest, to which the name moves if the image has it. The same layer gives the same bytes again.
 */
export async function withCompressedLayers(
  store: ImageStore,
  image: Image,
  name: Reference,
): Promise<Outbound> {
  const digest = await compressedManifest(store, image.manifest)
  if (digest === image.manifest) return image
  const own = image.names.some((one) => sameReference(one, name))
  const { mediaType: type } = store.readManifest(digest)
  store.add({ manifest: digest, mediaType: type, names: own ? [name] : [] })
  return { manifest: digest, config: image.config }
}

/** The digest of the same manifest with its larger layers compressed; the very same where there are none. */
export async function compressedManifest(store: ImageStore, given: Digest): Promise<Digest> {
  const manifest = store.readManifest(given)
  const loose = manifest.layers.filter(isLoose)
  if (loose.length === 0) return given
  sweepLeftovers(store)
  const compressed = new Map<Digest, Descriptor>()
  for (const layer of loose) {
    if (!compressed.has(layer.digest)) compressed.set(layer.digest, await compress(store, layer))
  }
  // All members of the document stay, also those that we do not know.
  const document = JSON.parse(store.readBlob(given).toString()) as Record<string, unknown>
  const layers = manifest.layers.map((layer) => compressed.get(layer.digest) ?? layer)
  return store.writeBlob(JSON.stringify({ ...document, layers }))
}

function isLoose({ mediaType: type, size }: Descriptor): boolean {
  return size >= worthwhile && compressionOf(type) === 'none'
}

async function compress(store: ImageStore, layer: Descriptor): Promise<Descriptor> {
  using blob = new IncomingBlob(store)
  const source = createReadStream(store.blobPath(layer.digest), { highWaterMark: readSize })
  const gzip = createGzip({ level: 6, chunkSize: 256 << 10 })
  source.once('error', (error) => gzip.destroy(error))
  for await (const chunk of source.pipe(gzip)) blob.write(chunk as Uint8Array)
  const digest = await blob.place(`layer ${layer.digest}`)
  const type = layer.mediaType === mediaType.dockerLayer ? mediaType.dockerLayerGzip : mediaType.ociLayerGzip
  return { ...layer, mediaType: type, digest, size: blob.size }
}
