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
  if (!['/etc/subuid', '/etc/subgid'].every((path) => hasRange(path, owners))) {
    const range = `${100_000 + 65_536 * (uid % 1000)}-${165_535 + 65_536 * (uid % 1000)}`
    const fix = `usermod --add-subuids ${range} --add-subgids ${range} ${username}`
    return { what: `${username} has no range in /etc/subuid and /etc/subgid`, fix }
  }
  if (!['newuidmap', 'newgidmap'].every(isProgram)) {
    return { what: 'newuidmap and newgidmap are not installed', fix: 'apt-get install uidmap' }
  }
  return undefined
}

/** Lines `OWNER:FIRST:COUNT`, subuid(5). */
function hasRange(path: string, owners: readonly string[]): boolean {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return false
  }
  return text.split('\n').some((line) => {
    const [owner = '', , count = '0'] = line.split(':')
    return owners.includes(owner) && Number(count) > 0
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
