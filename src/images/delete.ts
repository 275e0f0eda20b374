/** Takes images out of the store, with every blob and layer that nothing else needs. Runs under images.lock ex. */
import { statSync } from 'node:fs'
import { errnoOf, SampanError } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import type { Lock } from '../platform/libc/lock.ts'
import { cacheNeeds } from './build-cache.ts'
import { writeCatalog } from './catalog.ts'
import {
  detachLayer,
  lockLayers,
  type Needs,
  needsOf,
  orphans,
  removeBlobs,
  removeStalePartials,
  removeUnfinishedFiles,
} from './collect.ts'
import { readLayer } from './layers.ts'
import { blobsOfList } from './lists.ts'
import type { ImagesRecord } from './record.ts'
import { withoutStrayReferrers } from './referrers.ts'
import type { ImageUse } from './removal-rules.ts'
import type { ImageStore } from './store.ts'

export interface DeleteOptions {
  /** Asked once the layers are locked, so that a container that is being made is seen or waits. */
  readonly uses: () => readonly ImageUse[]
  /** Says what would go, and changes nothing. */
  readonly dryRun?: boolean
}

export interface Deleted {
  /** Layers that only these images needed. */
  readonly layers: readonly Digest[]
  /** Folders that have no name any more, left to remove inside the user namespace once the lock is free. */
  readonly folders: readonly string[]
  /** Bytes on disk: layers unpacked, and blobs. */
  readonly bytes: number
}

/**
 * @param record without the names of these images
 * @param ids images to delete; none: only what interrupted pulls and removals left goes
 * @param lists indexes that lost their names
 */
export function deleteImages(
  store: ImageStore,
  record: ImagesRecord,
  ids: ReadonlySet<Digest>,
  lists: readonly Digest[],
  options: DeleteOptions,
): Deleted {
  const own = new Set(
    (Object.keys(record.manifests) as Digest[]).filter((key) =>
      ids.has(record.manifests[key]?.config as Digest),
    ),
  )
  const after = { ...record, manifests: without(record.manifests, own) }
  const { blobs, layers } = needsOf(store, record, own)
  const listed = lists.flatMap((digest) => blobsOfList(store, digest))
  const theirs = { blobs: new Set([...blobs, ...listed]), layers }
  return deleteUnneeded(store, after, theirs, own.size > 0, options)
}

/**
 * Removes what of `theirs` no image of `after`, nothing in the build cache and no container needs; and what was left long ago.
 * @param changed whether `after` is to be written
 */
export function deleteUnneeded(
  store: ImageStore,
  after: ImagesRecord,
  theirs: Needs,
  changed: boolean,
  options: DeleteOptions & { readonly cache?: Needs },
): Deleted {
  const images = needsOf(store, after)
  const cache = options.cache ?? cacheNeeds(store.data)
  const needed = {
    blobs: images.blobs.union(cache.blobs),
    layers: images.layers.union(cache.layers),
  }
  const old = orphans(store, needed)
  const blobs = [...new Set([...theirs.blobs, ...old.blobs])].filter((digest) => !needed.blobs.has(digest))
  const spare = [...theirs.layers, ...old.layers].filter((diffId) => !needed.layers.has(diffId))
  const locks = lockLayers(store, new Set(spare))
  try {
    const uses = options.uses()
    const unknown = uses.some(({ image }) => image === undefined)
    const kept = new Set(uses.flatMap(({ layers }) => layers))
    const doomed = unknown ? [] : Array.from(locks.keys()).filter((diffId) => !kept.has(diffId))
    const layers = doomed.filter((diffId) => theirs.layers.has(diffId))
    const bytes = sizeOfLayers(store, doomed) + sizeOfBlobs(store, blobs)
    if (options.dryRun) return { layers, folders: [], bytes }
    if (changed) writeCatalogOnFullDisk(store, withoutStrayReferrers(after, images.blobs), blobs)
    const folders = doomed.flatMap((diffId) => detachLayer(store, diffId) ?? [])
    removeBlobs(store, blobs)
    removeStalePartials(store)
    removeUnfinishedFiles(store)
    return { layers, folders, bytes }
  } finally {
    releaseAll(locks.values())
  }
}

/** Bytes of their regular files; one whose marker is gone or damaged counts as nothing. */
export function sizeOfLayers(store: ImageStore, layers: Iterable<Digest>): number {
  let sum = 0
  for (const diffId of layers) {
    try {
      sum += readLayer(store.data, diffId)?.size ?? 0
    } catch (error) {
      if (!(error instanceof SampanError)) throw error
    }
  }
  return sum
}

export function sizeOfBlobs(store: ImageStore, blobs: Iterable<Digest>): number {
  let sum = 0
  for (const digest of blobs) sum += statSync(store.blobPath(digest), { throwIfNoEntry: false })?.size ?? 0
  return sum
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
