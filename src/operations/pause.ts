/** `pause` and `unpause`: by the cgroup freezer where the container has a cgroup, else by signals to all its processes. */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { containerEvent } from '../containers/events.ts'
import { type Pause, readPause, removePause, writePause } from '../containers/paused.ts'
import { cgroupOf, processesOf } from '../containers/processes.ts'
import { isRunning, type Running } from '../containers/state.ts'
import { type Container, lockContainer } from '../containers/store.ts'
import { SampanError } from '../errors.ts'
import { readProcess } from '../platform/host/processes.ts'
import { Pidfd } from '../platform/libc/process.ts'

const [SIGCONT, SIGSTOP] = [18, 19]
const FREEZE_MS = 10_000
/** Each round finds what was forked in the one before; the last ones find nothing. */
const ROUNDS = 50

/** Returns when nothing in it runs any more, and says how that was done. Throws conflict for one that is paused. */
export async function pauseContainer(container: Container): Promise<Pause['by']> {
  using _lock = lockContainer(container)
  const state = running(container)
  if (state.status === 'paused') {
    throw new SampanError(`Container ${container.id} is already paused`, { kind: 'conflict' })
  }
  const { pid, startTicks } = state
  const mark = { version: 1, pid, startTicks } as const
  const group = cgroupOf(container, state)
  if (group !== undefined) {
    await freeze(group)
    writePause(container.folder, { ...mark, by: 'freezer', stopped: [] })
    containerEvent(container, 'pause')
    return 'freezer'
  }
  const stopped = processesOf(container, state)
    .filter((process) => process.state === 'T')
    .map((process) => [process.pid, process.startTicks] as const)
  // Written first: whatever ends us on the way, `unpause` has something to undo.
  writePause(container.folder, { ...mark, by: 'signals', stopped })
  if (!(await stopAll(container, state))) {
    resume(container, state)
    throw new SampanError(
      `cannot pause container ${container.name}: it starts processes faster than they can be stopped`,
    )
  }
  containerEvent(container, 'pause')
  return 'signals'
}

/** Throws conflict for one that is not paused. */
export function unpauseContainer(container: Container): void {
  using _lock = lockContainer(container)
  const state = running(container)
  if (state.status !== 'paused') {
    throw new SampanError(`Container ${container.id} is not paused`, { kind: 'conflict' })
  }
  resume(container, state)
  containerEvent(container, 'unpause')
}

/** Lets a paused container go on, as `unpause` and `stop` do. */
export function resume(container: Container, state: Running): void {
  const pause = readPause(container.folder, state)
  if (pause === undefined) return
  const group = pause.by === 'freezer' ? cgroupOf(container, state) : undefined
  if (group !== undefined) writeFileSync(join(group, 'cgroup.freeze'), '0')
  else signalAll(container, state, SIGCONT, new Set(pause.stopped.map(String)))
  removePause(container.folder)
}

async function freeze(group: string): Promise<void> {
  writeFileSync(join(group, 'cgroup.freeze'), '1')
  const until = performance.now() + FREEZE_MS
  while (!readFileSync(join(group, 'cgroup.events'), 'utf8').includes('frozen 1')) {
    if (performance.now() < until) await wait(2)
    else {
      writeFileSync(join(group, 'cgroup.freeze'), '0')
      throw new SampanError('the kernel did not freeze the container within 10 seconds', {
        hint: 'a process that waits for a disk or a network file system cannot be frozen: try again later',
      })
    }
  }
}

/** False when there are still new ones after all rounds. */
async function stopAll(container: Container, state: Running): Promise<boolean> {
  for (let round = 0; round < ROUNDS; round += 1) {
    if (signalAll(container, state, SIGSTOP, new Set()) === 0) return true
    await wait(1)
  }
  return false
}

/** How many there were that the signal changes something for. */
function signalAll(container: Container, state: Running, signal: number, left: ReadonlySet<string>): number {
  const from = signal === SIGSTOP ? isGoing : isStopped
  const wanted = processesOf(container, state).filter(
    ({ state, pid, startTicks }) => from(state) && !left.has(`${pid},${startTicks}`),
  )
  for (const { pid, startTicks } of wanted) {
    using process = Pidfd.open(pid, startTicks)
    process?.signal(signal)
  }
  return wanted.filter(({ pid }) => from(readProcess(pid)?.state ?? 'Z')).length
}

function isStopped(state: string): boolean {
  return state === 'T'
}

/** One that waits for a disk stops when it is back; one that is traced stands still already. */
function isGoing(state: string): boolean {
  return state === 'R' || state === 'S' || state === 'D' || state === 'I'
}

function running(container: Container): Running {
  const state = container.state()
  if (isRunning(state)) return state
  throw new SampanError(`container ${container.id} is not running`, {
    kind: 'not-running',
    hint: `\`start ${container.name}\` starts it`,
  })
}
