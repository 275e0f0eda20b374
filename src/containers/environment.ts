/** The environment of a process in a container: what was asked for, and what every process gets. */
import type { ContainerRecord } from './record.ts'
import { mergeEnvironment } from './values/environment.ts'

const DEFAULT_PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** `extra` wins over the container's own, that over `linked`. HOME is `home` unless something sets it. */
export function fullEnvironment(
  { process, hostname }: Pick<ContainerRecord, 'process' | 'hostname'>,
  terminal: boolean,
  home: string,
  extra: readonly string[] = [],
  linked: readonly string[] = [],
): string[] {
  const given = [DEFAULT_PATH, `HOSTNAME=${hostname}`, ...(terminal ? ['TERM=xterm'] : []), ...linked]
  const all = mergeEnvironment(mergeEnvironment(given, process.environment), extra)
  return all.some((entry) => entry.startsWith('HOME=')) ? all : [...all, `HOME=${home}`]
}
