/** Which limits this user may set on containers: cgroup v2 controllers that are delegated to us (cgroups(7)). */
import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The group of this process, from the line `0::PATH` of /proc/PID/cgroup. */
export function ownGroup(file = '/proc/self/cgroup'): string {
  return /^0::(.*)$/m.exec(readFileSync(file, 'utf8'))?.[1] ?? '/'
}

export interface Cgroups {
  readonly version: '1' | '2'
  /** Controllers a container's limits can use: `memory`, `cpu`, `pids` …; none on v1 or without delegation. */
  readonly controllers: readonly string[]
}

/** @param group the group to look at, below the mount point; our own when not given */
export function cgroups(mountPoint = '/sys/fs/cgroup', group?: string): Cgroups {
  if (!existsSync(join(mountPoint, 'cgroup.controllers'))) return { version: '1', controllers: [] }
  const folder = join(mountPoint, group ?? ownGroup())
  try {
    accessSync(join(folder, 'cgroup.procs'), constants.W_OK)
    accessSync(folder, constants.W_OK)
    const text = readFileSync(join(folder, 'cgroup.controllers'), 'utf8')
    return { version: '2', controllers: text.split(/\s+/).filter((name) => name !== '') }
  } catch {
    return { version: '2', controllers: [] }
  }
}
