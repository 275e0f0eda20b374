/** How many bytes of files a layer's archive makes, found without unpacking it. */
import { closeSync, openSync } from 'node:fs'
import type { Digest } from '../oci/digest.ts'
import { unpackedChunks } from '../platform/tar/filter.ts'
import { cleanName } from '../platform/tar/paths.ts'
import { TarReader } from '../platform/tar/reader.ts'
import type { ImageStore } from './store.ts'

/**
 * An entry that comes again replaces the first one: what `layer.json` counted is then more than there is on disk.
 * @returns undefined where the blob cannot be read to its end
 */
export async function bytesInBlob(store: ImageStore, blob: Digest): Promise<number | undefined> {
  const files = new Map<string, number>()
  const reader = new TarReader({
    entry({ kind, name, size }) {
      if (kind === 'file') files.set(cleanName(name), size)
      else files.delete(cleanName(name))
    },
    data() {},
    finish() {},
  })
  try {
    const fd = openSync(store.blobPath(blob), 'r')
    try {
      await unpackedChunks(fd, (chunk) => reader.write(chunk))
      reader.end()
    } finally {
      closeSync(fd)
    }
  } catch {
    // Damaged, or not there: the check of blobs tells.
    return undefined
  }
  let sum = 0
  for (const [name, size] of files) if (!/\/\.wh\.[^/]*$/.test(name)) sum += size
  return sum
}
