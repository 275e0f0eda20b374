/**
 * Changes of images.json and, after it, of oci/index.json: each under an exclusive images.lock, each durable when the
 * call returns. A damaged images.json is set aside and made again from index.json.
 */
import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { SampanError } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import { shortId } from '../oci/digest.ts'
import { checkLayerCount, parseImageConfig } from '../oci/image-config.ts'
import { defined } from '../oci/json.ts'
import type { Manifest } from '../oci/manifest.ts'
import { mediaType as mediaTypes } from '../oci/media-types.ts'
import type { Reference } from '../oci/reference.ts'
import { readRecord, writeRecord } from '../platform/files/record.ts'
import { Lock } from '../platform/libc/lock.ts'
import { readLayer } from './layers.ts'
import { prepareLayout, recordFromIndex, writeIndex } from './layout.ts'
import { keyOf } from './names.ts'
import type { ImagesRecord, ManifestRecord, NameRecord } from './record.ts'
import { noImages, parseImagesRecord } from './record.ts'
import type { ImageStore, NewImage } from './store.ts'
import { ociTwin } from './twins.ts'

/** The record as it is now; no lock. A damaged one is read from oci/index.json instead, where that is whole. */
export function readCatalog(data: string): ImagesRecord {
  try {
    return readRecord(join(data, 'images.json'), parseImagesRecord) ?? noImages
  } catch (error) {
    if (!(error instanceof SampanError) || error.kind !== 'damaged') throw error
    try {
      return recordFromIndex(data)
    } catch {
      throw error
    }
  }
}

/** images.lock, held ex by whoever changes the set of images. Makes DATA when there is none. */
export function lockCatalog(data: string): Lock {
  mkdirSync(data, { recursive: true, mode: 0o700 })
  return Lock.take(join(data, 'images.lock'), 'exclusive', { what: 'the image store', deadline: 60_000 })
}

/** Replaces the record and then the index. Call it with images.lock held, with a record read under the same lock. */
export function writeCatalog(data: string, record: ImagesRecord): void {
  setAsideDamaged(data)
  prepareLayout(data)
  writeRecord(join(data, 'images.json'), record)
  writeIndex(data, record)
}

function setAsideDamaged(data: string): void {
  const path = join(data, 'images.json')
  try {
    readRecord(path, parseImagesRecord)
  } catch (error) {
    if (!(error instanceof SampanError)) throw error
    renameSync(path, `${path}.damaged-${Date.now()}`)
  }
}

/** Changes the record under the lock; nothing is written where `edit` returns what it got. */
export function changeCatalog(data: string, edit: (record: ImagesRecord) => ImagesRecord): void {
  using _lock = lockCatalog(data)
  const before = readCatalog(data)
  const after = edit(before)
  if (after !== before) writeCatalog(data, after)
}

/** @returns the image id. See `ImageStore.add`. */
export function addImage(store: ImageStore, { manifest: digest, mediaType, names }: NewImage): Digest {
  const bytes = store.readBlob(digest)
  const manifest = store.readManifest(digest)
  const config = parseImageConfig(
    store.readBlob(manifest.config.digest).toString(),
    `configuration of ${digest}`,
  )
  checkLayerCount(config, manifest.layers.length, `image ${shortId(manifest.config.digest)}`)
  const twin = twinOf(store, mediaType, manifest)
  changeCatalog(store.data, (record) => {
    for (const blob of [digest, manifest.config.digest, ...manifest.layers.map((layer) => layer.digest)]) {
      if (!existsSync(store.blobPath(blob))) throw vanished(`blob ${blob}`)
    }
    for (const diffId of config.rootfs.diff_ids) {
      if (readLayer(store.data, diffId) === undefined) throw vanished(`layer ${diffId}`)
    }
    const known = record.manifests[digest]
    const added = known?.added ?? now()
    const entry = {
      mediaType,
      size: bytes.length,
      config: manifest.config.digest,
      added,
      ...defined({ twin }),
    }
    // A build of what is known already, and a second pull, write nothing.
    const listed = isSame(known, entry)
      ? record
      : { ...record, manifests: { ...record.manifests, [digest]: entry } }
    return withNames(listed, digest, names)
  })
  return manifest.config.digest
}

function isSame(
  known: ManifestRecord | undefined,
  { mediaType, size, config, twin }: ManifestRecord,
): boolean {
  return (
    known?.mediaType === mediaType &&
    known.size === size &&
    known.config === config &&
    known.twin?.digest === twin?.digest
  )
}

function twinOf(store: ImageStore, type: string, manifest: Manifest): ManifestRecord['twin'] {
  if (type !== mediaTypes.dockerManifest) return undefined
  const text = ociTwin(manifest)
  return { digest: store.writeBlob(text), size: Buffer.byteLength(text) }
}

export function nameImage(store: ImageStore, manifest: Digest, names: readonly Reference[]): void {
  changeCatalog(store.data, (record) => {
    if (record.manifests[manifest] === undefined) throw vanished(`manifest ${manifest}`)
    return withNames(record, manifest, names)
  })
}

export function unnameImage(store: ImageStore, names: readonly Reference[]): void {
  changeCatalog(store.data, (record) => withoutNames(record, names.map(keyOf)))
}

/** The record with these names on this manifest; the very same where they are on it already. */
export function withNames(record: ImagesRecord, manifest: Digest, names: readonly Reference[]): ImagesRecord {
  const changed: Record<string, NameRecord> = {}
  for (const name of names) {
    const key = keyOf(name)
    if (record.names[key]?.manifest !== manifest) changed[key] = { manifest, tagged: now() }
  }
  if (Object.keys(changed).length === 0) return record
  const moved = withoutLists(record, Object.keys(changed))
  return { ...moved, names: { ...record.names, ...changed } }
}

export function withoutNames(record: ImagesRecord, keys: readonly string[]): ImagesRecord {
  const kept = Object.entries(record.names).filter(([key]) => !keys.includes(key))
  return { ...withoutLists(record, keys), names: Object.fromEntries(kept) }
}

/** A name that goes or means another image has no list of platforms any more. */
function withoutLists(record: ImagesRecord, keys: readonly string[]): ImagesRecord {
  if (record.lists === undefined) return record
  const kept = Object.entries(record.lists).filter(([key]) => !keys.includes(key))
  return { ...record, lists: Object.fromEntries(kept) }
}

function vanished(what: string): SampanError {
  return new SampanError(`${what} is no longer there`, {
    hint: 'another command removed it meanwhile: try again',
    kind: 'damaged',
  })
}

function now(): string {
  return new Date().toISOString()
}
