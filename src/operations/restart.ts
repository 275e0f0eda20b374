/** `restart`: a stop and a start, and nobody gets in between that the container would not survive. */

import { closeSync, openSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Context } from '../cli/context.ts'
import { containerEvent } from '../containers/events.ts'
import { isLive } from '../containers/state.ts'
import { type Container, noSuchContainer } from '../containers/store.ts'
import { errnoOf } from '../errors.ts'
import { startDetached } from './start.ts'
import { type StopOptions, stopContainer } from './stop.ts'

/** Tells the monitor that the end is not the last one: it keeps a container with --rm. */
const MARK = 'restart-requested'

/** One that does not run is started. Throws as `stop` and `start` do. */
export function restartContainer(container: Container, options: StopOptions, context: Context): void {
  const mark = join(container.folder, MARK)
  if (container.record.autoRemove && isLive(container.state())) make(mark, container)
  try {
    stopContainer(container, options, context)
    startDetached(container, context)
    containerEvent(container, 'restart')
  } finally {
    rmSync(mark, { force: true })
  }
}

function make(mark: string, container: Container): void {
  try {
    closeSync(openSync(mark, 'w', 0o600))
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') throw noSuchContainer(container.id)
    throw error
  }
}
