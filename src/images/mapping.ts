/** What ids the user namespace of today has, without starting anything (docs/helper-protocol.md, "The keeper"). */
import { accessSync, constants, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { userName } from '../platform/host/account.ts'
import type { Mapping } from './layers.ts'

let known: Mapping | undefined

/**
 * `identity` for root; `full` where /etc/subuid and /etc/subgid have a range for this user and newuidmap can apply it;
 * else `single`. The keeper decides the same way when it makes the namespace. Read once a process.
 */
export function currentMapping(): Mapping {
  known ??= process.geteuid?.() === 0 ? 'identity' : hasRanges() ? 'full' : 'single'
  return known
}

function hasRanges(): boolean {
  return lackOfIds() === undefined
}

/** What this user lacks to have more than one id in containers, and the command with which root gives it. */
export function lackOfIds(): { readonly what: string; readonly fix: string } | undefined {
  const uid = process.geteuid?.() ?? 0
  const username = userName(uid) ?? String(uid)
  const owners = [username, String(uid)]
  if (!['/etc/subuid', '/etc/subgid'].every((path) => rangesIn(path, owners).length > 0)) {
    const range = `${100_000 + 65_536 * (uid % 1000)}-${165_535 + 65_536 * (uid % 1000)}`
    const fix = `usermod --add-subuids ${range} --add-subgids ${range} ${username}`
    return { what: `${username} has no range in /etc/subuid and /etc/subgid`, fix }
  }
  if (!['newuidmap', 'newgidmap'].every(isProgram)) {
    return { what: 'newuidmap and newgidmap are not installed', fix: 'apt-get install uidmap' }
  }
  return undefined
}

/** The ranges of ids that the shared namespace has, one after the other from 0: how many each has. */
export interface SharedIds {
  readonly uids: readonly number[]
  readonly gids: readonly number[]
}

/** You, and your subordinate ids. */
export function sharedIds(): SharedIds {
  if (currentMapping() === 'single') return { uids: [1], gids: [1] }
  if (currentMapping() === 'identity') return { uids: ownIds('uid_map'), gids: ownIds('gid_map') }
  const uid = process.geteuid?.() ?? 0
  const owners = [userName(uid) ?? String(uid), String(uid)]
  return { uids: [1, ...rangesIn('/etc/subuid', owners)], gids: [1, ...rangesIn('/etc/subgid', owners)] }
}

/** Of root, whose ids are all that there are: from 0 to the first that is missing. */
function ownIds(map: string): number[] {
  const [inside, , count = 1] = readFileSync(`/proc/self/${map}`, 'utf8').trim().split(/\s+/).map(Number)
  return [inside === 0 ? count : 1]
}

/** Lines `OWNER:FIRST:COUNT`, subuid(5). */
function rangesIn(path: string, owners: readonly string[]): number[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return []
  }
  return text.split('\n').flatMap((line) => {
    const [owner = '', , count = '0'] = line.split(':')
    return owners.includes(owner) && Number(count) > 0 ? [Number(count)] : []
  })
}

function isProgram(name: string): boolean {
  const folders = `${process.env['PATH'] ?? ''}:/usr/bin:/bin`.split(':')
  return folders.some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK)
      return folder.startsWith('/')
    } catch {
      return false
    }
  })
}
