/** Image manifests and indexes (OCI image spec, manifest.md and image-index.md; Docker schema 2 alike). Pure. */
import { SampanError } from '../errors.ts'
import type { Digest } from './digest.ts'
import { parseDigest } from './digest.ts'
import type { JsonObject } from './json.ts'
import { asArray, asInteger, asObject, asString, asStringMap, defined, optional, parseJson } from './json.ts'
import { isIndex, isManifest, isSchema1, mediaType } from './media-types.ts'
import type { Platform } from './platform.ts'
import { formatPlatform, normalise, suitability } from './platform.ts'

export interface Descriptor {
  readonly mediaType: string
  readonly digest: Digest
  /** Bytes. */
  readonly size: number
  readonly annotations?: Readonly<Record<string, string>>
  readonly platform?: Platform
}

export interface Manifest {
  readonly kind: 'manifest'
  readonly mediaType: string
  readonly config: Descriptor
  /** Lowest layer first. */
  readonly layers: readonly Descriptor[]
  readonly annotations?: Readonly<Record<string, string>>
}

export interface Index {
  readonly kind: 'index'
  readonly mediaType: string
  readonly manifests: readonly Descriptor[]
  readonly annotations?: Readonly<Record<string, string>>
}

/** More layers than any file system stack here mounts, or a hostile list. */
const mostLayers = 500

/**
 * @param text the document as it was transferred
 * @param contentType what the carrier said it is; the document's own `mediaType` wins, its members decide last
 * @throws SampanError for schema 1, artifacts that are no images, and damaged documents
 */
export function parseManifest(text: string, contentType: string | undefined, what: string): Manifest | Index {
  const object = asObject(parseJson(text, what), what)
  const type = typeOf(object, contentType)
  if (isSchema1(type) || object['schemaVersion'] === 1) {
    throw new SampanError(`${what} has a schema 1 manifest, a format of 2015 that is not supported`, {
      hint: 'push the image again with any current tool, which converts it',
      kind: 'unsupported',
    })
  }
  if (isIndex(type)) return readIndex(object, type, what)
  if (isManifest(type)) return readManifest(object, type, what)
  throw new SampanError(`${what} is of type ${type}, not a container image`, { kind: 'unsupported' })
}

function typeOf(object: JsonObject, contentType: string | undefined): string {
  const own = object['mediaType']
  if (typeof own === 'string' && own !== '') return own
  const carried = contentType?.split(';')[0]?.trim()
  if (carried !== undefined && (isIndex(carried) || isManifest(carried) || isSchema1(carried))) return carried
  if (Array.isArray(object['manifests'])) return mediaType.ociIndex
  if ('config' in object && 'layers' in object) return mediaType.ociManifest
  return carried || 'unknown'
}

function readManifest(object: JsonObject, type: string, what: string): Manifest {
  const layers = asArray(object['layers'], `${what}: layers`)
  if (layers.length > mostLayers)
    throw new SampanError(`${what} has ${layers.length} layers, ${mostLayers} at most`)
  return {
    kind: 'manifest',
    mediaType: type,
    config: parseDescriptor(object['config'], `${what}: config`),
    layers: layers.map((layer, at) => parseDescriptor(layer, `${what}: layers[${at}]`)),
    ...defined({ annotations: optional(object, 'annotations', what, asStringMap) }),
  }
}

function readIndex(object: JsonObject, type: string, what: string): Index {
  const manifests = asArray(object['manifests'], `${what}: manifests`)
  return {
    kind: 'index',
    mediaType: type,
    manifests: manifests.map((one, at) => parseDescriptor(one, `${what}: manifests[${at}]`)),
    ...defined({ annotations: optional(object, 'annotations', what, asStringMap) }),
  }
}

export function parseDescriptor(value: unknown, what: string): Descriptor {
  const object = asObject(value, what)
  const size = asInteger(object['size'], `${what}.size`)
  if (size < 0) throw new SampanError(`${what}.size is negative`, { kind: 'damaged' })
  return {
    mediaType: asString(object['mediaType'] ?? '', `${what}.mediaType`),
    digest: parseDigest(asString(object['digest'], `${what}.digest`), `${what}.digest`),
    size,
    ...defined({
      annotations: optional(object, 'annotations', what, asStringMap),
      platform: optional(object, 'platform', what, readPlatform),
    }),
  }
}

function readPlatform(value: unknown, what: string): Platform {
  const object = asObject(value, what)
  const { os, architecture, variant } = object
  return normalise(
    typeof os === 'string' ? os : 'unknown',
    typeof architecture === 'string' ? architecture : 'unknown',
    typeof variant === 'string' && variant !== '' ? variant : undefined,
  )
}

/**
 * The entry of an index that suits the platform best; the first one of equals, as the specification asks. Entries
 * without a platform (indexes made by hand) suit when there is nothing better.
 * @throws SampanError listing what the image is there for
 */
export function chooseManifest(index: Index, wanted: Platform, what: string): Descriptor {
  let best: Descriptor | undefined
  let bestScore = 0
  for (const entry of index.manifests) {
    if (!isManifest(entry.mediaType) && !isIndex(entry.mediaType)) continue
    const score = entry.platform === undefined ? 1 : suitability(wanted, entry.platform)
    if (score > bestScore) {
      best = entry
      bestScore = score
    }
  }
  if (best !== undefined) return best
  const offered = index.manifests.flatMap(({ platform }) =>
    platform === undefined || platform.os === 'unknown' ? [] : [formatPlatform(platform)],
  )
  throw new SampanError(
    `no matching manifest for ${formatPlatform(wanted)} in the manifest list entries of ${what}`,
    {
      hint: offered.length > 0 ? `the image is there for: ${offered.join(', ')}` : 'the list is empty',
    },
  )
}
