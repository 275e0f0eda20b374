/** Taking names away, and images with their last name. */
import { errnoOf } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import { familiarName, parseReference } from '../oci/reference.ts'
import { removeInside } from '../platform/helper/inside.ts'
import type { Lock } from '../platform/libc/lock.ts'
import { lockCatalog, readCatalog, withoutNames, writeCatalog } from './catalog.ts'
import {
  detachLayer,
  leftovers,
  lockLayers,
  needsOf,
  orphans,
  removeBlobs,
  removeStalePartials,
  removeUnfinishedFiles,
} from './collect.ts'
import { findId, noSuchImage } from './names.ts'
import type { ImagesRecord } from './record.ts'
import { namesToRemove, type RemoveOptions } from './removal-rules.ts'
import type { ImageStore } from './store.ts'

export interface Removed {
  /** Familiar names. */
  readonly untagged: readonly string[]
  /** The image's id first, then layers that nothing else needs; empty when only a name went. */
  readonly deleted: readonly Digest[]
}

/**
 * Removes a name; with the last name, or by id, the image, and whatever only it needed.
 * @throws SampanError no-such-image, or conflict in Docker's words while a container or another name uses it
 */
export function removeImage(store: ImageStore, nameOrId: string, options: RemoveOptions): Removed {
  const { removed, folders } = underLock(store, nameOrId, options)
  // The slow part: nobody waits for it, and what a crash leaves is removed by the next call.
  removeInside(store.directories, [...folders, ...leftovers(store).filter((path) => !folders.includes(path))])
  return removed
}

interface Outcome {
  readonly removed: Removed
  readonly folders: readonly string[]
}

function underLock(store: ImageStore, nameOrId: string, options: RemoveOptions): Outcome {
  using _lock = lockCatalog(store.data)
  const record = readCatalog(store.data)
  const id = findId(record, nameOrId)
  if (id === undefined) throw noSuchImage(nameOrId)
  const names = namesOf(record, id)
  const gone = namesToRemove(record, id, names, nameOrId, options)
  const untagged = [...gone].sort().map((name) => familiarName(parseReference(name)))
  if (gone.length < names.length) {
    writeCatalog(store.data, withoutNames(record, gone))
    return { removed: { untagged, deleted: [] }, folders: [] }
  }
  const { deleted, folders } = deleteImage(store, withoutNames(record, gone), id, options)
  return { removed: { untagged, deleted: [id, ...deleted] }, folders }
}

function namesOf(record: ImagesRecord, id: Digest): string[] {
  return Object.keys(record.names).filter((name) => {
    const manifest = record.names[name]?.manifest
    return manifest !== undefined && record.manifests[manifest]?.config === id
  })
}

function deleteImage(
  store: ImageStore,
  record: ImagesRecord,
  id: Digest,
  options: RemoveOptions,
): { deleted: Digest[]; folders: string[] } {
  const own = new Set(
    (Object.keys(record.manifests) as Digest[]).filter((key) => record.manifests[key]?.config === id),
  )
  const after = { ...record, manifests: without(record.manifests, own) }
  const theirs = needsOf(store, record, own)
  const needed = needsOf(store, after)
  const old = orphans(store, needed)
  const blobs = [...theirs.blobs, ...old.blobs].filter((digest) => !needed.blobs.has(digest))
  const spare = [...theirs.layers, ...old.layers].filter((diffId) => !needed.layers.has(diffId))
  const locks = lockLayers(store, new Set(spare))
  try {
    const uses = options.uses()
    const unknown = uses.some(({ image }) => image === undefined)
    const kept = new Set(uses.flatMap(({ layers }) => layers))
    const doomed = unknown ? [] : Array.from(locks.keys()).filter((diffId) => !kept.has(diffId))
    writeCatalogOnFullDisk(store, after, blobs)
    const folders = doomed.flatMap((diffId) => detachLayer(store, diffId) ?? [])
    removeBlobs(store, blobs)
    removeStalePartials(store)
    removeUnfinishedFiles(store)
    return { deleted: doomed.filter((diffId) => theirs.layers.has(diffId)), folders }
  } finally {
    releaseAll(locks.values())
  }
}

/** With no byte free the new record cannot be written: the blobs go first then, which makes room for it. */
function writeCatalogOnFullDisk(store: ImageStore, record: ImagesRecord, blobs: readonly Digest[]): void {
  try {
    writeCatalog(store.data, record)
  } catch (error) {
    if (errnoOf(error) !== 'ENOSPC' && errnoOf(error) !== 'EDQUOT') throw error
    removeBlobs(store, blobs)
    writeCatalog(store.data, record)
  }
}

function without<T>(entries: Readonly<Record<Digest, T>>, keys: ReadonlySet<Digest>): Record<Digest, T> {
  return Object.fromEntries(Object.entries(entries).filter(([key]) => !keys.has(key as Digest)))
}

function releaseAll(locks: Iterable<Lock>): void {
  for (const lock of locks) lock.release()
}
