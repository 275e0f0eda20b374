/** Taking names away, and images with their last name; and all images at once that nobody wants any more. */
import { rmSync } from 'node:fs'
import type { Digest } from '../oci/digest.ts'
import { familiarName, parseReference } from '../oci/reference.ts'
import { removeInside } from '../platform/helper/inside.ts'
import { Lock } from '../platform/libc/lock.ts'
import { cacheNeeds, cachePath, cacheRecords } from './build-cache.ts'
import { lockCatalog, readCatalog, withoutNames, writeCatalog } from './catalog.ts'
import { leftovers } from './collect.ts'
import { type DeleteOptions, deleteImages, deleteUnneeded } from './delete.ts'
import { type LayerRecord, layerFolder, readLayer } from './layers.ts'
import { findId, noSuchImage } from './names.ts'
import type { ImagesRecord } from './record.ts'
import { namesToRemove, type RemoveOptions } from './removal-rules.ts'
import type { Image, ImageStore } from './store.ts'
import { StoredImage } from './stored-image.ts'

export interface Removed {
  /** Familiar names. */
  readonly untagged: readonly string[]
  /** Ids of images first, then layers that nothing else needs; empty when only a name went. */
  readonly deleted: readonly Digest[]
  /** Bytes on disk. */
  readonly bytes: number
}

/**
 * Removes a name; with the last name, or by id, the image, and whatever only it needed.
 * @throws SampanError no-such-image, or conflict in Docker's words while a container or another name uses it
 */
export function removeImage(
  store: ImageStore,
  nameOrId: string,
  options: RemoveOptions & Pick<DeleteOptions, 'dryRun'>,
): Removed {
  return underLock(store, options, (record) => {
    const id = findId(record, nameOrId)
    if (id === undefined) throw noSuchImage(nameOrId)
    const names = namesOf(record, id)
    const gone = namesToRemove(record, id, names, nameOrId, options)
    const after = withoutNames(record, gone)
    if (gone.length === names.length) return { gone, after, ids: new Set([id]) }
    if (!options.dryRun) writeCatalog(store.data, after)
    return { gone, after, ids: undefined }
  })
}

/**
 * Removes every image that no container uses and that `unwanted` points out, in one step: none of them can be given a
 * name or a container in between. Also what interrupted pulls left, where it has settled.
 */
export function pruneImages(
  store: ImageStore,
  unwanted: (image: Image) => boolean,
  options: DeleteOptions,
): Removed {
  return underLock(store, options, (record) => {
    const used = new Set(options.uses().map(({ image }) => image))
    const ids = new Set<Digest>()
    // A container that cannot be read may stand on any of them.
    for (const id of used.has(undefined) ? [] : idsOf(record)) {
      const manifests = (Object.keys(record.manifests) as Digest[]).filter(
        (manifest) => record.manifests[manifest]?.config === id,
      )
      if (!used.has(id) && unwanted(new StoredImage(store, record, id, manifests))) ids.add(id)
    }
    const gone = [...ids].flatMap((id) => namesOf(record, id))
    return { gone, after: withoutNames(record, gone), ids }
  })
}

/**
 * Removes records of the build cache, and what only they kept.
 * @param keys the digits they are found by
 */
export function removeCached(
  store: ImageStore,
  keys: ReadonlySet<string>,
  options: DeleteOptions,
): { readonly bytes: number } {
  const { bytes, folders } = (() => {
    using _lock = lockCatalog(store.data)
    const records = cacheRecords(store.data)
    const going = records.filter(([key, { diffId }]) => keys.has(key) && !isHeld(store, diffId))
    const staying = records.filter((record) => !going.includes(record))
    if (!options.dryRun) for (const [key] of going) rmSync(cachePath(store.data, key), { force: true })
    return deleteUnneeded(store, readCatalog(store.data), cacheNeeds(store.data, going), false, {
      ...options,
      cache: cacheNeeds(store.data, staying),
    })
  })()
  removeInside(store.directories, folders)
  return { bytes }
}

/** Whether a build stands on the layer just now: its record stays for the next time. */
function isHeld(store: ImageStore, diffId: Digest): boolean {
  if (readLayerQuietly(store, diffId) === undefined) return false
  using lock = Lock.tryTake(`${layerFolder(store.data, diffId)}.lock`, 'exclusive')
  return lock === undefined
}

/** A damaged one is nobody's. */
function readLayerQuietly(store: ImageStore, diffId: Digest): LayerRecord | undefined {
  try {
    return readLayer(store.data, diffId)
  } catch {
    return undefined
  }
}

interface Plan {
  /** Whole names. */
  readonly gone: readonly string[]
  /** The record without them. */
  readonly after: ImagesRecord
  /** Images that go; undefined: none, and nothing else either. */
  readonly ids: ReadonlySet<Digest> | undefined
}

function underLock(store: ImageStore, options: DeleteOptions, plan: (record: ImagesRecord) => Plan): Removed {
  const { removed, folders } = (() => {
    using _lock = lockCatalog(store.data)
    const before = readCatalog(store.data)
    const { gone, after, ids } = plan(before)
    const untagged = [...gone].sort().map((name) => familiarName(parseReference(name)))
    if (ids === undefined) return { removed: { untagged, deleted: [], bytes: 0 }, folders: [] }
    const { layers, folders, bytes } = deleteImages(store, after, ids, listsGone(before, after), options)
    return { removed: { untagged, deleted: [...ids, ...layers], bytes }, folders }
  })()
  if (options.dryRun) return removed
  // The slow part: nobody waits for it, and what a crash leaves is removed by the next call.
  removeInside(store.directories, [...folders, ...leftovers(store).filter((path) => !folders.includes(path))])
  return removed
}

/** Indexes that had a name before. */
function listsGone(before: ImagesRecord, after: ImagesRecord): Digest[] {
  const left = Object.keys(after.lists ?? {})
  return Object.entries(before.lists ?? {}).flatMap(([name, { digest }]) =>
    left.includes(name) ? [] : [digest],
  )
}

function idsOf(record: ImagesRecord): Set<Digest> {
  return new Set(Object.values(record.manifests).map(({ config }) => config))
}

function namesOf(record: ImagesRecord, id: Digest): string[] {
  return Object.keys(record.names).filter((name) => {
    const manifest = record.names[name]?.manifest
    return manifest !== undefined && record.manifests[manifest]?.config === id
  })
}
