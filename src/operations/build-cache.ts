/** `builder du` and `builder prune`: what builds have kept, and how it goes. */
import { readdirSync, readFileSync, renameSync, statfsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type CacheMountRecord, mountsFolder } from '../build/run/cache-mount.ts'
import type { Context } from '../cli/context.ts'
import { parseSize } from '../containers/values/size.ts'
import { errnoOf } from '../errors.ts'
import { cachePath, cacheRecords } from '../images/build-cache.ts'
import { readCatalog } from '../images/catalog.ts'
import { needsOf } from '../images/collect.ts'
import { removeCached } from '../images/remove.ts'
import { ImageStore } from '../images/store.ts'
import { temporaryName } from '../platform/files/names.ts'
import { removeInside, walkInside } from '../platform/helper/inside.ts'
import { readConfig } from '../platform/host/config.ts'
import { Lock } from '../platform/libc/lock.ts'
import { type Filters, moment, parseFilters } from './filters.ts'
import { imageUses } from './image-uses.ts'

/** A step that is remembered, or the folder of a cache mount. */
export interface CacheEntry {
  readonly id: string
  /** BuildKit's words. */
  readonly type: 'regular' | 'exec.cachemount'
  /** The step, or the id of the mount. */
  readonly what: string
  /** Bytes. */
  readonly size: number
  /** Milliseconds of 1970. */
  readonly created: number
  readonly used: number
  /** Nothing else needs its files: they go with it. */
  readonly reclaimable: boolean
}

/** What was used last comes first. @throws usage for a filter that cannot be */
export function cacheUsage(filter: readonly string[], context: Context): CacheEntry[] {
  const filters = parseFilters(filter, cacheFilters)
  return [...steps(context), ...mounts(context)]
    .filter((entry) => matches(entry, filters))
    .sort((a, b) => b.used - a.used)
}

function steps({ directories }: Context): CacheEntry[] {
  const store = new ImageStore(directories)
  const records = cacheRecords(store.data)
  if (records.length === 0) return []
  const { layers } = needsOf(store, readCatalog(store.data))
  return records.flatMap(([id, { what, size, created, diffId }]) => {
    const used = statSync(cachePath(store.data, id), { throwIfNoEntry: false })?.mtimeMs
    // Pruned between the listing and now.
    if (used === undefined) return []
    const type = 'regular' as const
    return [{ id, type, what, size, created: Date.parse(created), used, reclaimable: !layers.has(diffId) }]
  })
}

function mounts({ directories }: Context): CacheEntry[] {
  const folder = mountsFolder(directories.data)
  const names = namesIn(folder)
  const walked = walkInside(
    directories,
    names.map((name) => join(folder, name, 'data')),
  )
  return names.flatMap((name, at) => {
    const path = join(folder, name, 'mount.json')
    // Damaged by hand, it is listed all the same: else nothing would ever remove it.
    const stat = look(path) ?? look(join(folder, name))
    if (stat === undefined) return []
    const { id: what, created } = readMount(path) ?? {
      id: '(its mount.json is damaged)',
      created: stat.mtime,
    }
    const size = walked[at]?.bytes ?? 0
    const type = 'exec.cachemount' as const
    const times = { created: new Date(created).getTime(), used: stat.mtimeMs }
    return [{ id: name, type, what, size, ...times, reclaimable: true }]
  })
}

const look = (path: string) => statSync(path, { throwIfNoEntry: false })

function readMount(path: string): CacheMountRecord | undefined {
  try {
    const record = JSON.parse(readFileSync(path, 'utf8')) as Partial<CacheMountRecord> | null
    const whole = typeof record?.id === 'string' && typeof record.created === 'string'
    return whole ? (record as CacheMountRecord) : undefined
  } catch {
    return undefined
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => /^[0-9a-f]{64}-\d+$/.test(name))
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}

export interface PruneCacheRequest {
  /** What images have, too. */
  readonly all: boolean
  readonly filter: readonly string[]
  /** Bytes that may stay: what was not used for longest goes first; undefined: none. */
  readonly keep: number | undefined
  /** Bytes that are to be free on the file system afterwards. */
  readonly minFree: number | undefined
  readonly dryRun: boolean
}

