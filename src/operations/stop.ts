/** `stop`: the stop signal, some time to end, then SIGKILL. */

import type { Context } from '../cli/context.ts'
import { containerEvent } from '../containers/events.ts'
import {
  killAndWait,
  notices,
  pidfdOf,
  requestStop,
  tellKill,
  waitForMonitor,
} from '../containers/signals.ts'
import { isRunning, type Running } from '../containers/state.ts'
import type { Container } from '../containers/store.ts'
import { SIGKILL } from '../containers/values/signal.ts'
import { SampanError } from '../errors.ts'
import type { Pidfd } from '../platform/libc/process.ts'
import { resume } from './pause.ts'

export interface StopOptions {
  /** undefined: the container's own. */
  readonly signal: number | undefined
  /** Seconds, -1 for ever; undefined: the container's own. */
  readonly timeout: number | undefined
}

/** A program that has just begun may still install its handler. */
const HANDLER_MS = 1000
const LAST_WORDS_MS = 15_000

/** Returns when it has ended. One that does not run is left as it is. */
export function stopContainer(container: Container, options: StopOptions, context: Context): void {
  const state = container.state()
  if (state.status === 'created' || state.status === 'exited') return
  requestStop(container)
  if (state.status === 'paused') resume(container, state)
  if (isRunning(state)) end(container, state, options, context)
  if (!waitForMonitor(container, LAST_WORDS_MS)) throw cannotStop(container)
  containerEvent(container, 'stop')
}

function end(container: Container, state: Running, options: StopOptions, { out }: Context): void {
  const { stop, init, namespaces } = container.record
  const signal = options.signal ?? stop.signal
  const seconds = options.timeout ?? stop.timeout
  using process = pidfdOf(state)
  if (process === undefined) return
  const isFirst = namespaces.pid === 'private' && !init
  if (isFirst && seconds !== 0 && !willNotice(process, state, signal)) {
    if (!process.waitForEnd(0)) {
      out.note(
        `${container.name}: pid 1 has no handler for the stop signal: killed at once (\`--init\` makes it end)`,
      )
    }
    tellKill(container, SIGKILL)
    killAndWait(container)
    return
  }
  tellKill(container, signal)
  if (!process.signal(signal) || process.waitForEnd(seconds < 0 ? -1 : seconds * 1000)) return
  tellKill(container, SIGKILL)
  killAndWait(container)
}

function willNotice(process: Pidfd, state: Running, signal: number): boolean {
  const until = Math.min(Date.parse(state.startedAt) + HANDLER_MS, Date.now() + HANDLER_MS)
  while (!notices(state.pid, signal)) {
    if (Date.now() >= until) return false
    if (process.waitForEnd(10)) return true
  }
  return true
}

export function cannotStop(container: Container): SampanError {
  return new SampanError(
    `cannot stop container: ${container.id.slice(0, 12)}: it did not end after SIGKILL`,
    {
      hint: 'a process that waits for a disk or a network file system cannot be killed: try again later',
    },
  )
}
