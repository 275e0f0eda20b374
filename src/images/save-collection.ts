/** The files of an archive that is being saved: bytes, and blobs that are open. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { errnoOf, SampanError } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import { shortId } from '../oci/digest.ts'
import type { Descriptor } from '../oci/manifest.ts'
import type { ImageStore } from './store.ts'

/** One file of an archive: bytes, or a blob that is open. */
export interface SavedFile {
  readonly name: string
  readonly size: number
  /** Calls `write` with the bytes, piece by piece; a piece is only good during the call. Signals are heard in between. */
  copyTo(write: (piece: Uint8Array) => void): Promise<void>
}

/** Every blob is open: from here on a removal by another command takes nothing away. */
export interface SavedFiles extends Disposable {
  /** Sorted by name. */
  readonly files: readonly SavedFile[]
}

/** Disposing of it closes what was opened, and so does disposing of what `finish` returns. */
export class FileCollection implements Disposable {
  readonly #store: ImageStore
  readonly #files = new Map<string, SavedFile>()
  readonly #open = new DisposableStack()

  constructor(store: ImageStore) {
    this.#store = store
  }

  finish(): SavedFiles {
    const files = [...this.#files.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
    return { files, [Symbol.dispose]: () => this.#open.dispose() }
  }

  bytes(name: string, bytes: Uint8Array | string): void {
    const content = Buffer.from(bytes as Uint8Array)
    this.#files.set(name, { name, size: content.length, copyTo: async (write) => write(content) })
  }

  /** @throws SampanError kind 'damaged' when the blob is missing or has another size than `size` */
  blob(name: string, { digest, size }: Pick<Descriptor, 'digest' | 'size'>): void {
    if (this.#files.has(name)) return
    const fd = this.#openBlob(digest)
    this.#open.defer(() => closeSync(fd))
    const actual = fstatSync(fd).size
    if (actual !== size) throw damagedBlob(digest, `has ${actual} bytes instead of ${size}`)
    this.#files.set(name, { name, size, copyTo: (write) => copy(fd, size, digest, write) })
  }

  #openBlob(digest: Digest): number {
    try {
      return openSync(this.#store.blobPath(digest), 'r')
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') throw damagedBlob(digest, 'is missing')
      throw error
    }
  }

  [Symbol.dispose](): void {
    this.#open.dispose()
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))
const buffer = Buffer.allocUnsafeSlow(1 << 20)

async function copy(
  fd: number,
  size: number,
  digest: Digest,
  write: (piece: Uint8Array) => void,
): Promise<void> {
  for (let at = 0; at < size; ) {
    const count = readSync(fd, buffer, 0, Math.min(buffer.length, size - at), at)
    if (count === 0) throw damagedBlob(digest, 'became shorter while it was read')
    at += count
    write(buffer.subarray(0, count))
    // Signals are heard when the event loop turns: often enough for a person, seldom enough for the disk.
    if (at % (16 << 20) < count) await turn()
  }
}

function damagedBlob(digest: Digest, how: string): SampanError {
  return new SampanError(`blob ${shortId(digest)} ${how}`, {
    kind: 'damaged',
    hint: '`sampan system check --repair` fetches it again',
  })
}
