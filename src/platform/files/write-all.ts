/** Bytes to a descriptor that may be a pipe. */
import { writeSync } from 'node:fs'
import { errnoOf, SampanError } from '../../errors.ts'

/**
 * Writes all of it, waiting where a non-blocking pipe is full. `what` names the other end.
 * @throws SampanError where nobody reads any more, or the disk is full
 */
export function writeAll(fd: number, bytes: Uint8Array, what: string): void {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at, bytes.length - at)
    } catch (error) {
      const code = errnoOf(error)
      if (code === 'EAGAIN') {
        Bun.sleepSync(2)
        continue
      }
      if (code === 'EPIPE') throw new SampanError(`write ${what}: broken pipe`, { cause: error })
      if (code !== 'ENOSPC' && code !== 'EDQUOT') throw error
      throw new SampanError(`write ${what}: no space left on device`, { cause: error })
    }
  }
}
