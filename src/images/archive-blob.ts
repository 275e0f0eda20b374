/** Blobs from archives: into the layout under the digest of their bytes, whole or not at all. */

import { closeSync, fsync, linkSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { errnoOf, SampanError } from '../errors.ts'
import { type Digest, digestFromHex } from '../oci/digest.ts'
import { syncFolder } from '../platform/files/folder.ts'
import { temporaryName } from '../platform/files/names.ts'
import { WriteBehind } from '../platform/files/passing.ts'
import { removeInside } from '../platform/helper/inside.ts'
import { sha256 } from '../platform/host/sha256.ts'
import { dropCache } from '../platform/libc/files.ts'
import { leftovers } from './collect.ts'
import type { ImageStore } from './store.ts'

const flush = promisify(fsync)

/**
 * Hands on the chunks of a new blob while writing them beside the layout; `place` then puts it in. Without `place`, or
 * after a failure, nothing stays.
 */
export class IncomingBlob implements Disposable {
  readonly #store: ImageStore
  /** Where the bytes are until they are in their place. */
  readonly path: string
  readonly #fd: number
  readonly #hash = sha256()
  readonly #behind: WriteBehind
  #open = true
  size = 0

  constructor(store: ImageStore) {
    this.#store = store
    this.path = temporaryName(join(store.data, 'oci/partial/archive'))
    mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 })
    this.#fd = openSync(this.path, 'wx', 0o600)
    this.#behind = new WriteBehind(this.#fd)
  }

  write(chunk: Uint8Array): void {
    this.#hash.update(chunk)
    for (let at = 0; at < chunk.length; ) at += writeSync(this.#fd, chunk, at, chunk.length - at)
    this.size += chunk.length
    this.#behind.reached(this.size)
  }

  async *tee(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      this.write(chunk)
      yield chunk
    }
  }

  /** @throws SampanError kind 'damaged' when the bytes are not those `expected`; `what` names them */
  async place(what: string, expected?: Digest): Promise<Digest> {
    const digest = digestFromHex(this.#hash.digest('hex'))
    if (expected !== undefined && digest !== expected) throw notItsDigest(what, expected, digest)
    await flush(this.#fd)
    const path = this.#store.blobPath(digest)
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    renameSync(this.path, path)
    syncFolder(dirname(path))
    dropCache(this.#fd)
    return digest
  }

  [Symbol.dispose](): void {
    if (!this.#open) return
    this.#open = false
    closeSync(this.#fd)
    rmSync(this.path, { force: true })
  }
}

/** Puts a spooled file, synced already, into the layout by a hard link. */
export function linkBlob(store: ImageStore, path: string, digest: Digest): void {
  const blob = store.blobPath(digest)
  mkdirSync(dirname(blob), { recursive: true, mode: 0o700 })
  try {
    linkSync(path, blob)
  } catch (error) {
    // The same bytes by another hand.
    if (errnoOf(error) !== 'EEXIST') throw error
  }
  syncFolder(dirname(blob))
}

export function notItsDigest(what: string, expected: Digest, actual: Digest): SampanError {
  return new SampanError(`${what} is damaged: its digest is ${actual}, not ${expected}`, {
    kind: 'damaged',
    hint: 'save the image again where it came from',
  })
}

/** Removes what killed loads and imports left: half blobs, spooled archives, half layers. Costs two listings. */
export function sweepLeftovers(store: ImageStore): void {
  for (const path of leftovers(store, 'oci/partial')) rmSync(path, { recursive: true, force: true })
  removeInside(store.directories, leftovers(store))
}
