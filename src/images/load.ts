/** From an archive, as `save` of any tool wrote it, to images that can run. */
import { join } from 'node:path'
import { SampanError } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import { mediaType } from '../oci/media-types.ts'
import type { Platform } from '../oci/platform.ts'
import type { Reference } from '../oci/reference.ts'
import { temporaryName } from '../platform/files/names.ts'
import { packingOf } from '../platform/tar/inflate.ts'
import { type ArchiveFile, type ArchiveSource, openArchive } from './archive.ts'
import { IncomingBlob, linkBlob, notItsDigest, sweepLeftovers } from './archive-blob.ts'
import { type ArchivedImage, type ArchivedLayer, readContent, readIndex } from './archive-content.ts'
import { placeList, readList } from './archive-list.ts'
import { loadReferrers } from './archive-referrers.ts'
import { inParallel } from './parallel.ts'
import type { Image, ImageStore } from './store.ts'
import { unpackLayer, usableLayer } from './unpack.ts'

export interface Loaded {
  readonly image: Image
  /** The names the archive gave it: empty for one known by its id only. */
  readonly names: readonly Reference[]
}

export interface LoadOptions {
  /** Chooses among the images of an index; refuses any other. */
  readonly platform?: Platform
}

/** The layer as it is in the layout. */
interface PlacedLayer {
  readonly digest: Digest
  readonly size: number
  readonly mediaType: string
}

const parallelLayers = 3

/**
 * Loads every image of the archive, in its order. Compressed layers are kept as they are; plain ones too, since
 * compressing them would take longer than anything else here.
 * A list for several platforms that is there as a whole is kept as one.
 * @throws SampanError when it is no image archive, incomplete, or its bytes are not what its digests say
 */
export async function loadArchive(
  store: ImageStore,
  source: ArchiveSource,
  options: LoadOptions = {},
): Promise<Loaded[]> {
  sweepLeftovers(store)
  using archive = await openArchive(source, temporaryName(join(store.data, 'oci/partial/load')))
  const loaded: Loaded[] = []
  for (const image of await readContent(archive, options.platform)) {
    loaded.push({ image: await addAgain(store, image), names: image.names })
    const { listedBy, names } = image
    if (listedBy === undefined || names.length === 0 || options.platform !== undefined) continue
    const list = await readList(archive, listedBy)
    if (list !== undefined) await placeList(store, list, names)
  }
  const index = archive.file('index.json')
  if (index !== undefined) await loadReferrers(store, archive, await readIndex(archive, index))
  return loaded
}

/** An `rmi` of another image may take a layer or blob that both have, between our looking and our adding. */
async function addAgain(store: ImageStore, image: ArchivedImage): Promise<Image> {
  for (let attempt = 1; ; attempt += 1) {
    const layers = await placeLayers(store, image.layers)
    store.writeBlob(image.config.bytes)
    const made = image.manifest ?? makeManifest(image, layers)
    const manifest = store.writeBlob(made.bytes)
    try {
      return store.add({ manifest, mediaType: made.mediaType, names: image.names })
    } catch (error) {
      if (!(error instanceof SampanError) || error.kind !== 'damaged' || attempt === 3) throw error
    }
  }
}

/** All layers into layout and layers/, a few at a time, one that occurs twice once. */
async function placeLayers(store: ImageStore, layers: readonly ArchivedLayer[]): Promise<PlacedLayer[]> {
  const placed = new Map<Digest, PlacedLayer>()
  const waiting = [...new Map(layers.map((layer) => [layer.diffId, layer])).values()]
  await inParallel(waiting, parallelLayers, async (layer, ...control) => {
    placed.set(layer.diffId, await placeLayer(store, layer, ...control))
  })
  return layers.map((layer) => placed.get(layer.diffId) as PlacedLayer)
}

async function placeLayer(
  store: ImageStore,
  layer: ArchivedLayer,
  stopped: () => boolean,
  passOn: () => void,
): Promise<PlacedLayer> {
  const { file, diffId } = layer
  const type = await layerType(file)
  // Without a digest of its own in the archive, a plain layer has its diffID for one.
  const expected = layer.digest ?? (type === mediaType.ociLayer ? diffId : undefined)
  const place = (digest: Digest) => ({ digest, size: file.size, mediaType: type })
  if (file.spooled !== undefined) {
    const { path, digest } = file.spooled
    if (expected !== undefined && digest !== expected) throw notItsDigest(layer.name, expected, digest)
    linkBlob(store, path, digest)
    await unpackLayer(store.directories, diffId, path, passOn)
    return place(digest)
  }
  if (expected !== undefined && store.hasBlob(expected)) {
    if (usableLayer(store.directories, diffId) === undefined) {
      await unpackLayer(store.directories, diffId, store.blobPath(expected), passOn)
    }
    return place(expected)
  }
  using blob = new IncomingBlob(store)
  const writes = blob.tee(unless(stopped, file.chunks()))
  await unpackLayer(store.directories, diffId, { path: blob.path, writes }, passOn)
  return place(await blob.place(layer.name, expected))
}

/** The archive is closed when one of its layers failed: the others must have stopped reading it by then. */
async function* unless(
  stopped: () => boolean,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    if (stopped()) throw new SampanError('loading stopped: another layer failed')
    yield chunk
  }
}

async function layerType(file: ArchiveFile): Promise<string> {
  for await (const chunk of file.chunks()) {
    const packing = packingOf(chunk)
    if (packing === 'gzip') return mediaType.ociLayerGzip
    if (packing === 'zstd') return mediaType.ociLayerZstd
    break
  }
  return mediaType.ociLayer
}

function makeManifest(image: ArchivedImage, layers: readonly PlacedLayer[]) {
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaType.ociManifest,
    config: { mediaType: mediaType.ociConfig, digest: image.config.digest, size: image.config.bytes.length },
    layers: layers.map(({ mediaType, digest, size }) => ({ mediaType, digest, size })),
  }
  return { bytes: Buffer.from(JSON.stringify(manifest)), mediaType: mediaType.ociManifest }
}
