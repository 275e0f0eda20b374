/** `kill`: one signal to pid 1. */
import { killAndWait, pidfdOf, requestStop, tellKill } from '../containers/signals.ts'
import { isRunning } from '../containers/state.ts'
import type { Container } from '../containers/store.ts'
import { SIGKILL } from '../containers/values/signal.ts'
import { SampanError } from '../errors.ts'

/** Throws not-running. SIGKILL and the container's own stop signal also end its restart policy. */
export function killContainer(container: Container, signal: number): void {
  const state = container.state()
  if (signal === SIGKILL && (isRunning(state) || state.status === 'restarting')) {
    tellKill(container, signal)
    killAndWait(container)
    return
  }
  if (isRunning(state)) {
    if (signal === container.record.stop.signal) requestStop(container)
    using process = pidfdOf(state)
    if (process?.signal(signal)) {
      tellKill(container, signal)
      return
    }
  }
  throw new SampanError(
    `cannot kill container: ${container.name}: container ${container.id} is not running`,
    { kind: 'not-running' },
  )
}
