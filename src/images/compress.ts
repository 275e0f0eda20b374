/** Layers compressed, or compressed otherwise: before they travel, and where an archive is to be small. */
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { constants, createGunzip, createGzip, createZstdCompress, createZstdDecompress } from 'node:zlib'
import type { Digest } from '../oci/digest.ts'
import type { Descriptor } from '../oci/manifest.ts'
import { type Compression, compressionOf, mediaType } from '../oci/media-types.ts'
import { IncomingBlob, sweepLeftovers } from './archive-blob.ts'
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
const readSize = 1 << 20
const chunkSize = 256 << 10

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
  sweepLeftovers(store)
  const packed = new Map<Digest, Descriptor>()
  for (const layer of wanting) {
    if (!packed.has(layer.digest)) packed.set(layer.digest, await compress(store, layer, packing))
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

const decompressors = { gzip: createGunzip, zstd: createZstdDecompress }

async function compress(
  store: ImageStore,
  layer: Descriptor,
  { compression = 'gzip', level }: LayerPacking,
): Promise<Descriptor> {
  using blob = new IncomingBlob(store)
  const before = compressionOf(layer.mediaType)
  const engines = [
    ...(before === 'none' ? [] : [decompressors[before]({ chunkSize })]),
    compressor(compression, level),
  ]
  const source = createReadStream(store.blobPath(layer.digest), { highWaterMark: readSize })
  await pipeline([
    source,
    ...engines,
    async (chunks: AsyncIterable<Uint8Array>) => {
      for await (const chunk of chunks) blob.write(chunk)
    },
  ])
  const digest = await blob.place(`layer ${layer.digest}`)
  return { ...layer, mediaType: typeFor(layer.mediaType, compression), digest, size: blob.size }
}

function compressor(compression: Exclude<Compression, 'none'>, level: number | undefined) {
  if (compression === 'gzip') return createGzip({ level: level ?? 6, chunkSize })
  return createZstdCompress({ chunkSize, params: { [constants.ZSTD_c_compressionLevel]: level ?? 3 } })
}

const types = {
  oci: { gzip: mediaType.ociLayerGzip, zstd: mediaType.ociLayerZstd },
  docker: { gzip: mediaType.dockerLayerGzip, zstd: mediaType.dockerLayerZstd },
}

function typeFor(before: string, compression: Exclude<Compression, 'none'>): string {
  return types[before.includes('vnd.docker') ? 'docker' : 'oci'][compression]
}
