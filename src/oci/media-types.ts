/** The media types of images (OCI image spec, media-types.md) and of Docker's schema 2, which has the same shapes. */
import { SampanError } from '../errors.ts'

export const mediaType = {
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociConfig: 'application/vnd.oci.image.config.v1+json',
  ociLayer: 'application/vnd.oci.image.layer.v1.tar',
  ociLayerGzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  ociLayerZstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerConfig: 'application/vnd.docker.container.image.v1+json',
  dockerLayer: 'application/vnd.docker.image.rootfs.diff.tar',
  dockerLayerGzip: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  dockerLayerZstd: 'application/vnd.docker.image.rootfs.diff.tar.zstd',
} as const

/** What we ask a registry for, the richest first. */
export const manifestTypes: readonly string[] = [
  mediaType.ociIndex,
  mediaType.dockerList,
  mediaType.ociManifest,
  mediaType.dockerManifest,
]

export type Compression = 'none' | 'gzip' | 'zstd'

const layerCompression: Readonly<Record<string, Compression>> = {
  [mediaType.ociLayer]: 'none',
  [mediaType.ociLayerGzip]: 'gzip',
  [mediaType.ociLayerZstd]: 'zstd',
  [mediaType.dockerLayer]: 'none',
  [mediaType.dockerLayerGzip]: 'gzip',
  [mediaType.dockerLayerZstd]: 'zstd',
}

export function isIndex(type: string): boolean {
  return type === mediaType.ociIndex || type === mediaType.dockerList
}

export function isManifest(type: string): boolean {
  return type === mediaType.ociManifest || type === mediaType.dockerManifest
}

/** Docker's manifests of 2015, which hold no digest of the configuration. */
export function isSchema1(type: string): boolean {
  return /^application\/vnd\.docker\.distribution\.manifest\.v1\+(json|prettyjws)$/.test(type)
}

/**
 * How a layer of this media type is compressed.
 * @throws SampanError for layers that may not be distributed (Windows base layers) and for types that are no layers.
 */
export function compressionOf(type: string): Compression {
  const known = Object.hasOwn(layerCompression, type) ? layerCompression[type] : undefined
  if (known !== undefined) return known
  if (/\.nondistributable\.|\.foreign\./.test(type)) {
    throw new SampanError('the image has a foreign layer that registries may not distribute', {
      hint: 'such layers belong to Windows images, which cannot run here',
      kind: 'unsupported',
    })
  }
  throw new SampanError(`layers of type ${type} are not supported`, {
    hint: 'this is not a container image, or it was made by a tool with layer types of its own',
    kind: 'unsupported',
  })
}
