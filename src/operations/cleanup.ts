/**
 * `container cleanup`: what a run leaves that ended badly. There is little: mounts and networks go with their namespaces,
 * whoever killed the monitor.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Context } from '../cli/context.ts'
import { removePause } from '../containers/paused.ts'
import { isLive } from '../containers/state.ts'
import { type Container, lockContainer } from '../containers/store.ts'
import { SampanError } from '../errors.ts'

/** Throws conflict for one that runs. */
export function cleanUpContainer(container: Container, { directories }: Context): void {
  using _lock = lockContainer(container)
  if (isLive(container.state())) {
    throw new SampanError(`container ${container.id} is running: nothing is cleaned up`, {
      kind: 'conflict',
      hint: `stop it first: stop ${container.name}`,
    })
  }
  removePause(container.folder)
  rmSync(join(directories.runtime, 'c', container.id), { recursive: true, force: true })
  if (container.record.pidFile !== '') rmSync(container.record.pidFile, { force: true })
}
