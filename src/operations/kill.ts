/** `kill`: one signal to pid 1. */
import { containerEvent } from '../containers/events.ts'
import { killAndWait, pidfdOf, requestStop } from '../containers/signals.ts'
import { isRunning } from '../containers/state.ts'
import type { Container } from '../containers/store.ts'
import { SIGKILL } from '../containers/values/signal.ts'
import { SampanError } from '../errors.ts'

/** Throws not-running. SIGKILL and the container's own stop signal also end its restart policy. */
export function killContainer(container: Container, signal: number): void {
  const state = container.state()
  const tell = () => containerEvent(container, 'kill', { signal: String(signal) })
  if (signal === SIGKILL && (isRunning(state) || state.status === 'restarting')) {
    tell()
    killAndWait(container)
    return
  }
  if (isRunning(state)) {
    if (signal === container.record.stop.signal) requestStop(container)
    using process = pidfdOf(state)
    if (process?.signal(signal)) {
      tell()
      return
    }
  }
  throw new SampanError(
    `cannot kill container: ${container.id.slice(0, 12)}: container ${container.id} is not running`,
    { kind: 'not-running' },
  )
}
