/**
 * What may go when images go: layers and blobs that no image, and no container, needs any more. Runs under
 * images.lock ex. A pull that meant to use one of them finds out when it adds its image, and fetches it again.
 */
import { existsSync, renameSync, rmSync, statSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf, SampanError } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import { digestFromHex, hexOf } from '../oci/digest.ts'
import { parseImageConfig } from '../oci/image-config.ts'
import { listFolder } from '../platform/files/folder.ts'
import { isTemporaryName, temporaryName } from '../platform/files/names.ts'
import { Lock } from '../platform/libc/lock.ts'
import { layerFolder, readLayer } from './layers.ts'
import { blobsOfList } from './lists.ts'
import type { ImagesRecord } from './record.ts'
import { blobsOfReferrers } from './referrers.ts'
import type { ImageStore } from './store.ts'

/** An image keeps its blobs, a container the layers it stands on. */
export interface Needs {
  readonly blobs: ReadonlySet<Digest>
  readonly layers: ReadonlySet<Digest>
}

/** Younger things that nobody needs may belong to a pull that is under way. */
const settledAfter = 60 * 60 * 1000

/** A person who interrupts a download may want to go on tomorrow morning. */
const abandonedAfter = 24 * settledAfter

/** Everything the images of a record need. Blobs that cannot be read need nothing further. */
export function needsOf(store: ImageStore, record: ImagesRecord, of?: ReadonlySet<Digest>): Needs {
  const blobs = new Set<Digest>()
  const layers = new Set<Digest>()
  for (const [key, { config, twin }] of Object.entries(record.manifests)) {
    if (of !== undefined && !of.has(key as Digest)) continue
    blobs.add(key as Digest).add(config)
    if (twin !== undefined) blobs.add(twin.digest)
    tolerate(() => {
      for (const { digest } of store.readManifest(key as Digest).layers) blobs.add(digest)
    })
    tolerate(() => {
      for (const diffId of parseImageConfig(store.readBlob(config).toString(), config).rootfs.diff_ids)
        layers.add(diffId)
    })
  }
  if (of === undefined) {
    for (const { digest } of Object.values(record.lists ?? {})) {
      for (const blob of blobsOfList(store, digest)) blobs.add(blob)
    }
  }
  for (const blob of blobsOfReferrers(store, record, blobs)) blobs.add(blob)
  return { blobs, layers }
}

function tolerate(read: () => void): void {
  try {
    read()
  } catch (error) {
    if (!(error instanceof SampanError)) throw error
  }
}

/** Layers and blobs that an interrupted pull or removal left behind long enough ago. */
export function orphans(store: ImageStore, needed: Needs): Needs {
  const before = Date.now() - settledAfter
  const old = (path: string) =>
    (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Number.POSITIVE_INFINITY) < before
  const hexNames = (folder: string) => listFolder(folder).filter((name) => /^[0-9a-f]{64}$/.test(name))
  const layers = hexNames(join(store.data, 'layers')).filter((hex) => old(join(store.data, 'layers', hex)))
  const blobs = hexNames(join(store.data, 'oci/blobs/sha256')).filter((hex) =>
    old(join(store.data, 'oci/blobs/sha256', hex)),
  )
  return {
    layers: new Set(layers.map(digestFromHex).filter((digest) => !needed.layers.has(digest))),
    blobs: new Set(blobs.map(digestFromHex).filter((digest) => !needed.blobs.has(digest))),
  }
}

/**
 * Locks layers for removal. Those that a create or an unpack holds are left out: they are in use, or the next removal
 * finds them.
 */
export function lockLayers(store: ImageStore, layers: Iterable<Digest>): Map<Digest, Lock> {
  const locks = new Map<Digest, Lock>()
  if (!existsSync(join(store.data, 'layers'))) return locks
  for (const diffId of layers) {
    const lock = Lock.tryTake(`${layerFolder(store.data, diffId)}.lock`, 'exclusive')
    if (lock !== undefined) locks.set(diffId, lock)
  }
  return locks
}

/**
 * Takes a locked layer out of the store at once: its short link goes, its folder gets a name nobody looks for.
 * @returns the folder that is left to remove inside the user namespace, if there was one
 */
export function detachLayer(store: ImageStore, diffId: Digest): string | undefined {
  const folder = layerFolder(store.data, diffId)
  try {
    const record = readLayer(store.data, diffId)
    if (record !== undefined) rmSync(join(store.data, 'l', record.link), { force: true })
  } catch (error) {
    // A marker that cannot be read: the link is left dangling, which harms nobody.
    if (!(error instanceof SampanError)) throw error
  }
  const doomed = temporaryName(`${folder}.rm`)
  const existed = moveAway(folder, doomed)
  rmSync(`${folder}.lock`, { force: true })
  return existed ? doomed : undefined
}

function moveAway(from: string, to: string): boolean {
  try {
    renameSync(from, to)
    return true
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false
    throw error
  }
}

/** Folders of removals that a crash interrupted, of unpack jobs and of loads whose process has gone. */
export function leftovers(store: ImageStore, inside: 'layers' | 'oci/partial' = 'layers'): string[] {
  const folder = join(store.data, inside)
  return listFolder(folder)
    .filter((name) => isTemporaryName(name) && !isAlive(name))
    .map((name) => join(folder, name))
}

/** The pid in a temporary name: while that process lives, the folder is its own business. */
function isAlive(name: string): boolean {
  const pid = /\.tmp-(\d+)/.exec(name)?.[1]
  return pid !== undefined && existsSync(`/proc/${pid}`)
}

export function removeBlobs(store: ImageStore, blobs: Iterable<Digest>): void {
  for (const digest of blobs) {
    try {
      unlinkSync(store.blobPath(digest))
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error
    }
    removePartial(join(store.data, 'oci/partial', hexOf(digest)))
  }
}

/** Unless somebody is writing it: a pull of the same blob holds its lock. */
function removePartial(path: string): void {
  if (!existsSync(path)) return
  using lock = Lock.tryTake(path, 'exclusive')
  if (lock !== undefined) rmSync(path, { force: true })
}

/** Removes what interrupted pulls left and nobody came back for within a day. One that is being written is locked. */
export function removeStalePartials(store: ImageStore): void {
  const folder = join(store.data, 'oci/partial')
  for (const name of listFolder(folder).filter((entry) => /^[0-9a-f]{64}$/.test(entry))) {
    const path = join(folder, name)
    if ((statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > Date.now() - abandonedAfter)
      continue
    removePartial(path)
  }
}

/** Records and small blobs that a killed process was about to rename into place. */
export function unfinishedFiles(store: ImageStore): string[] {
  return ['.', 'oci', 'oci/blobs/sha256'].flatMap((folder) =>
    listFolder(join(store.data, folder))
      .filter((name) => isTemporaryName(name) && !isAlive(name))
      .map((name) => join(store.data, folder, name)),
  )
}

export function removeUnfinishedFiles(store: ImageStore): void {
  for (const path of unfinishedFiles(store)) rmSync(path, { force: true })
}
