/** Images where they are, in a registry, without bringing them here: what `buildx imagetools` works on. */

import type { Context } from '../cli/context.ts'
import { SampanError } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import { parseJson } from '../oci/json.ts'
import { type Descriptor, type Index, type Manifest, parseManifest } from '../oci/manifest.ts'
import { formatPlatform } from '../oci/platform.ts'
import { familiarName, fullName, parseReference, type Reference, withDefaultTag } from '../oci/reference.ts'
import { digestOf } from '../platform/host/sha256.ts'
import type { Access } from '../platform/registry/access.ts'
import type { Registry } from '../platform/registry/registry.ts'
import { openRegistry } from './registry-access.ts'

/** A manifest or an index as a registry has it. */
export interface RemoteImage {
  readonly reference: Reference
  readonly registry: Registry
  readonly descriptor: Descriptor
  readonly text: string
  readonly document: Manifest | Index
}

/** @throws SampanError (registry); `held` closes the connection */
export async function remoteImage(
  text: string,
  access: Access,
  held: DisposableStack,
  context: Context,
): Promise<RemoteImage> {
  const reference = withDefaultTag(parseReference(text))
  const registry = held.use(await openRegistry(reference, access, context))
  return await remoteManifest(registry, reference, reference.digest ?? reference.tag ?? 'latest')
}

export async function remoteManifest(
  registry: Registry,
  reference: Reference,
  which: string,
): Promise<RemoteImage> {
  const { text, contentType } = await registry.manifest(reference, which)
  const document = parseManifest(text, contentType, `manifest of ${familiarName(reference)}`)
  const size = Buffer.byteLength(text)
  const descriptor = { mediaType: document.mediaType, digest: digestOf(text), size }
  return { reference, registry, descriptor, text, document }
}

async function remoteBlob({ registry, reference }: RemoteImage, digest: Digest): Promise<Buffer> {
  const { body } = await registry.blob(reference, digest)
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  const bytes = Buffer.concat(chunks)
  if (digestOf(bytes) === digest) return bytes
  throw new SampanError(`${reference.registry} sent other bytes than blob ${digest} has`, {
    kind: 'registry',
  })
}

/** By platform; an image that is no list has its own alone. */
export async function remoteConfigs(image: RemoteImage): Promise<Record<string, unknown>> {
  const configs = await Promise.all(
    (await imagesOf(image)).map(async (one): Promise<[string, unknown]> => {
      const { config } = one.document as Manifest
      const value = parseJson((await remoteBlob(one, config.digest)).toString(), 'configuration')
      const { os, architecture, variant } = value as Record<string, string>
      return [[os, architecture, variant].filter(Boolean).join('/'), value]
    }),
  )
  return Object.fromEntries(configs)
}

/** What is attested, by platform: the predicates of in-toto statements of this type. */
export async function remoteStatements(
  { document, registry, reference }: RemoteImage,
  type: 'https://slsa.dev/provenance/' | 'https://spdx.dev/Document',
): Promise<Record<string, unknown>> {
  if (document.kind === 'manifest') return {}
  const found: Record<string, unknown> = {}
  for (const { digest, annotations } of document.manifests) {
    const subject = document.manifests.find(
      (one) => one.digest === annotations?.['vnd.docker.reference.digest'],
    )
    if (subject?.platform === undefined) continue
    const attestation = await remoteManifest(registry, reference, digest)
    if (attestation.document.kind === 'index') continue
    const layer = attestation.document.layers.find((one) =>
      one.annotations?.['in-toto.io/predicate-type']?.startsWith(type),
    )
    if (layer === undefined) continue
    const statement = parseJson((await remoteBlob(attestation, layer.digest)).toString(), 'statement')
    found[formatPlatform(subject.platform)] = (statement as { predicate: unknown }).predicate
  }
  return found
}

/** The images of a list, those that only say something about others left out. */
async function imagesOf(image: RemoteImage): Promise<RemoteImage[]> {
  const { document, registry, reference } = image
  if (document.kind === 'manifest') return [image]
  const own = document.manifests.filter(({ platform }) => platform !== undefined && platform.os !== 'unknown')
  return await Promise.all(own.map(({ digest }) => remoteManifest(registry, reference, digest)))
}

/** The members of `--format`: fetched when they are asked for. */
export async function formatted(image: RemoteImage, template: string): Promise<Record<string, unknown>> {
  const one = (values: Record<string, unknown>) =>
    image.document.kind === 'manifest' ? Object.values(values)[0] : values
  const { reference, descriptor, text } = image
  const wants = (member: string) => new RegExp(`\\.${member}\\b`).test(template)
  const nested = (values: Record<string, unknown>, member: string) => {
    const all = Object.entries(values).map(([platform, value]): [string, unknown] => [
      platform,
      { [member]: value },
    ])
    return all.length === 1 ? all[0]?.[1] : Object.fromEntries(all)
  }
  return {
    Name: fullName(reference),
    Manifest: { ...descriptor, ...(parseJson(text, 'manifest') as object) },
    ...(wants('Image') ? { Image: one(await remoteConfigs(image)) } : {}),
    ...(wants('Provenance')
      ? { Provenance: nested(await remoteStatements(image, 'https://slsa.dev/provenance/'), 'SLSA') }
      : {}),
    ...(wants('SBOM')
      ? { SBOM: nested(await remoteStatements(image, 'https://spdx.dev/Document'), 'SPDX') }
      : {}),
  }
}
