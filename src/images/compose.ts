/** An image made here: its configuration, and layers that are in the layout already. */
import type { ImageConfig } from '../oci/image-config.ts'
import { defined } from '../oci/json.ts'
import type { Descriptor } from '../oci/manifest.ts'
import { mediaType } from '../oci/media-types.ts'
import type { Reference } from '../oci/reference.ts'
import { ociDescriptor } from './layout.ts'
import type { Image, ImageStore } from './store.ts'

export interface Composed {
  readonly config: ImageConfig
  /** As many as the configuration has diffIDs, in their order. */
  readonly layers: readonly Descriptor[]
  readonly names: readonly Reference[]
  readonly annotations?: Readonly<Record<string, string>>
}

/** Writes configuration and manifest, and adds the image. @throws SampanError kind 'damaged' when a layer has gone */
export function addComposed(store: ImageStore, { config, layers, names, annotations }: Composed): Image {
  const text = JSON.stringify(config)
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaType.ociManifest,
    config: { mediaType: mediaType.ociConfig, digest: store.writeBlob(text), size: Buffer.byteLength(text) },
    layers: layers.map(ociDescriptor),
    ...defined({ annotations }),
  }
  const digest = store.writeBlob(JSON.stringify(manifest))
  return store.add({ manifest: digest, mediaType: mediaType.ociManifest, names })
}
