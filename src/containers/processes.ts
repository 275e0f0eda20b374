/** Which processes are a container's, and which cgroup is. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ownGroup } from '../platform/host/cgroups.ts'
import { namespaceOf, type ProcessStat, readProcesses, withDescendants } from '../platform/host/processes.ts'
import type { Running } from './state.ts'
import type { Container } from './store.ts'

/** All processes at one moment, for questions about many containers. */
export interface Snapshot {
  readonly all: readonly ProcessStat[]
  readonly namespaceOf: (pid: number, kind: 'pid' | 'mnt') => string | undefined
}

/** Namespaces are asked for once, when somebody wants to know. */
export function snapshot(): Snapshot {
  const known = new Map<string, string | undefined>()
  return {
    all: readProcesses(),
    namespaceOf(pid, kind) {
      const key = `${kind} ${pid}`
      if (!known.has(key)) known.set(key, namespaceOf(pid, kind))
      return known.get(key)
    },
  }
}

/**
 * Its processes with host pids: all of its pid namespace, those that `exec` brought in and those in namespaces of
 * their own below it included. One without a pid namespace of its own has those that share its mounts.
 */
export function processesOf(
  { record }: Container,
  { pid }: Running,
  { all, namespaceOf }: Snapshot = snapshot(),
): ProcessStat[] {
  const kind = record.namespaces.pid === 'private' ? 'pid' : 'mnt'
  const wanted = namespaceOf(pid, kind)
  const members = all.filter(
    (process) => process.pid === pid || (wanted !== undefined && namespaceOf(process.pid, kind) === wanted),
  )
  return withDescendants(all, members)
}

/** The folder of the cgroup v2 that holds this container and nothing else; undefined for one without limits. */
export function cgroupOf({ id }: Container, { pid }: Running): string | undefined {
  let path: string
  try {
    path = ownGroup(`/proc/${pid}/cgroup`)
  } catch {
    return undefined
  }
  // The helper's name for it (native/init/cgroup.c), not the scope's it may be in; the program may have made groups below.
  const names = path.split('/')
  const end = names.indexOf(`sampan-${id.slice(0, 12)}`)
  const group = join('/sys/fs/cgroup', ...names.slice(0, end + 1))
  return end >= 0 && isGroup(group) ? group : undefined
}

function isGroup(folder: string): boolean {
  try {
    readFileSync(join(folder, 'cgroup.procs'))
    return true
  } catch {
    return false
  }
}
