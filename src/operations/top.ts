/** `top`: a container's processes, with host pids and the users the container knows. */
import { readFileSync } from 'node:fs'
import type { Context } from '../cli/context.ts'
import { containerEvent } from '../containers/events.ts'
import { processesOf } from '../containers/processes.ts'
import { isRunning } from '../containers/state.ts'
import type { Container } from '../containers/store.ts'
import { readFromUnion } from '../containers/union.ts'
import { SampanError } from '../errors.ts'
import { type ProcessStat, readOfProcess } from '../platform/host/processes.ts'
import { lowerFolders, writableFolder } from './container-files.ts'
import { startHint } from './start-hint.ts'

/** What a column may ask for. */
export interface ProcessRow extends ProcessStat {
  /** As the container has them. */
  readonly uid: number
  readonly gid: number
  readonly user: string
  readonly groupName: string
  /** In the container's own pid namespace. */
  readonly innerPid: number
  /** Its words, joined; its name in brackets when it has none. */
  readonly command: string
  /** When it began, milliseconds of the epoch. */
  readonly started: number
}

/** Throws not-running. */
export function listProcesses(container: Container, { directories }: Context): ProcessRow[] {
  const state = container.state()
  if (!isRunning(state)) {
    throw new SampanError(`container ${container.id} is not running`, {
      kind: 'not-running',
      hint: startHint(container.name, state),
    })
  }
  containerEvent(container, 'top')
  const union = [writableFolder(container), ...lowerFolders(container, directories.data)]
  const names = (file: string) => parseNames(readFromUnion(union, file) ?? '')
  const [users, groups] = [names('/etc/passwd'), names('/etc/group')]
  const [uids, gids] = ['uid_map', 'gid_map'].map((file) => parseMap(readOfProcess(state.pid, file) ?? ''))
  const boot = Date.now() - Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 1000
  return processesOf(container, state).map((process) => {
    const status = readOfProcess(process.pid, 'status') ?? ''
    const ids = (field: string) =>
      new RegExp(`^${field}:\\s+(.*)$`, 'm').exec(status)?.[1]?.split(/\s+/) ?? []
    const uid = uids?.(Number(ids('Uid')[1] ?? 0)) ?? 0
    const gid = gids?.(Number(ids('Gid')[1] ?? 0)) ?? 0
    return {
      ...process,
      uid,
      gid,
      user: users.get(uid) ?? String(uid),
      groupName: groups.get(gid) ?? String(gid),
      innerPid: Number(ids('NSpid').at(1) ?? process.pid),
      command: commandOf(process),
      started: boot + process.startTicks * 10,
    }
  })
}

function commandOf({ pid, name, state }: ProcessStat): string {
  if (state === 'Z') return `[${name}] <defunct>`
  const words = (readOfProcess(pid, 'cmdline') ?? '').replace(/\0+$/, '').replaceAll('\0', ' ')
  // What a program calls itself must not move the person's cursor.
  return words === '' ? `[${name}]` : words.replace(/[\x00-\x1f\x7f]/g, '?')
}

/** Ids as we see them to ids as the container does (user_namespaces(7)); one it does not know stays as it is. */
function parseMap(text: string): (id: number) => number {
  const rows = text
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
  return (id) => {
    for (const [inside = 0, outside = 0, count = 0] of rows) {
      if (id >= outside && id < outside + count) return inside + id - outside
    }
    return id
  }
}

/** The first name of each id, of passwd(5) and group(5). */
function parseNames(text: string): Map<number, string> {
  const names = new Map<number, string>()
  for (const line of text.split('\n')) {
    const [name = '', , id = ''] = line.split(':')
    if (/^\d+$/.test(id) && !names.has(Number(id))) names.set(Number(id), name)
  }
  return names
}
