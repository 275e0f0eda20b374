/** Makes durable what was written to the store, without holding up who writes on. */
import { flushFileSystem } from '../platform/helper/flush.ts'
import type { Directories } from '../platform/host/directories.ts'

let running: Promise<void> = Promise.resolve()
let next: Promise<void> | undefined

/**
 * Resolves when everything that was written to the store's file system before the call is on the disk. Who asks while a
 * flush is running shares the next one with all others who do.
 */
export function flushStore(directories: Directories): Promise<void> {
  next ??= running
    .catch(() => undefined)
    .then(() => {
      next = undefined
      running = flushFileSystem(directories)
      return running
    })
  return next
}
