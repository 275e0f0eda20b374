/**
 * Who we are to the system. `userInfo()` of the runtime answers with $USER, which is not set in cron jobs and
 * services, and is somebody else's after `su`: /etc/subuid and its like must be asked by the real name.
 */
import { readFileSync } from 'node:fs'
import { accountName } from '../libc/account.ts'

/** The login name of a uid, from /etc/passwd or whatever else the system keeps accounts in; undefined without one. */
export function userName(uid: number): string | undefined {
  return fromPasswd(uid) ?? accountName(uid)
}

/** Lines `name:x:uid:…`, passwd(5). The usual case, and cheaper than the name services. */
function fromPasswd(uid: number): string | undefined {
  let text: string
  try {
    text = readFileSync('/etc/passwd', 'utf8')
  } catch {
    return undefined
  }
  for (const line of text.split('\n')) {
    const [name, , id] = line.split(':')
    if (name !== undefined && id === String(uid)) return name
  }
  return undefined
}
