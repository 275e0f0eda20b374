/** Files the engine itself made in a container, which images leave out as Docker's do: markers, and what it
 * mounts over. */
import type { BigIntStats } from 'node:fs'

const names = new Set(['.dockerenv', 'etc/hostname', 'etc/hosts', 'etc/resolv.conf', 'run/.containerenv'])

/** `name`: from the root, without a slash before it. One that somebody wrote to is the container's own. */
export function isOfEngine(name: string, stat: BigIntStats): boolean {
  return (names.has(name) || name.startsWith('run/secrets/')) && stat.isFile() && stat.size === 0n
}

/** A folder that has some of them: that they were made changed its time, which is nobody's doing. */
export function hasEngineFiles(name: string): boolean {
  return name === 'etc' || name === 'run' || name === 'run/secrets'
}
