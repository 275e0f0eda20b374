/**
 * What is attested about an image: in-toto statements, and the manifest that carries them in the image's index, as
 * BuildKit stores them (its docs/attestations/attestation-storage.md). Pure.
 */

import { type Digest, hexOf } from '../../oci/digest.ts'
import type { Descriptor } from '../../oci/manifest.ts'
import { mediaType } from '../../oci/media-types.ts'
import { formatPlatform, type Platform } from '../../oci/platform.ts'
import { familiarRepository, type Reference } from '../../oci/reference.ts'
import { digestOf } from '../../platform/host/sha256.ts'

export interface Statement {
  readonly predicateType: string
  readonly predicate: object
}

export interface AttestedImage {
  readonly manifest: Digest
  readonly platform: Platform
  readonly names: readonly Reference[]
}

/** Blobs to be stored, and how the index lists them. */
export interface AttestationManifest {
  readonly blobs: readonly string[]
  readonly descriptor: Descriptor
}

export function attestationManifest(
  image: AttestedImage,
  statements: readonly Statement[],
): AttestationManifest {
  const texts = statements.map((statement) => statementText(image, statement))
  const config = JSON.stringify({
    architecture: 'unknown',
    os: 'unknown',
    config: {},
    rootfs: { type: 'layers', diff_ids: texts.map((text) => digestOf(text)) },
  })
  const described = (type: string, text: string) => ({
    mediaType: type,
    digest: digestOf(text),
    size: Buffer.byteLength(text),
  })
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: mediaType.ociManifest,
    config: described(mediaType.ociConfig, config),
    layers: texts.map((text, at) => ({
      ...described('application/vnd.in-toto+json', text),
      annotations: { 'in-toto.io/predicate-type': statements[at]?.predicateType },
    })),
  })
  const descriptor = {
    ...described(mediaType.ociManifest, manifest),
    annotations: {
      'vnd.docker.reference.digest': image.manifest,
      'vnd.docker.reference.type': 'attestation-manifest',
    },
    platform: { architecture: 'unknown', os: 'unknown' },
  }
  return { blobs: [...texts, config, manifest], descriptor }
}

export function statementText(image: AttestedImage, { predicateType, predicate }: Statement): string {
  const subject = subjectsOf(image)
  return JSON.stringify({ _type: 'https://in-toto.io/Statement/v0.1', predicateType, subject, predicate })
}

/** The image by each of its names, as package URLs have it. */
function subjectsOf({ manifest, platform, names }: AttestedImage) {
  const digest = { sha256: hexOf(manifest) }
  if (names.length === 0) return [{ name: '_', digest }]
  return names.map((name) => ({ name: packageUrl(name, platform), digest }))
}

/** `pkg:docker/busybox@1?platform=linux%2Famd64`. */
export function packageUrl(name: Reference, platform: Platform): string {
  const version = name.tag ?? name.digest
  const at = version === undefined ? '' : `@${encodeURIComponent(version)}`
  return `pkg:docker/${familiarRepository(name)}${at}?platform=${encodeURIComponent(formatPlatform(platform))}`
}
