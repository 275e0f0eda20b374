/** Who holds a file's flock, by /proc/locks (proc(5)). */
import { readFileSync, statSync } from 'node:fs'

/** Pids; none where nobody of this pid namespace holds it, or there is no such file. */
export function lockHolders(path: string): number[] {
  const file = statSync(path, { bigint: true, throwIfNoEntry: false })
  if (file === undefined) return []
  const [major, minor] = [(file.dev >> 8n) & 0xfffn, (file.dev & 0xffn) | ((file.dev >> 12n) & 0xfff00n)]
  const hex = (number: bigint) => number.toString(16).padStart(2, '0')
  const wanted = `${hex(major)}:${hex(minor)}:${file.ino}`
  // `1: FLOCK  ADVISORY  WRITE 1234 08:01:5678 0 EOF`; those who only wait have `->` before the kind.
  return readFileSync('/proc/locks', 'latin1')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, kind, , , , where]) => kind === 'FLOCK' && where === wanted)
    .map((words) => Number(words[4]))
    .filter((pid) => pid > 0)
}
