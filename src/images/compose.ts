/** An image made here: its configuration, and layers that are in the layout already. */
import type { Digest } from '../oci/digest.ts'
import type { ImageConfig } from '../oci/image-config.ts'
import { defined } from '../oci/json.ts'
import type { Descriptor } from '../oci/manifest.ts'
import { mediaType } from '../oci/media-types.ts'
import type { Reference } from '../oci/reference.ts'
import type { Image, ImageStore } from './store.ts'
import { dockerLayer, ociDescriptor } from './twins.ts'

export interface Composed {
  readonly config: ImageConfig
  /** As many as the configuration has diffIDs, in their order. */
  readonly layers: readonly Descriptor[]
  readonly names: readonly Reference[]
  /** Whose media types it has; OCI's where nobody says. */
  readonly format?: 'oci' | 'docker'
  readonly annotations?: Readonly<Record<string, string>>
}

/** Writes configuration and manifest, and adds the image. @throws SampanError kind 'damaged' when a layer has gone */
export function addComposed(store: ImageStore, composed: Composed): Image {
  const manifest = writeComposed(store, composed)
  return store.add({ manifest, mediaType: typesOf(composed).manifest, names: composed.names })
}

/** Writes configuration and manifest, and returns the manifest's digest: for what goes out and does not stay. */
export function writeComposed(store: ImageStore, composed: Omit<Composed, 'names'>): Digest {
  const { config, layers, annotations } = composed
  const types = typesOf(composed)
  const text = JSON.stringify(config)
  const manifest = {
    schemaVersion: 2,
    mediaType: types.manifest,
    config: { mediaType: types.config, digest: store.writeBlob(text), size: Buffer.byteLength(text) },
    layers: layers.map(types.layer),
    ...defined({ annotations }),
  }
  return store.writeBlob(JSON.stringify(manifest))
}

const ociTypes = { manifest: mediaType.ociManifest, config: mediaType.ociConfig, layer: ociDescriptor }

const dockerTypes = { manifest: mediaType.dockerManifest, config: mediaType.dockerConfig, layer: dockerLayer }

function typesOf({ format }: Pick<Composed, 'format'>): typeof ociTypes | typeof dockerTypes {
  return format === 'docker' ? dockerTypes : ociTypes
}
