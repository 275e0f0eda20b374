/** `-u`, USER and `--group-add`: names become numbers by the image's own passwd(5) and group(5). Pure. */
import { SampanError } from '../errors.ts'

export interface Identity {
  readonly uid: number
  readonly gid: number
  /** Supplementary groups. */
  readonly groups: readonly number[]
  readonly home: string
}

/** Texts of the two files; reading is put off until a name needs it. */
export interface Accounts {
  passwd(): string | undefined
  group(): string | undefined
}

interface PasswdEntry {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly home: string
}

interface GroupEntry {
  readonly name: string
  readonly gid: number
  readonly members: readonly string[]
}

/** Ids the kernel has: 32 bits, the last one means "none". */
const LARGEST_ID = 2 ** 31 - 1

/**
 * `''`, `name`, `uid`, `name:group`, `uid:gid`: as docker resolves them. A number need not be in the files. Without a
 * group the user's own and all the groups that list it are taken. Throws (125) with docker's words for unknown names.
 */
export function resolveUser(given: string, groupAdd: readonly string[], accounts: Accounts): Identity {
  const colon = given.indexOf(':')
  const user = colon < 0 ? given : given.slice(0, colon)
  const group = colon < 0 ? '' : given.slice(colon + 1)
  const entry = findUser(user, accounts)
  const groups = groupAdd.map((name) => groupId(name, accounts))
  const identity = { uid: entry.uid, home: entry.home || '/' }
  if (group !== '') return { ...identity, gid: groupId(group, accounts), groups: unique(groups) }
  const listed = parseGroups(accounts.group() ?? '').filter(({ members }) => members.includes(entry.name))
  return { ...identity, gid: entry.gid, groups: unique([...listed.map(({ gid }) => gid), ...groups]) }
}

function findUser(user: string, accounts: Accounts): PasswdEntry {
  const number = idOf(user)
  const wanted = user === '' ? 0 : number
  const entries = parsePasswd(accounts.passwd() ?? '')
  // As everywhere: a name wins over a number, even where the name is made of digits.
  const found =
    entries.find(({ name }) => user !== '' && name === user) ?? entries.find(({ uid }) => uid === wanted)
  if (found !== undefined) return found
  if (wanted !== undefined) {
    return { name: '', uid: checkId(wanted, 'uid'), gid: 0, home: wanted === 0 ? '/root' : '/' }
  }
  throw new SampanError(`unable to find user ${user}: no matching entries in passwd file`, {
    exitCode: 125,
    hint: 'the name must be in the image; a number always works: -u 1000',
  })
}

function groupId(group: string, accounts: Accounts): number {
  const found = parseGroups(accounts.group() ?? '').find(({ name }) => name === group)
  if (found !== undefined) return found.gid
  const number = idOf(group)
  if (number !== undefined) return checkId(number, 'gid')
  throw new SampanError(`unable to find group ${group}: no matching entries in group file`, {
    exitCode: 125,
    hint: 'the name must be in the image; a number always works',
  })
}

function idOf(text: string): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : undefined
}

function checkId(id: number, kind: 'uid' | 'gid'): number {
  if (id <= LARGEST_ID) return id
  throw new SampanError(`${kind}s and gids must be in range 0-2147483647`, { exitCode: 125, kind: 'usage' })
}

/** `name:password:uid:gid:gecos:home:shell`; lines that are none are skipped, as libc does. */
export function parsePasswd(text: string): PasswdEntry[] {
  return text.split('\n').flatMap((line) => {
    const [name = '', , uid = '', gid = '', , home = ''] = line.split(':')
    return name !== '' && /^\d+$/.test(uid) && /^\d+$/.test(gid)
      ? [{ name, uid: Number(uid), gid: Number(gid), home }]
      : []
  })
}

/** `name:password:gid:member,member`. */
export function parseGroups(text: string): GroupEntry[] {
  return text.split('\n').flatMap((line) => {
    const [name = '', , gid = '', members = ''] = line.split(':')
    return name !== '' && /^\d+$/.test(gid)
      ? [
          {
            name,
            gid: Number(gid),
            members: members
              .trim()
              .split(',')
              .filter((member) => member !== ''),
          },
        ]
      : []
  })
}

function unique(ids: readonly number[]): number[] {
  return [...new Set(ids)]
}
