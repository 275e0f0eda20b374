/** Taking names away, and images with their last name: Docker's rules for who may lose what. */
import { errnoOf, SampanError } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import { shortId } from '../oci/digest.ts'
import type { Reference } from '../oci/reference.ts'
import { familiarName, fullName, parseReference, repositoryName } from '../oci/reference.ts'
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
import { findId, isIdOf, keyOf, noSuchImage } from './names.ts'
import type { ImagesRecord } from './record.ts'
import type { ImageStore } from './store.ts'

/** A container, as far as images care. */
export interface ImageUse {
  readonly container: string
  readonly running: boolean
  /** Undefined for a container whose record cannot be read: then no layer may go. */
  readonly image: Digest | undefined
  readonly layers: readonly Digest[]
}

export interface RemoveOptions {
  readonly force: boolean
  /** Asked once the layers are locked, so that a container that is being made is seen or waits. */
  readonly uses: () => readonly ImageUse[]
}

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

/** Whole names that go. All of them means that the image goes too. */
function namesToRemove(
  record: ImagesRecord,
  id: Digest,
  names: readonly string[],
  nameOrId: string,
  options: RemoveOptions,
): readonly string[] {
  const references = names.map(parseReference)
  if (isIdOf(id, record, nameOrId)) {
    const tags = references.filter(({ tag }) => tag !== undefined)
    const repositories = new Set(references.map(repositoryName))
    if (!options.force && (tags.length > 1 || repositories.size > 1)) {
      throw conflict(
        id,
        'must be forced',
        'image is referenced in multiple repositories',
        'remove its names one by one, or use --force',
      )
    }
    refuseInUse(id, options)
    return names
  }
  const key = keyOf(parseReference(nameOrId))
  const rest = references.filter((name) => fullName(name) !== key)
  if (rest.some((name) => !onlyFollows(name, key))) return goneWith(key, references)
  // The last name: the image goes with it.
  if (!options.force) refuseName(nameOrId, id, options)
  refuseInUse(id, options)
  return names
}

/** A digest of the repository whose tag goes has no life of its own. */
function onlyFollows(name: Reference, key: string): boolean {
  return name.tag === undefined && repositoryName(name) === repositoryName(parseReference(key))
}

/** The name, and the repository's digests when no tag of that repository is left. */
function goneWith(key: string, references: readonly Reference[]): string[] {
  const repository = repositoryName(parseReference(key))
  const left = references.filter((name) => fullName(name) !== key && repositoryName(name) === repository)
  return left.some(({ tag }) => tag !== undefined) ? [key] : [key, ...left.map(fullName)]
}

function refuseName(name: string, id: Digest, options: RemoveOptions): void {
  const user = options.uses().find(({ image }) => image === id)
  if (user === undefined) return
  throw new SampanError(
    `conflict: unable to remove repository reference "${name}" (must force) - container ${user.container.slice(0, 12)} is using its referenced image ${shortId(id)}`,
    { hint: `remove the container first: sampan rm ${user.container.slice(0, 12)}`, kind: 'conflict' },
  )
}

/** A running container keeps its image whatever is asked; a stopped one unless it is forced. */
function refuseInUse(id: Digest, options: RemoveOptions): void {
  for (const { container, running, image } of options.uses()) {
    if (image !== id || (!running && options.force)) continue
    const short = container.slice(0, 12)
    throw running
      ? conflict(
          id,
          'cannot be forced',
          `image is being used by running container ${short}`,
          `stop and remove it first: sampan rm -f ${short}`,
        )
      : conflict(
          id,
          'must be forced',
          `image is being used by stopped container ${short}`,
          `remove it first: sampan rm ${short}`,
        )
  }
}

function conflict(id: Digest, how: string, why: string, hint: string): SampanError {
  return new SampanError(`conflict: unable to delete ${shortId(id)} (${how}) - ${why}`, {
    hint,
    kind: 'conflict',
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
