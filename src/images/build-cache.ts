/** The records of the build cache, as far as images must know them: the layers and blobs they keep. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '../errors.ts'
import { type Digest, parseDigest } from '../oci/digest.ts'
import { asInteger, asObject, asString } from '../oci/json.ts'
import { type Descriptor, parseDescriptor } from '../oci/manifest.ts'
import type { Needs } from './collect.ts'

/** `DATA/build/cache/HEX.json`. */
export interface CacheRecord {
  readonly version: 1
  /** The step, for a person. */
  readonly what: string
  readonly diffId: Digest
  readonly blob: Descriptor
  /** Bytes of regular files in the layer. */
  readonly size: number
  /** RFC 3339. */
  readonly created: string
}

export function cacheFolder(data: string): string {
  return join(data, 'build/cache')
}

/** The record of a step, by the digits it is found by. */
export function cachePath(data: string, key: string): string {
  return join(cacheFolder(data), `${key}.json`)
}

/** @throws for anything else than a record of this version */
export function parseCacheRecord(value: unknown): CacheRecord {
  const record = asObject(value, 'cache record')
  if (record['version'] !== 1) throw new Error(`version ${String(record['version'])} is not known`)
  return {
    version: 1,
    what: asString(record['what'], 'what'),
    diffId: parseDigest(asString(record['diffId'], 'diffId')),
    blob: parseDescriptor(record['blob'], 'blob'),
    size: asInteger(record['size'], 'size'),
    created: asString(record['created'], 'created'),
  }
}

/** Every record that can be read, with the digits it is found by. */
export function cacheRecords(data: string): (readonly [key: string, record: CacheRecord])[] {
  const folder = cacheFolder(data)
  return namesIn(folder).flatMap((name) => {
    const key = /^([0-9a-f]{64})\.json$/.exec(name)?.[1]
    if (key === undefined) return []
    try {
      return [[key, parseCacheRecord(JSON.parse(readFileSync(join(folder, name), 'utf8')))] as const]
    } catch {
      // Pruned meanwhile, or damaged: the next build that looks for it removes it.
      return []
    }
  })
}

/** What records keep: a layer and its archive each. */
export function cacheNeeds(data: string, records = cacheRecords(data)): Needs {
  return {
    layers: new Set(records.map(([, { diffId }]) => diffId)),
    blobs: new Set(records.map(([, { blob }]) => blob.digest)),
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}
