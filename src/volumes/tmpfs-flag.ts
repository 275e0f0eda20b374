/** `--tmpfs`, and the sizes and modes that `--mount type=tmpfs` writes the same way. Pure. */
import { totalmem } from 'node:os'
import { usage } from '../errors.ts'
import type { TmpfsMount } from './mounts.ts'
import { checkDestination } from './paths.ts'

/** What docker gives a tmpfs that asks for nothing. */
const TMPFS_DEFAULTS = ['noexec', 'nosuid', 'nodev']
const TMPFS_WORDS: Readonly<Record<string, string>> = {
  exec: 'noexec', suid: 'nosuid', dev: 'nodev', noexec: 'noexec', nosuid: 'nosuid', nodev: 'nodev',
} // biome-ignore format: a table
const OTHER_TMPFS_WORDS =
  /^(noatime|relatime|nodiratime|strictatime|sync|async|dirsync|(uid|gid|nr_inodes|nr_blocks)=\d+[kmg]?)$/

/** `/run` or `/run:rw,exec,size=64m,mode=1777`. */
export function parseTmpfsFlag(given: string): TmpfsMount {
  const colon = given.indexOf(':')
  const destination = checkDestination(colon < 0 ? given : given.slice(0, colon), given)
  const words: string[] = []
  let readOnly = false
  let size = 0
  let mode = 0o1777
  for (const word of colon < 0 ? [] : given.slice(colon + 1).split(',')) {
    if (word in TMPFS_WORDS || word === 'tmpcopyup' || OTHER_TMPFS_WORDS.test(word)) words.push(word)
    else if (word === 'ro') readOnly = true
    else if (word.startsWith('size=')) size = tmpfsSize(word.slice(5), given)
    else if (word.startsWith('mode=')) mode = tmpfsMode(word.slice(5), given)
    else if (!['', 'rw', 'notmpcopyup', 'rprivate', 'private'].includes(word)) {
      throw usage(
        `invalid tmpfs option "${word}" in "${given}"`,
        'size=64m, mode=1777, uid=, gid=, ro, exec, suid, dev',
      )
    }
  }
  return { type: 'tmpfs', destination, readOnly, size, mode, options: tmpfsOptions(words), from: 'tmpfs' }
}

/** The defaults, and what the words add to them or take away. */
export function tmpfsOptions(words: readonly string[]): string[] {
  const options = new Set(TMPFS_DEFAULTS)
  for (const word of words) {
    const negative = TMPFS_WORDS[word]
    if (negative !== undefined && negative !== word) options.delete(negative)
    else if (negative !== undefined || word === 'tmpcopyup' || OTHER_TMPFS_WORDS.test(word)) options.add(word)
  }
  return [...options]
}

export function tmpfsSize(text: string, given: string): number {
  const match = /^(\d+)([kmg]?)b?$/i.exec(text)
  const share = /^(\d+)%$/.exec(text)
  if (share !== null && Number(share[1]) <= 100) return Math.floor((totalmem() * Number(share[1])) / 100)
  if (match === null)
    throw usage(
      `invalid tmpfs size "${text}" in "${given}"`,
      'a number and k, m or g, or a share of memory: 10%',
    )
  return Number(match[1]) * 1024 ** ['', 'k', 'm', 'g'].indexOf((match[2] ?? '').toLowerCase())
}

export function tmpfsMode(text: string, given: string): number {
  if (!/^0?[0-7]{1,4}$/.test(text))
    throw usage(`invalid tmpfs mode "${text}" in "${given}"`, 'octal, e.g. 1777')
  return Number.parseInt(text, 8)
}
