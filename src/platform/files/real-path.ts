/** realpath(3) by reading links alone: the runtime's asks /proc, which after a chroot is another one's. */
import { lstatSync, readlinkSync } from 'node:fs'
import { SampanError } from '../../errors.ts'

/** As many as the kernel follows. */
const MOST_LINKS = 40

/** @param path absolute. Throws the system error of a part that is not there. */
export function realPath(path: string): string {
  let pending = path.split('/')
  let done = ''
  let links = 0
  while (pending.length > 0) {
    const [part = '', ...rest] = pending
    pending = rest
    if (part === '' || part === '.') continue
    if (part === '..') {
      done = done.slice(0, Math.max(0, done.lastIndexOf('/')))
      continue
    }
    const next = `${done}/${part}`
    if (!lstatSync(next).isSymbolicLink()) {
      done = next
      continue
    }
    links += 1
    if (links > MOST_LINKS) throw new SampanError(`${path}: too many levels of symbolic links`)
    const target = readlinkSync(next)
    if (target.startsWith('/')) done = ''
    pending = [...target.split('/'), ...pending]
  }
  return done || '/'
}
