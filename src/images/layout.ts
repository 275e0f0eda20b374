/**
 * The OCI image layout around our blobs (image-layout.md): `oci-layout` and an index.json that other tools read:
 * `skopeo inspect oci:DATA/oci:docker.io/library/busybox:latest`.
 */
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { SampanError } from '../errors.ts'
import { type Digest, isDigest } from '../oci/digest.ts'
import type { Descriptor } from '../oci/manifest.ts'
import { parseManifest } from '../oci/manifest.ts'
import { mediaType } from '../oci/media-types.ts'
import { parseReference } from '../oci/reference.ts'
import { writeRecord } from '../platform/files/record.ts'
import type { ImagesRecord, ListRecord, ManifestRecord, NameRecord, ReferrerRecord } from './record.ts'

/** The specification's key for a name, ours for the time, so that images.json can be made again from index.json. */
const refName = 'org.opencontainers.image.ref.name'
const addedAt = 'sampan.added'
/** Not the specification's key: a reader that asks for the name is to find the image. */
const listName = 'sampan.list'
/** On the twin of a Docker manifest, the digest of the manifest itself. */
const twinOf = 'sampan.twin-of'
/** On what refers to another manifest, that one's digest. */
const subjectKey = 'sampan.subject'

/** Makes the folders and the version file. Idempotent. */
export function prepareLayout(data: string): void {
  const file = join(data, 'oci/oci-layout')
  if (existsSync(file)) return
  mkdirSync(join(data, 'oci/blobs/sha256'), { recursive: true, mode: 0o700 })
  writeRecord(file, { imageLayoutVersion: '1.0.0' })
}

/** Rewrites index.json from the record. Under images.lock. */
export function writeIndex(data: string, record: ImagesRecord): void {
  writeRecord(join(data, 'oci/index.json'), indexOf(record))
}

/** One entry a name, one for each manifest without any; then lists, and what refers to them and to images. */
export function indexOf(record: ImagesRecord) {
  const entry = (digest: Digest, manifest: ManifestRecord, name?: string) => ({
    mediaType: manifest.twin === undefined ? manifest.mediaType : mediaType.ociManifest,
    digest: manifest.twin?.digest ?? digest,
    size: manifest.twin?.size ?? manifest.size,
    annotations: {
      ...(name === undefined ? {} : { [refName]: name }),
      [addedAt]: manifest.added,
      ...(manifest.twin === undefined ? {} : { [twinOf]: digest }),
    },
  })
  const manifests = Object.entries(record.names).flatMap(([name, { manifest: digest }]) => {
    const manifest = record.manifests[digest]
    return manifest === undefined ? [] : [entry(digest, manifest, name)]
  })
  const named = new Set(Object.values(record.names).map(({ manifest: digest }) => digest))
  for (const digest of Object.keys(record.manifests) as Digest[]) {
    const manifest = record.manifests[digest]
    if (manifest !== undefined && !named.has(digest)) manifests.push(entry(digest, manifest))
  }
  const lists: Descriptor[] = []
  for (const [name, { digest, size, mediaType: type, changed }] of Object.entries(record.lists ?? {})) {
    lists.push({ mediaType: type, digest, size, annotations: { [listName]: name, [addedAt]: changed } })
  }
  const referrers = (Object.entries(record.referrers ?? {}) as [Digest, ReferrerRecord][]).map(
    ([digest, { subject, mediaType: type, size }]): Descriptor => ({
      mediaType: type,
      digest,
      size,
      annotations: { [subjectKey]: subject },
    }),
  )
  return {
    schemaVersion: 2,
    mediaType: mediaType.ociIndex,
    manifests: [...manifests, ...lists, ...referrers],
  }
}

/**
 * images.json made again from index.json and the manifests it lists, for when the former was damaged. Entries whose
 * manifest blob cannot be read are left out.
 * @throws SampanError when index.json is of no use either
 */
export function recordFromIndex(data: string): ImagesRecord {
  const path = join(data, 'oci/index.json')
  const index = parseManifest(readFileSync(path, 'utf8'), mediaType.ociIndex, path)
  if (index.kind !== 'index') throw new SampanError(`${path} is not an index`, { kind: 'damaged' })
  const manifests: Record<Digest, ManifestRecord> = {}
  const names: Record<string, NameRecord> = {}
  const lists: Record<string, ListRecord> = {}
  const referrers: Record<Digest, ReferrerRecord> = {}
  for (const { digest, size, annotations = {}, mediaType: type } of index.manifests) {
    const { [listName]: list, [subjectKey]: subject, [refName]: name } = annotations
    const added = annotations[addedAt] ?? new Date().toISOString()
    if (list !== undefined) lists[list] = { digest, size, mediaType: type, changed: added }
    else if (subject !== undefined && isDigest(subject))
      referrers[digest] = { subject, mediaType: type, size }
    else {
      const config = configOf(data, digest)
      if (config === undefined) continue
      const [own, manifest] = manifestOf(data, { digest, size, mediaType: type }, annotations[twinOf])
      manifests[own] = { ...manifest, config, added }
      if (name !== undefined && isName(name)) names[name] = { manifest: own, tagged: added }
    }
  }
  return { version: 1, manifests, names, ...withMembers({ lists, referrers }) }
}

/** Without those that are empty. */
function withMembers<T extends Record<string, object>>(members: T): Partial<T> {
  const kept = Object.entries(members).filter(([, value]) => Object.keys(value).length > 0)
  return Object.fromEntries(kept) as Partial<T>
}

/** Where index.json lists a twin, the manifest it is the twin of: digests that others know are of that one. */
function manifestOf(
  data: string,
  listed: Pick<Descriptor, 'digest' | 'size' | 'mediaType'>,
  twinned: string | undefined,
): [Digest, Pick<ManifestRecord, 'mediaType' | 'size' | 'twin'>] {
  const { digest, size, mediaType: type } = listed
  const stat =
    twinned !== undefined && isDigest(twinned)
      ? statSync(join(data, 'oci/blobs/sha256', twinned.slice(7)), { throwIfNoEntry: false })
      : undefined
  if (stat === undefined) return [digest, { mediaType: type, size }]
  const twin = { digest, size }
  return [twinned as Digest, { mediaType: mediaType.dockerManifest, size: stat.size, twin }]
}

function configOf(data: string, digest: Digest): Digest | undefined {
  try {
    const text = readFileSync(join(data, 'oci/blobs/sha256', digest.slice(7)), 'utf8')
    const manifest = parseManifest(text, undefined, digest)
    return manifest.kind === 'manifest' ? manifest.config.digest : undefined
  } catch {
    return undefined
  }
}

function isName(text: string): boolean {
  try {
    parseReference(text)
    return true
  } catch {
    return false
  }
}
