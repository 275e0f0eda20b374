/**
 * A container answers in the runtime folder that it was started with, and its user namespace is that folder's keeper's.
 * Who comes with another XDG_RUNTIME_DIR (cron, su, a new session) cannot reach it: said before the kernel's bare "no".
 */
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { SampanError } from '../errors.ts'
import type { Directories } from '../platform/host/directories.ts'
import { isLive } from './state.ts'
import type { Container } from './store.ts'

/** Throws where it runs and was started with another one. */
export function checkSameRuntime(container: Container, { runtime }: Pick<Directories, 'runtime'>): void {
  const state = container.state()
  const folder = isLive(state) ? runtimeOf(state.monitorPid) : undefined
  if (folder === undefined || folder === runtime) return
  const own = folder.startsWith('/tmp/')
    ? 'env -u XDG_RUNTIME_DIR sampan …'
    : `XDG_RUNTIME_DIR=${dirname(folder)} sampan …`
  throw new SampanError(`container ${container.name} was started with another runtime folder: ${folder}`, {
    hint: `give the command with it, \`${own}\`, or restart the container here: restart ${container.name}`,
  })
}

/** What a monitor was told, in its command line; undefined of one that ends. */
function runtimeOf(monitor: number): string | undefined {
  try {
    const words = readFileSync(`/proc/${monitor}/cmdline`, 'utf8').split('\0')
    const at = words.indexOf('--runtime')
    return at < 0 ? undefined : words[at + 1]
  } catch {
    return undefined
  }
}
