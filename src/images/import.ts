/** A root filesystem in a tar becomes an image of one layer. */
import type { ContainerDefaults, HistoryEntry } from '../oci/image-config.ts'
import { mediaType } from '../oci/media-types.ts'
import type { Platform } from '../oci/platform.ts'
import type { Reference } from '../oci/reference.ts'
import { layerBytes } from '../platform/tar/filter.ts'
import { packingOf } from '../platform/tar/inflate.ts'
import { IncomingBlob, sweepLeftovers } from './archive-blob.ts'
import type { Image, ImageStore } from './store.ts'
import { unpackNewLayer } from './unpack.ts'

export interface ImportRequest {
  readonly config: ContainerDefaults
  readonly platform: Platform
  /** For the image's history. */
  readonly comment: string
  readonly name: Reference | undefined
}

/** Bytes of a tar, compressed or not, once. */
export type ImportSource = AsyncIterable<Uint8Array>

/**
 * Stores the tar as it came (gzip and zstd stay compressed) and unpacks it in the same pass.
 * @throws SampanError when it is no tar
 */
export async function importImage(
  store: ImageStore,
  source: ImportSource,
  request: ImportRequest,
): Promise<Image> {
  sweepLeftovers(store)
  using blob = new IncomingBlob(store)
  const start = new Start()
  const layer = await unpackNewLayer(store.directories, start.watch(blob.tee(layerBytes(source))))
  const digest = await blob.place('the archive')
  const created = new Date().toISOString()
  const history: HistoryEntry[] = [{ created, comment: request.comment }]
  const { os, architecture, variant } = request.platform
  const config = store.writeBlob(
    JSON.stringify({
      created,
      architecture,
      ...(variant === undefined ? {} : { variant }),
      os,
      config: request.config,
      rootfs: { type: 'layers', diff_ids: [layer.diffId] },
      history,
    }),
  )
  const manifest = store.writeBlob(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaType.ociManifest,
      config: { mediaType: mediaType.ociConfig, digest: config, size: store.readBlob(config).length },
      layers: [{ mediaType: start.mediaType(), digest, size: blob.size }],
    }),
  )
  const names = request.name === undefined ? [] : [request.name]
  return store.add({ manifest, mediaType: mediaType.ociManifest, names })
}

/** Looks at the first bytes that pass: they tell how the layer is compressed. */
class Start {
  #bytes = Buffer.alloc(0)

  async *watch(source: ImportSource): ImportSource {
    for await (const chunk of source) {
      if (this.#bytes.length < 6) this.#bytes = Buffer.concat([this.#bytes, chunk.subarray(0, 6)])
      yield chunk
    }
  }

  mediaType(): string {
    const packing = packingOf(this.#bytes)
    if (packing === 'gzip') return mediaType.ociLayerGzip
    return packing === 'zstd' ? mediaType.ociLayerZstd : mediaType.ociLayer
  }
}
