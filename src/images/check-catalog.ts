/** Whether images.json and oci/index.json can be read and say the same. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { errnoOf, SampanError } from '../errors.ts'
import { type Digest, digestFromHex } from '../oci/digest.ts'
import { parseImageConfig } from '../oci/image-config.ts'
import { parseManifest } from '../oci/manifest.ts'
import { mediaType } from '../oci/media-types.ts'
import { readRecord } from '../platform/files/record.ts'
import { lockCatalog, readCatalog, writeCatalog } from './catalog.ts'
import type { Damage } from './damage.ts'
import { indexOf, recordFromIndex } from './layout.ts'
import type { ImagesRecord, ManifestRecord, ReferrerRecord } from './record.ts'
import { parseImagesRecord } from './record.ts'
import { subjectOf } from './referrers.ts'
import type { ImageStore } from './store.ts'

/** To be mended before anything else is looked at. */
export function* catalogDamage(store: ImageStore): Generator<Damage> {
  const { data } = store
  const names = problemOf(() => readRecord(join(data, 'images.json'), parseImagesRecord))
  if (names !== undefined) {
    yield { what: names, mend: () => rebuild(store) }
    return
  }
  const index = problemOf(() => compareIndex(data))
  if (index === undefined) return
  yield {
    what: index,
    mend() {
      using _lock = lockCatalog(data)
      writeCatalog(data, readCatalog(data))
      return 'written again from images.json'
    },
  }
}

function problemOf(read: () => unknown): string | undefined {
  try {
    read()
    return undefined
  } catch (error) {
    if (error instanceof SampanError) return error.message
    throw error
  }
}

/** Throws where index.json is missing or damaged, or is not what follows from images.json. */
function compareIndex(data: string): void {
  const path = join(data, 'oci/index.json')
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
    const { manifests, lists = {} } = readCatalog(data)
    if (Object.keys(manifests).length + Object.keys(lists).length === 0) return
    throw new SampanError(`${path} is missing`, { kind: 'damaged' })
  }
  parseManifest(text, mediaType.ociIndex, path)
  if (follows(data, text)) return
  // Another command may be between writing the one and the other.
  using _lock = lockCatalog(data)
  if (follows(data, readFileSync(path, 'utf8'))) return
  throw new SampanError(`${path} is not what images.json says`, { kind: 'damaged' })
}

function follows(data: string, index: string): boolean {
  return isDeepStrictEqual(JSON.parse(index), JSON.parse(JSON.stringify(indexOf(readCatalog(data)))))
}

/** From the index where that is whole; else from the manifests among the blobs, whose names are lost then. */
function rebuild(store: ImageStore): string {
  using _lock = lockCatalog(store.data)
  try {
    writeCatalog(store.data, recordFromIndex(store.data))
    return 'made again from oci/index.json'
  } catch (error) {
    if (!(error instanceof SampanError) && errnoOf(error) !== 'ENOENT') throw error
  }
  writeCatalog(store.data, recordFromBlobs(store))
  return 'made again from the manifests that are there: their names are lost, `sampan images -a` lists them'
}

function recordFromBlobs(store: ImageStore): ImagesRecord {
  const manifests: Record<Digest, ManifestRecord> = {}
  const referrers: Record<Digest, ReferrerRecord> = {}
  const added = new Date().toISOString()
  for (const hex of blobNames(store)) {
    const digest = digestFromHex(hex)
    const size = statSync(store.blobPath(digest)).size
    // Larger than any manifest: a layer.
    if (size > 4 << 20) continue
    try {
      const { mediaType: type, config } = store.readManifest(digest)
      const subject = subjectOf(store.readBlob(digest).toString())
      if (subject !== undefined && !isImage(store, config.digest))
        referrers[digest] = { subject, mediaType: type, size }
      else if (isImage(store, config.digest))
        manifests[digest] = { mediaType: type, size, config: config.digest, added }
    } catch (error) {
      if (!(error instanceof SampanError)) throw error
    }
  }
  return { version: 1, manifests, names: {}, referrers }
}

function isImage(store: ImageStore, config: Digest): boolean {
  try {
    return parseImageConfig(store.readBlob(config).toString(), config).rootfs.diff_ids.length >= 0
  } catch (error) {
    if (error instanceof SampanError) return false
    throw error
  }
}

export function blobNames(store: ImageStore): string[] {
  try {
    return readdirSync(join(store.data, 'oci/blobs/sha256')).filter((name) => /^[0-9a-f]{64}$/.test(name))
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}
