/** Making a container's root this process's own: from then on the kernel keeps every path, link and `..` inside. */
import { closeSync, openSync } from 'node:fs'
import { SampanError } from '../../errors.ts'
import { chroot } from '../libc/files.ts'
import { SystemError } from '../libc/library.ts'
import { startTicksOf } from '../libc/process.ts'
import { listXattr } from '../libc/xattr.ts'

export interface Root {
  /** A folder, `.` for the one we are in, or /proc/PID/root of a running container's pid 1. */
  readonly path: string
  /** That process, for sure. */
  readonly process?: { readonly pid: number; readonly startTicks: number }
}

/** Nothing for the host's own root. Throws a SampanError when the process has ended. */
export function enterRoot({ path, process: owner }: Root): void {
  process.umask(0)
  if (path === '/') return
  // After the chroot a library would be looked for in the container's own files.
  listXattr('/')
  new SystemError(1, 'load the words for errors')
  const root = openSync(path, 'r')
  // Looked at after opening: then what was opened is that process's.
  if (owner !== undefined && startTicksOf(owner.pid) !== owner.startTicks) {
    throw new SampanError('the container has ended meanwhile', { hint: 'try again' })
  }
  chroot(`/proc/self/fd/${root}`)
  process.chdir('/')
  closeSync(root)
}
