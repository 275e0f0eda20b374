/** A blob of the layout on its way out: read from any offset, as often as it must be sent. */
import { closeSync, openSync, readSync } from 'node:fs'
import { errnoOf, SampanError } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import type { Descriptor } from '../oci/manifest.ts'
import type { Outgoing } from '../platform/registry/upstream.ts'
import type { ImageStore } from './store.ts'

const readSize = 256 << 10

/** A blob of the layout. */
export function outgoing(store: ImageStore, { digest, size }: Descriptor): Outgoing {
  return { digest, size, read: (start, end) => readPart(store, digest, start, end) }
}

function* readPart(store: ImageStore, digest: Digest, start: number, end: number): Generator<Uint8Array> {
  const file = open(store, digest)
  try {
    for (let at = start; at < end; ) {
      // Each chunk a buffer of its own: the connection may hold on to it.
      const buffer = Buffer.allocUnsafe(Math.min(readSize, end - at))
      const count = readSync(file, buffer, 0, buffer.length, at)
      if (count === 0) throw damagedBlob(digest, 'is shorter than its manifest says')
      at += count
      yield buffer.subarray(0, count)
    }
  } finally {
    closeSync(file)
  }
}

function open(store: ImageStore, digest: Digest): number {
  try {
    return openSync(store.blobPath(digest), 'r')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') throw damagedBlob(digest, 'is missing')
    throw error
  }
}

function damagedBlob(digest: Digest, how: string): SampanError {
  return new SampanError(`blob ${digest} ${how}`, {
    hint: 'pull or load the image again, then push it',
    kind: 'damaged',
  })
}
