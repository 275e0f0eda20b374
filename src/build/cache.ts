/**
 * What steps have made before. A record says: this step, on these layers, made that layer; it is found by the digest of
 * everything that decides what a step writes. Records are files of their own (DATA/build/cache/HEX.json), so builds
 * beside each other need no lock; when one was last of use is the file's modification time.
 */

import { mkdirSync, readFileSync, rmSync, utimesSync } from 'node:fs'
import { errnoOf } from '../errors.ts'
import { type CacheRecord, cacheFolder, cachePath, parseCacheRecord } from '../images/build-cache.ts'
import { type LayerRecord, layerFolder } from '../images/layers.ts'
import type { ImageStore } from '../images/store.ts'
import { unpackLayer, usableLayer } from '../images/unpack.ts'
import { type Digest, hexOf } from '../oci/digest.ts'
import { writeRecord } from '../platform/files/record.ts'
import { digestOf } from '../platform/host/sha256.ts'
import { Lock } from '../platform/libc/lock.ts'
import type { CacheSource, UsedStep } from './exchange.ts'
import type { StageLayer, StageState } from './state.ts'
import { stageLayer } from './state.ts'

/** What a step is for the cache: a value that JSON can hold. Order of members counts. */
export type StepIdentity = Readonly<Record<string, unknown>>

/** The digits of the digest of a step on top of a stage. */
export function cacheKey(state: StageState, step: StepIdentity): string {
  const { platform, layers, epoch } = state
  const below = layers.map(({ diffId }) => diffId)
  return hexOf(digestOf(JSON.stringify({ version: 1, platform, epoch: epoch ?? null, below, step })))
}

export class BuildCache implements Disposable {
  /** Whether this build has made it larger. */
  grown = false
  readonly #store: ImageStore
  readonly #sources: readonly CacheSource[]
  readonly #warn: (sentence: string) => void
  /** Milliseconds of 1970: older records are as none. */
  readonly #notBefore: number
  readonly #used = new Map<string, UsedStep>()
  /** Shared locks on the layers this build stands on: nobody prunes them meanwhile. */
  readonly #held = new Map<Digest, Lock>()

  /** @param sources caches from elsewhere, looked through in their order for what is not here */
  constructor(
    store: ImageStore,
    sources: readonly CacheSource[] = [],
    warn: (sentence: string) => void = () => undefined,
    notBefore = 0,
  ) {
    this.#store = store
    this.#sources = sources
    this.#warn = warn
    this.#notBefore = notBefore
  }

  /** What this build found or added. */
  get used(): readonly UsedStep[] {
    return [...this.#used.values()]
  }

  /**
   * The layer that the step made, or undefined: never made, pruned, or damaged since. A record that leads nowhere is
   * removed, and the step then makes its layer anew. What is only elsewhere is brought here.
   */
  async find(key: string): Promise<StageLayer | undefined> {
    return (await this.#findHere(key)) ?? (await this.#fetch(key))
  }

  async #findHere(key: string): Promise<StageLayer | undefined> {
    const path = cachePath(this.#store.data, key)
    const record = readQuietly(path)
    if (record === undefined || Date.parse(record.created) < this.#notBefore) return undefined
    const layer = await this.#usable(record)
    if (layer === undefined) {
      rmSync(path, { force: true })
      return undefined
    }
    const now = new Date()
    utimesSync(path, now, now)
    return this.#use(key, record.what, stageLayer(this.#store, layer, record.blob))
  }

  /** Of a layer that is not whole any more the blob may still be. */
  async #usable({ diffId, blob }: CacheRecord): Promise<LayerRecord | undefined> {
    const { directories } = this.#store
    if (!this.#store.hasBlob(blob.digest)) return undefined
    try {
      const there = this.#hold(diffId) ? usableLayer(directories, diffId) : undefined
      if (there !== undefined) return there
      this.#release(diffId)
      const layer = await unpackLayer(directories, diffId, this.#store.blobPath(blob.digest))
      return this.#hold(diffId) ? layer : undefined
    } catch {
      return undefined
    }
  }

  /** A source that breaks is no reason to fail: the step is done here. */
  async #fetch(key: string): Promise<StageLayer | undefined> {
    for (const source of this.#sources) {
      const record = source.records.get(key)
      if (record === undefined) continue
      try {
        await source.bring(record)
        const layer = usableLayer(this.#store.directories, record.diffId)
        if (layer === undefined) continue
        const brought = stageLayer(this.#store, layer, record.blob)
        this.add(key, record.what, brought)
        return brought
      } catch (error) {
        this.#warn(
          `a layer of --cache-from cannot be used: ${error instanceof Error ? error.message : error}`,
        )
      }
    }
    return undefined
  }

  /** False for a layer that is being removed just now. */
  #hold(diffId: Digest): boolean {
    if (this.#held.has(diffId)) return true
    const lock = Lock.tryTake(`${layerFolder(this.#store.data, diffId)}.lock`, 'shared')
    if (lock !== undefined) this.#held.set(diffId, lock)
    return lock !== undefined
  }

  #release(diffId: Digest): void {
    this.#held.get(diffId)?.release()
    this.#held.delete(diffId)
  }

  /** Lets go of all layers: when the image is there. */
  [Symbol.dispose](): void {
    for (const lock of this.#held.values()) lock.release()
    this.#held.clear()
  }

  #use(key: string, what: string, layer: StageLayer): StageLayer {
    this.#used.set(key, { key, what, layer })
    return layer
  }

  /** Remembers it for builds to come. */
  add(key: string, what: string, layer: StageLayer): void {
    this.#hold(layer.diffId)
    mkdirSync(cacheFolder(this.#store.data), { recursive: true, mode: 0o700 })
    const record: CacheRecord = {
      version: 1,
      what,
      diffId: layer.diffId,
      blob: layer.blob,
      size: layer.size,
      created: new Date().toISOString(),
    }
    this.grown = true
    this.#use(key, what, layer)
    // Lost in a power cut, it is made again: no wait for the disk.
    writeRecord(cachePath(this.#store.data, key), record, { durable: false })
  }
}

/** Undefined for one that is not there, or that nobody can read: its step is done again. */
function readQuietly(path: string): CacheRecord | undefined {
  try {
    return parseCacheRecord(JSON.parse(readFileSync(path, 'utf8')))
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') rmSync(path, { force: true, recursive: true })
    return undefined
  }
}
