/** An image made here: its configuration, and layers that are in the layout already. */
import type { Digest } from '../oci/digest.ts'
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
export function addComposed(store: ImageStore, composed: Composed): Image {
  const manifest = writeComposed(store, composed)
  return store.add({ manifest, mediaType: mediaType.ociManifest, names: composed.names })
}

/** Writes configuration and manifest, and returns the manifest's digest: for what goes out and does not stay. */
export function writeComposed(
  store: ImageStore,
  { config, layers, annotations }: Omit<Composed, 'names'>,
): Digest {
  const text = JSON.stringify(config)
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaType.ociManifest,
    config: { mediaType: mediaType.ociConfig, digest: store.writeBlob(text), size: Buffer.byteLength(text) },
    layers: layers.map(ociDescriptor),
    ...defined({ annotations }),
  }
  return store.writeBlob(JSON.stringify(manifest))
}
