/**
 * Lines for the container's /etc/passwd and /etc/group: of `--userns keep-id` the person gets the name they have outside,
 * so that `whoami`, ssh and git know them. As podman has it; the image's own lines win.
 */
import { readFileSync } from 'node:fs'
import { userName } from '../platform/host/account.ts'
import type { AccountLine, UserNamespaceRecord } from './record.ts'
import { type Accounts, parseGroups, parsePasswd } from './users.ts'

export interface AccountsRequest {
  /** `--passwd=false`: no lines at all. */
  readonly wanted: boolean
  /** `--passwd-entry`, `--group-entry`: with $USERNAME, $UID, $GID, $NAME, $HOME; $GROUPNAME, $USERLIST. */
  readonly passwdEntry: string | undefined
  readonly groupEntry: string | undefined
}

const PASSWD = '$USERNAME:*:$UID:$GID:$NAME:$HOME:/bin/sh'
const GROUP = '$GROUPNAME:x:$GID:$USERLIST'

/**
 * @param program who it runs as
 * @param home their home folder: the container's working folder
 */
export function accountLines(
  request: AccountsRequest,
  program: { readonly uid: number; readonly gid: number },
  home: string,
  userNamespace: UserNamespaceRecord | null,
  image: Accounts,
): AccountLine[] {
  if (!request.wanted) return []
  const { uid, gid } = userNamespace?.person ?? program
  const keeps = userNamespace?.person != null
  const users = parsePasswd(image.passwd() ?? '')
  const groups = parseGroups(image.group() ?? '')
  const user = freeName(ownName(), String(uid), users)
  const words = { USERNAME: user, UID: String(uid), GID: String(gid), NAME: user, HOME: home }
  const groupWords = {
    ...{ GROUPNAME: freeName(ownGroup(), String(gid), groups), GID: String(gid), USERLIST: '' },
  }
  const passwdWanted = (keeps || request.passwdEntry !== undefined) && !users.some((one) => one.uid === uid)
  const groupWanted = (keeps || request.groupEntry !== undefined) && !groups.some((one) => one.gid === gid)
  return [
    ...(passwdWanted ? [{ path: '/etc/passwd', line: filled(request.passwdEntry ?? PASSWD, words) }] : []),
    ...(groupWanted ? [{ path: '/etc/group', line: filled(request.groupEntry ?? GROUP, groupWords) }] : []),
  ]
}

function ownName(): string {
  const uid = process.getuid?.() ?? 0
  return userName(uid) ?? String(uid)
}

function ownGroup(): string {
  const gid = process.getgid?.() ?? 0
  return parseGroups(readFileSync('/etc/group', 'utf8')).find((one) => one.gid === gid)?.name ?? ownName()
}

/** Somebody else of the image may be called so. */
function freeName(name: string, id: string, taken: readonly { readonly name: string }[]): string {
  return taken.some((one) => one.name === name) ? id : name
}

function filled(template: string, words: Readonly<Record<string, string>>): string {
  return template.replace(/\$([A-Z]+)/g, (whole, word: string) => words[word] ?? whole)
}
