/** One layer's blob, compressed or compressed otherwise, becomes another blob beside it. */
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { constants, createGunzip, createGzip, createZstdCompress, createZstdDecompress } from 'node:zlib'
import type { Descriptor } from '../oci/manifest.ts'
import { type Compression, compressionOf, mediaType } from '../oci/media-types.ts'
import { IncomingBlob, sweepLeftovers } from './archive-blob.ts'
import type { LayerPacking } from './compress.ts'
import type { ImageStore } from './store.ts'

const readSize = 1 << 20
const chunkSize = 256 << 10

const decompressors = { gzip: createGunzip, zstd: createZstdDecompress }

export async function compressLayer(
  store: ImageStore,
  layer: Descriptor,
  { compression = 'gzip', level }: LayerPacking,
): Promise<Descriptor> {
  sweepLeftovers(store)
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
