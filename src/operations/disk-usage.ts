/** `system df`: what takes how much room, and how much of it would come back. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Context } from '../cli/context.ts'
import { isLive } from '../containers/state.ts'
import { errnoOf } from '../errors.ts'
import { ImageStore } from '../images/store.ts'
import { type ImageUsage, imagesUsage } from '../images/usage.ts'
import type { Digest } from '../oci/digest.ts'
import { walkInside } from '../platform/helper/inside.ts'
import { VolumeStore } from '../volumes/store.ts'
import { type CacheEntry, cacheUsage } from './build-cache.ts'
import { writableFolder } from './container-files.ts'
import type { Row } from './container-filters.ts'
import { parseFilters } from './filters.ts'
import { type ImageRow, imageRows } from './image-rows.ts'
import { imageUses } from './image-uses.ts'
import { matching } from './list.ts'

export interface DiskUsage {
  readonly images: readonly ImageSpace[]
  readonly containers: readonly ContainerSpace[]
  readonly volumes: readonly VolumeSpace[]
  readonly cache: readonly CacheEntry[]
  readonly totals: readonly TypeSpace[]
}

/** One line of the summary. */
export interface TypeSpace {
  readonly type: string
  readonly total: number
  readonly active: number
  /** Bytes. */
  readonly size: number
  readonly reclaimable: number
}

export interface ImageSpace {
  readonly row: ImageRow
  readonly usage: ImageUsage
  readonly containers: number
}

export interface ContainerSpace extends Row {
  /** Of the writable layer; with vfs of the whole copy. */
  readonly bytes: number
}

export interface VolumeSpace {
  readonly name: string
  /** Containers that mount it. */
  readonly links: number
  readonly size: number
}

export function diskUsage(context: Context): DiskUsage {
  const { directories } = context
  const store = new ImageStore(directories)
  const uses = imageUses(directories)
  const users = (id: Digest) => uses.filter(({ image }) => image === id).length
  const held = new Set(uses.flatMap(({ layers }) => layers))
  const usage = imagesUsage(store, new Set(uses.flatMap(({ image }) => image ?? [])), held)
  const rows = matching([], true, context)
  const walked = measure(rows, context)
  const containers = rows.map((row) => containerSpace(row, walked))
  const cache = cacheUsage([], context)
  const volumes = volumeNames(directories.data).map((name) => volumeSpace(name, rows, walked, context))
  return {
    images: imageSpaces(store, usage.images, users),
    containers,
    volumes,
    cache,
    totals: [
      {
        type: 'Images',
        total: usage.images.length,
        active: usage.images.filter(({ id }) => users(id) > 0).length,
        size: usage.bytes,
        reclaimable: usage.reclaimable,
      },
      summary(
        'Containers',
        containers,
        ({ state }) => isLive(state),
        ({ bytes }) => bytes,
      ),
      summary(
        'Local Volumes',
        volumes,
        ({ links }) => links > 0,
        ({ size }) => size,
      ),
      summary(
        'Build Cache',
        cache,
        ({ reclaimable }) => !reclaimable,
        ({ size }) => size,
      ),
    ],
  }
}

function summary<T>(
  type: string,
  items: readonly T[],
  isActive: (item: T) => boolean,
  sizeOf: (item: T) => number,
): TypeSpace {
  const sum = (of: readonly T[]) => of.reduce((bytes, item) => bytes + sizeOf(item), 0)
  const active = items.filter(isActive)
  const size = sum(items)
  return { type, total: items.length, active: active.length, size, reclaimable: size - sum(active) }
}

/** Bytes by folder, all read by one process in the user namespace. */
function measure(rows: readonly Row[], { directories }: Context): ReadonlyMap<string, number> {
  const volumes = new VolumeStore(directories)
  const folders = [
    ...rows.map(({ container }) => writableFolder(container)),
    ...volumeNames(directories.data).map((name) => volumes.mountpointOf(name)),
  ]
  return new Map(walkInside(directories, folders).map(({ path, bytes }) => [path, bytes]))
}

function containerSpace(row: Row, walked: ReadonlyMap<string, number>): ContainerSpace {
  return { ...row, bytes: walked.get(writableFolder(row.container)) ?? 0 }
}

function volumeSpace(
  name: string,
  rows: readonly Row[],
  walked: ReadonlyMap<string, number>,
  { directories }: Context,
): VolumeSpace {
  const mounts = ({ record }: Row) =>
    record.mounts.some((mount) => mount.type === 'volume' && mount.name === name)
  const size = walked.get(new VolumeStore(directories).mountpointOf(name)) ?? 0
  return { name, links: rows.filter(mounts).length, size }
}

function volumeNames(data: string): string[] {
  try {
    return readdirSync(join(data, 'volumes'))
      .filter((name) => !name.startsWith('.'))
      .sort()
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}

/** One row a name, as `images` has them. */
function imageSpaces(
  store: ImageStore,
  usages: readonly ImageUsage[],
  users: (id: Digest) => number,
): ImageSpace[] {
  // A line an image, by its first name.
  const byId = new Map(usages.map((usage) => [usage.id, usage]))
  const options = {
    filters: parseFilters([], []),
    pattern: undefined,
    digests: false,
    used: () => new Set<string>(),
  }
  return imageRows(store, options).flatMap((row) => {
    const usage = byId.get(row.image.id)
    byId.delete(row.image.id)
    // One that was removed since we measured.
    return usage === undefined ? [] : [{ row, usage, containers: users(row.image.id) }]
  })
}
