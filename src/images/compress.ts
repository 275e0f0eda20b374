/** Layers compressed, or compressed otherwise: before they travel, and where an archive is to be small. */
import type { Digest } from '../oci/digest.ts'
import type { Descriptor } from '../oci/manifest.ts'
import { type Compression, compressionOf } from '../oci/media-types.ts'
import type { ImageStore } from './store.ts'

/** How layers are packed. Without a word about it, those that lie here plain by gzip. */
export interface LayerPacking {
  /** What every layer is to have. */
  readonly compression?: Exclude<Compression, 'none'>
  /** Of the compressor: 1 to 9 for gzip, 1 to 22 for zstd. */
  readonly level?: number
  /** Those, too, that have the compression already. */
  readonly force?: boolean
}

/** Smaller ones are not worth a second manifest. */
const worthwhile = 64 << 10

/**
 * The digest of the same manifest with its layers packed so; the very same where there is nothing to do. The same layer
 * gives the same bytes again.
 */
export async function compressedManifest(
  store: ImageStore,
  given: Digest,
  packing: LayerPacking = {},
): Promise<Digest> {
  const manifest = store.readManifest(given)
  const wanting = manifest.layers.filter((layer) => isWanting(layer, packing))
  if (wanting.length === 0) return given
  // Compressors take 3 ms to load, and most pushes need none.
  const { compressLayer } = await import('./compress-layer.ts')
  const packed = new Map<Digest, Descriptor>()
  for (const layer of wanting) {
    if (!packed.has(layer.digest)) packed.set(layer.digest, await compressLayer(store, layer, packing))
  }
  // All members of the document stay, also those that we do not know.
  const document = JSON.parse(store.readBlob(given).toString()) as Record<string, unknown>
  const layers = manifest.layers.map((layer) => packed.get(layer.digest) ?? layer)
  return store.writeBlob(JSON.stringify({ ...document, layers }))
}

function isWanting({ mediaType: type, size }: Descriptor, { compression, force }: LayerPacking): boolean {
  const actual = compressionOf(type)
  if (force === true) return true
  return compression === undefined ? actual === 'none' && size >= worthwhile : actual !== compression
}
