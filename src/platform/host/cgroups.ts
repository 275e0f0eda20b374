/** Which limits this user may set on containers: cgroup v2 controllers that are delegated to us (cgroups(7)). */
import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Cgroups {
  readonly version: '1' | '2'
  /** Controllers a container's limits can use: `memory`, `cpu`, `pids` …; none on v1 or without delegation. */
  readonly controllers: readonly string[]
}

export function cgroups(mountPoint = '/sys/fs/cgroup', self = '/proc/self/cgroup'): Cgroups {
  if (!existsSync(join(mountPoint, 'cgroup.controllers'))) return { version: '1', controllers: [] }
  const own = /^0::(.*)$/m.exec(readFileSync(self, 'utf8'))?.[1] ?? '/'
  const folder = join(mountPoint, own)
  try {
    accessSync(join(folder, 'cgroup.procs'), constants.W_OK)
    accessSync(folder, constants.W_OK)
    const text = readFileSync(join(folder, 'cgroup.controllers'), 'utf8')
    return { version: '2', controllers: text.split(/\s+/).filter((name) => name !== '') }
  } catch {
    return { version: '2', controllers: [] }
  }
}
