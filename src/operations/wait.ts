/** `wait`: until a container has ended, and how. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Context } from '../cli/context.ts'
import { isLive, type State } from '../containers/state.ts'
import type { Container } from '../containers/store.ts'
import { SampanError, usage } from '../errors.ts'
import { helperPath } from '../platform/helper/embedded.ts'
import { Lock } from '../platform/libc/lock.ts'
import { bundleArguments } from './start.ts'

export type WaitCondition =
  | 'not-running'
  | 'next-exit'
  | 'removed'
  | 'created'
  | 'running'
  | 'paused'
  | 'healthy'
  | 'unhealthy'

/** Docker's words and podman's for the same. */
const CONDITIONS: Readonly<Record<string, WaitCondition>> = {
  '': 'not-running',
  'not-running': 'not-running',
  exited: 'not-running',
  stopped: 'not-running',
  'next-exit': 'next-exit',
  removed: 'removed',
  removing: 'removed',
  configured: 'created',
  created: 'created',
  initialized: 'created',
  running: 'running',
  paused: 'paused',
  healthy: 'healthy',
  unhealthy: 'unhealthy',
}

/** The words that shells complete. */
export const waitWords = Object.keys(CONDITIONS).slice(1)

/** None given: until it does not run. Throws usage. */
export function parseConditions(given: readonly string[]): WaitCondition[] {
  return (given.length === 0 ? [''] : given).map((word) => {
    const condition = CONDITIONS[word]
    if (condition !== undefined) return condition
    throw usage(`invalid condition: "${word}"`, `one of ${waitWords.join(', ')}`)
  })
}

/** How often is looked where no lock tells. */
const LOOK_MS = 20

/**
 * Until one of the conditions is true. Its exit code (0 for conditions of one that lives); -1 when it was removed before
 * anybody could tell. Throws where the condition cannot come true any more.
 */
export async function waitForContainer(
  container: Container,
  conditions: readonly WaitCondition[],
  context: Context,
): Promise<number> {
  const [condition = 'not-running', ...others] = conditions
  if (others.length === 0) {
    if (condition === 'not-running') return waitForEnd(container, context)
    if (condition === 'removed') {
      const code = waitForEnd(container, context)
      while (container.exists()) await pause(LOOK_MS)
      return code
    }
  }
  return (await waitForFirst([container], conditions)).code
}

/** Until one of them meets one of the conditions: which, and its exit code. */
export async function waitForFirst(
  containers: readonly Container[],
  conditions: readonly WaitCondition[],
): Promise<{ readonly container: Container; readonly code: number }> {
  const ran = new Set<Container>()
  for (;;) {
    for (const container of containers) {
      const state = container.exists() ? container.state() : undefined
      if (state !== undefined && isLive(state)) ran.add(container)
      const met = conditions.some((condition) => meets(condition, state, ran.has(container)))
      const code = state !== undefined && 'exitCode' in state ? state.exitCode : 0
      if (met || state === undefined) return { container, code: met ? code : -1 }
      for (const condition of conditions) checkHealth(condition, container, state)
    }
    await pause(LOOK_MS)
  }
}

/** @param state undefined: it is not there any more */
function meets(condition: WaitCondition, state: State | undefined, ran: boolean): boolean {
  if (state === undefined) return condition === 'removed'
  if (condition === 'not-running') return !isLive(state)
  if (condition === 'next-exit') return ran && !isLive(state)
  if (condition === 'running') return isLive(state)
  if (condition === 'healthy' || condition === 'unhealthy') return state.health?.status === condition
  return state.status === condition
}

/** Health is only looked at while it runs: who waits for that of one that has ended waits for ever. */
function checkHealth(condition: WaitCondition, { record, name }: Container, state: State): void {
  if (condition !== 'healthy' && condition !== 'unhealthy') return
  if (record.health === null) {
    throw new SampanError(`container ${name} has no defined healthcheck`, {
      hint: 'make it with --health-cmd',
    })
  }
  if (state.status === 'exited') {
    throw new SampanError(`container ${name} ended before it was ${condition}`, {
      hint: `\`logs ${name}\` shows what it said`,
    })
  }
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
