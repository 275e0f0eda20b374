/** Names for things that are being made, beside the place they will be renamed to. */
import { randomHex } from '../host/random.ts'

let made = 0

/**
 * A sibling of `path` that no other process or call uses: `PATH.tmp-PID-N`. The pid tells a cleaner whose it was; the
 * random part keeps two machines that share a home folder, or a reused pid, apart.
 */
export function temporaryName(path: string): string {
  made += 1
  return `${path}.tmp-${process.pid}-${made}${randomHex(3)}`
}

/** Whether a folder entry is one of ours that a crash may have left behind. */
export function isTemporaryName(name: string): boolean {
  return /\.tmp-\d+(-[0-9a-z]+)?$/.test(name)
}
