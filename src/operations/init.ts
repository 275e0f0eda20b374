/** `container init`: all of a start that can be done without the program, so that what is wrong is found before. */
import { existsSync } from 'node:fs'
import type { Context } from '../cli/context.ts'
import { writeBundle } from '../containers/bundle/write.ts'
import { isLive } from '../containers/state.ts'
import { type Container, lockContainer } from '../containers/store.ts'
import { SampanError } from '../errors.ts'
import { tryBundle } from '../platform/helper/inside.ts'
import { surroundings } from './create.ts'

/**
 * Writes the bundle anew and mounts its files once, binds and volumes included. Throws what a start would: a missing host
 * folder, a field the helper refuses; conflict for one that runs.
 */
export function initContainer(container: Container, context: Context): void {
  using _lock = lockContainer(container)
  const state = container.state()
  if (isLive(state)) {
    throw new SampanError(`container ${container.id.slice(0, 12)} has already been started`, {
      kind: 'conflict',
      hint: `stop it first: stop ${container.name}`,
    })
  }
  checkSources(container)
  writeBundle(container.record, container.folder, surroundings(context), state.status === 'created')
  tryBundle(context.directories, container.folder)
}

/** `cp` makes do without a folder that has gone, a start does not. */
function checkSources({ name, record }: Container): void {
  for (const mount of record.mounts) {
    if (mount.type !== 'bind' || existsSync(mount.source)) continue
    throw new SampanError(`container ${name} cannot be started: ${mount.source} is not there`, {
      hint: `make it, or make the container again without mounting it at ${mount.destination}`,
    })
  }
}