export interface PrunedCache {
  readonly ids: readonly string[]
  readonly bytes: number
}

export const cacheFilters = ['until', 'unused-for', 'id', 'type', 'description']

/** @throws usage for a filter that cannot be */
export function pruneCache(request: PruneCacheRequest, context: Context): PrunedCache {
  const candidates = cacheUsage(request.filter, context).filter((entry) => request.all || entry.reclaimable)
  const going = beyond(candidates, request, context)
  return remove(going, request.dryRun, context)
}

export const nothingCached: PrunedCache = { ids: [], bytes: 0 }

/** The folders that RUN --mount=type=cache has filled, and nothing else. */
export function pruneCacheMounts(dryRun: boolean, context: Context): PrunedCache {
  const filter = ['type=exec.cachemount']
  return pruneCache({ all: true, filter, keep: undefined, minFree: undefined, dryRun }, context)
}

function matches(entry: CacheEntry, filters: Filters): boolean {
  const times = [...filters.values('until'), ...filters.values('unused-for')].map(moment)
  return (
    times.every((time) => entry.used < time) &&
    filters.matches('id', (id) => entry.id.startsWith(id)) &&
    filters.matches('type', (type) => entry.type === type) &&
    filters.matches('description', (text) => entry.what.includes(text))
  )
}

/** Of what may go, newest first, that which is too much. */
function beyond(
  candidates: readonly CacheEntry[],
  { keep, minFree }: PruneCacheRequest,
  { directories }: Context,
): CacheEntry[] {
  if (keep === undefined && minFree === undefined) return [...candidates]
  const total = candidates.reduce((sum, { size }) => sum + size, 0)
  const { bavail, bsize } = statfsSync(directories.data)
  const missing = minFree === undefined ? 0 : Math.max(0, minFree - bavail * bsize)
  let tooMuch = Math.max(keep === undefined ? 0 : total - keep, missing)
  const going: CacheEntry[] = []
  for (const entry of candidates.toReversed()) {
    if (tooMuch <= 0) break
    going.push(entry)
    tooMuch -= entry.size
  }
  return going
}

function remove(going: readonly CacheEntry[], dryRun: boolean, { directories }: Context): PrunedCache {
  const keys = new Set(going.filter(({ type }) => type === 'regular').map(({ id }) => id))
  const store = new ImageStore(directories)
  const uses = () => imageUses(directories)
  const steps = keys.size === 0 ? { bytes: 0 } : removeCached(store, keys, { uses, dryRun })
  const folders = going.filter(({ id, type }) => type !== 'regular' && (dryRun || detachMount(id, store)))
  const ids = going.filter((entry) => entry.type === 'regular' || folders.includes(entry)).map(({ id }) => id)
  if (!dryRun) removeInside(directories, detached(store))
  return { ids, bytes: steps.bytes + folders.reduce((sum, { size }) => sum + size, 0) }
}

/** False while a step uses it. */
function detachMount(name: string, { data }: ImageStore): boolean {
  const folder = join(mountsFolder(data), name)
  try {
    using lock = Lock.tryTake(join(folder, 'lock'), 'exclusive')
    if (lock === undefined) return false
    renameSync(folder, temporaryName(`${folder}.rm`))
    return true
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false
    throw error
  }
}

/** Folders of cache mounts that have no name any more. */
function detached({ data }: ImageStore): string[] {
  const folder = mountsFolder(data)
  try {
    return readdirSync(folder)
      .filter((name) => name.includes('.rm.tmp-'))
      .map((name) => join(folder, name))
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}

const defaultLimit = '20g'

/** Keeps the cache as small as the configuration says: after a build that has made it larger. */
export function limitCache(context: Context): void {
  const keep = parseSize(readConfig(context.directories).buildCacheLimit ?? defaultLimit, 'buildCacheLimit')
  if (keep === 0) return
  pruneCache({ all: false, filter: [], keep, minFree: undefined, dryRun: false }, context)
}
