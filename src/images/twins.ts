/**
 * One image under two names for everything in it: OCI's media types and Docker's. The shapes of the documents are the
 * same, and the blobs.
 */
import type { Descriptor, Manifest } from '../oci/manifest.ts'
import { type Compression, compressionOf, mediaType } from '../oci/media-types.ts'

/**
 * A Docker manifest as OCI's twin of it. Layout readers look for OCI's types alone, and Docker's blobs are valid under
 * them.
 */
export function ociTwin(manifest: Manifest): string {
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: mediaType.ociManifest,
    config: ociDescriptor(manifest.config),
    layers: manifest.layers.map(ociDescriptor),
  })
}

/** The same the other way: for readers that know Docker's types alone. Docker's manifests have no annotations. */
export function dockerTwin(manifest: Manifest): string {
  const { digest, size } = manifest.config
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: mediaType.dockerManifest,
    config: { mediaType: mediaType.dockerConfig, digest, size },
    layers: manifest.layers.map(dockerLayer),
  })
}

const ociTypes: Readonly<Record<string, string>> = {
  [mediaType.dockerConfig]: mediaType.ociConfig,
  [mediaType.dockerLayer]: mediaType.ociLayer,
  [mediaType.dockerLayerGzip]: mediaType.ociLayerGzip,
  [mediaType.dockerLayerZstd]: mediaType.ociLayerZstd,
}

const dockerTypes: Readonly<Record<Compression, string>> = {
  none: mediaType.dockerLayer,
  gzip: mediaType.dockerLayerGzip,
  zstd: mediaType.dockerLayerZstd,
}

/** A blob of an image under OCI's media type for it, without annotations. */
export function ociDescriptor({ mediaType: type, digest, size }: Descriptor): Descriptor {
  return { mediaType: ociTypes[type] ?? type, digest, size }
}

/** A layer under Docker's. */
export function dockerLayer({ mediaType: type, digest, size }: Descriptor): Descriptor {
  return { mediaType: dockerTypes[compressionOf(type)], digest, size }
}

/** The manifest in the types of one of the two; the very same where it has them. */
export function inFormat(manifest: Manifest, text: string, format: 'oci' | 'docker' | undefined): string {
  const docker = manifest.mediaType === mediaType.dockerManifest
  if (format === 'oci' && docker) return ociTwin(manifest)
  return format === 'docker' && !docker ? dockerTwin(manifest) : text
}
