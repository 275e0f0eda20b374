/**
 * One blob on its way from a registry into the layout. Its bytes go to `DATA/oci/partial/HEX`, where the unpack job
 * reads them meanwhile; an interrupted download is continued by the next one, of any process. The
 * lock on the partial file makes concurrent pulls of one blob a single download.
 */

import {
  closeSync,
  constants,
  fstatSync,
  fsync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { errnoOf, SampanError } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import { hexOf } from '../oci/digest.ts'
import type { Descriptor } from '../oci/manifest.ts'
import { syncFolder } from '../platform/files/folder.ts'
import { WriteBehind } from '../platform/files/passing.ts'
import { doneWith } from '../platform/host/memory.ts'
import { sha256 } from '../platform/host/sha256.ts'
import { dropCache } from '../platform/libc/files.ts'
import { Lock } from '../platform/libc/lock.ts'
import type { ServedBlob } from '../platform/registry/registry.ts'
import { delayBefore, mostRetries, pause } from '../platform/registry/retry.ts'
import type { ImageStore } from './store.ts'

const flush = promisify(fsync)

/** An attempt that brought less than this counts as failed again; more than this starts the count anew. */
const worthwhile = 1 << 20

/** Opens the blob at an offset, see Registry.blob. */
export type OpenBlob = (offset: number) => Promise<ServedBlob>

export class Download implements Disposable {
  readonly #store: ImageStore
  readonly #blob: Descriptor
  readonly #lock: Lock
  /** Grows while `bytes` is read. */
  readonly path: string
  readonly #file: number
  #done: Promise<void> | undefined

  private constructor(store: ImageStore, blob: Descriptor, path: string, lock: Lock) {
    this.#store = store
    this.#blob = blob
    this.path = path
    this.#lock = lock
    this.#file = openSync(path, constants.O_RDWR)
    // More than the blob's size can only be damage; nobody reads it yet.
    if (fstatSync(this.#file).size > blob.size) ftruncateSync(this.#file, 0)
  }

  /**
   * Waits until no other process downloads this blob.
   * @returns undefined when the blob is complete already
   */
  static async claim(store: ImageStore, blob: Descriptor): Promise<Download | undefined> {
    if (store.hasBlob(blob.digest)) return undefined
    const path = join(store.data, 'oci/partial', hexOf(blob.digest))
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    mkdirSync(dirname(store.blobPath(blob.digest)), { recursive: true, mode: 0o700 })
    const lock = await Lock.wait(path, 'exclusive')
    if (!store.hasBlob(blob.digest)) return new Download(store, blob, path, lock)
    // Whoever held the lock finished the blob; taking it made a new, empty partial file.
    unlinkSync(path)
    lock.release()
    return undefined
  }

  /**
   * The whole blob, what an earlier attempt left first. Ends when the digest is right; only then is the blob put in
   * its place (see `finish`).
   * @param received called with the bytes there so far, often
   * @throws SampanError (registry) when length or digest are wrong (the partial file is removed), or when the
   * registry fails for good (the partial file stays)
   */
  async *bytes(open: OpenBlob, received: (bytes: number) => void): AsyncGenerator<Uint8Array, void, void> {
    const { digest, size } = this.#blob
    const hash = sha256()
    const behind = new WriteBehind(this.#file)
    let have = 0
    for (const chunk of this.#kept()) {
      hash.update(chunk)
      have += chunk.length
      yield chunk
    }
    received(have)
    for (let failures = 0, from = have; have < size; from = have) {
      try {
        const { start, body } = await open(have)
        let skip = have - start
        for await (const all of body) {
          const chunk = all.subarray(Math.min(skip, all.length))
          skip -= all.length - chunk.length
          if (have + chunk.length > size)
            throw this.#wrong(`is longer than the ${size} bytes that were announced`)
          if (chunk.length === 0) continue
          hash.update(chunk)
          this.#write(chunk, have)
          have += chunk.length
          behind.reached(have)
          received(have)
          yield chunk
          doneWith(chunk.length)
        }
        if (have < size) throw new Error(`the connection ended ${size - have} bytes early`)
      } catch (error) {
        if (error instanceof SampanError) throw error
        failures = have - from >= worthwhile ? 1 : failures + 1
        if (failures > mostRetries) throw interrupted(digest, have, size, error)
        await pause(delayBefore(failures, undefined))
      }
    }
    const actual = hash.digest('hex')
    if (actual !== hexOf(digest)) throw this.#wrong(`has digest sha256:${actual}`)
    this.#done = this.#publish()
    // The caller meets a failure in finish(); until then it must not count as unhandled.
    this.#done.catch(() => undefined)
  }

  /** Resolves when the blob is durable and has its name. Call it after the last byte was read. */
  async finish(): Promise<void> {
    await this.#done
    dropCache(this.#file)
  }

  /** Where the flush of what was written runs beside the end of unpacking. */
  async #publish(): Promise<void> {
    await flush(this.#file)
    const final = this.#store.blobPath(this.#blob.digest)
    renameSync(this.path, final)
    syncFolder(dirname(final))
  }

  /** What an earlier attempt wrote. */
  *#kept(): Generator<Uint8Array, void, void> {
    for (let at = 0; ; ) {
      const buffer = Buffer.allocUnsafe(1 << 18)
      const count = readSync(this.#file, buffer, 0, buffer.length, at)
      if (count === 0) return
      at += count
      yield buffer.subarray(0, count)
    }
  }

  #write(chunk: Uint8Array, at: number): void {
    try {
      for (let written = 0; written < chunk.length; ) {
        written += writeSync(this.#file, chunk, written, chunk.length - written, at + written)
      }
    } catch (error) {
      const code = errnoOf(error)
      if (code !== 'ENOSPC' && code !== 'EDQUOT')
        throw new SampanError(`cannot write ${this.path}: ${code}`, { cause: error })
      throw new SampanError(`no space left for ${this.path}`, {
        hint: '`sampan rmi` frees space; the next pull goes on where this one stopped',
        cause: error,
      })
    }
  }

  #wrong(how: string): SampanError {
    unlinkSync(this.path)
    return new SampanError(
      `blob ${this.#blob.digest} ${how}: the registry, or something on the way, changed it`,
      {
        hint: 'nothing of it was kept; try again, or ask another registry',
        kind: 'registry',
      },
    )
  }

  /** Gives up the claim; a partial file stays for the next one. After `finish` was awaited. */
  [Symbol.dispose](): void {
    closeSync(this.#file)
    this.#lock.release()
  }
}

/** The error for a blob whose connection broke too often. */
export function interrupted(digest: Digest, have: number, size: number, cause: unknown): SampanError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new SampanError(`download of ${digest} broke off at ${have} of ${size} bytes: ${why}`, {
    hint: 'run the command again: it goes on where this one stopped',
    kind: 'registry',
    cause,
  })
}
