/** Which containers start with the machine. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { RestartPolicy } from './record.ts'
import { isFromBefore } from './state.ts'
import type { Container } from './store.ts'

/** Whether the policy asks for more than the monitor can do: it ends with the machine. */
export function outlivesMachine({ policy }: RestartPolicy): boolean {
  return policy === 'always' || policy === 'unless-stopped'
}

/**
 * Whether it is to be started now that the machine has been: as docker's daemon decides when it begins. One that was
 * started or stopped since then is left as it is.
 */
export function isDueAfterBoot(container: Container): boolean {
  const state = container.state()
  if (state.status !== 'exited' || !isFromBefore(container.folder)) return false
  const stopped = existsSync(join(container.folder, 'stop-requested'))
  switch (container.record.restart.policy) {
    case 'always':
      return true
    case 'unless-stopped':
      return !stopped
    case 'on-failure':
      return !stopped && state.exitCode !== 0
    case 'no':
      return false
  }
}
