/** Signals to running containers: always through a pidfd of the very process the state names. */
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '../errors.ts'
import { waitUntilFree } from '../platform/libc/lock.ts'
import { Pidfd } from '../platform/libc/process.ts'
import { containerEvent } from './events.ts'
import type { Running } from './state.ts'
import { isRunning } from './state.ts'
import { type Container, noSuchContainer } from './store.ts'
import { SIGKILL } from './values/signal.ts'

/** Its pid 1, or undefined when that has ended. */
export function pidfdOf({ pid, startTicks }: Running): Pidfd | undefined {
  return Pidfd.open(pid, startTicks)
}

/** The event of a signal that is about to be sent: docker tells those of `stop` and `rm -f`, too. */
export function tellKill(container: Container, signal: number): void {
  containerEvent(container, 'kill', { signal: String(signal) })
}

/** Tells the monitor that the end is wanted: no restart policy brings the container back. */
export function requestStop(container: Container): void {
  try {
    closeSync(openSync(join(container.folder, 'stop-requested'), 'w', 0o600))
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') throw noSuchContainer(container.id)
    throw error
  }
}

/** Waits until the monitor has written the exit record and let go. False when `milliseconds` passed first. */
export function waitForMonitor(container: Container, milliseconds: number): boolean {
  return waitUntilFree(join(container.folder, 'monitor.lock'), milliseconds)
}

/** A dead process leaves work for its monitor: log, record, network. It is given this long. */
const MONITOR_MS = 15_000

/** SIGKILL, and the monitor's last words. False when even that did not end it. */
export function killAndWait(container: Container): boolean {
  requestStop(container)
  const state = container.state()
  if (isRunning(state)) {
    using process = pidfdOf(state)
    process?.signal(SIGKILL)
    process?.waitForEnd(MONITOR_MS)
  }
  return waitForMonitor(container, MONITOR_MS)
}

/**
 * Whether pid 1 would notice the signal. The kernel drops signals that the first process of a pid namespace neither
 * handles nor blocks: waiting for it to end would always take the whole time-out.
 */
export function notices(pid: number, signal: number): boolean {
  if (signal === SIGKILL) return true
  let status: string
  try {
    status = readFileSync(`/proc/${pid}/status`, 'latin1')
  } catch {
    return true
  }
  const bit = 1n << BigInt(signal - 1)
  return ['SigCgt', 'SigBlk'].some((field) => {
    const mask = new RegExp(`^${field}:\\s*([0-9a-f]+)`, 'm').exec(status)?.[1]
    return mask === undefined || (BigInt(`0x${mask}`) & bit) !== 0n
  })
}
