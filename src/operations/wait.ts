/** `wait`: until a container has ended, and how. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Context } from '../cli/context.ts'
import { isLive, type State } from '../containers/state.ts'
import type { Container } from '../containers/store.ts'
import { usage } from '../errors.ts'
import { helperPath } from '../platform/helper/embedded.ts'
import { Lock } from '../platform/libc/lock.ts'
import { bundleArguments } from './start.ts'

export type WaitCondition = 'not-running' | 'next-exit' | 'removed' | 'running'

/** Docker's words and podman's for the same. */
const CONDITIONS: Readonly<Record<string, WaitCondition>> = {
  '': 'not-running',
  'not-running': 'not-running',
  exited: 'not-running',
  stopped: 'not-running',
  'next-exit': 'next-exit',
  removed: 'removed',
  removing: 'removed',
  running: 'running',
}

export function parseCondition(given: string | undefined): WaitCondition {
  const condition = CONDITIONS[given ?? '']
  if (condition !== undefined) return condition
  throw usage(`invalid condition: "${given}"`, `one of ${Object.keys(CONDITIONS).slice(1).join(', ')}`)
}

/** Its exit code (0 for the condition `running`); -1 when it was removed before anybody could tell. */
export async function waitForContainer(
  container: Container,
  condition: WaitCondition,
  context: Context,
): Promise<number> {
  if (condition === 'running') {
    await look(container, (state) => isLive(state))
    return 0
  }
  if (condition === 'next-exit') await look(container, (state) => isLive(state))
  const code = waitForEnd(container, context)
  if (condition === 'removed') while (container.exists()) await pause(10)
  return code
}

function waitForEnd(container: Container, context: Context): number {
  const state = container.state()
  if (!isLive(state)) return state.exitCode
  if (container.record.autoRemove) return lastWords(container, context)
  waitForLock(container)
  const after = container.state()
  return isLive(after) ? -1 : after.exitCode
}

/** Sleeps in flock(2): the monitor holds the lock until its exit record is written. */
function waitForLock(container: Container): void {
  try {
    Lock.take(join(container.folder, 'monitor.lock'), 'shared').release()
  } catch (error) {
    if (container.exists()) throw error
  }
}

/** A container with --rm leaves no record behind: an attach client that wants no output hears the code. */
function lastWords(container: Container, context: Context): number {
  const argv = [
    'attach',
    ...bundleArguments(container, context),
    '--no-stdin',
    '--no-stdout',
    '--no-stderr',
    '--no-sig-proxy',
  ]
  return spawnSync(helperPath(context.directories), argv, { stdio: 'ignore' }).status ?? -1
}

async function look(container: Container, passes: (state: State) => boolean): Promise<void> {
  while (container.exists() && !passes(container.state())) await pause(20)
}
