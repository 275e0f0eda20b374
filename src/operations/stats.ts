/** `stats`: what running containers use, from their cgroup where they have one, else from their processes. */
import { readFileSync } from 'node:fs'
import { totalmem } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Context } from '../cli/context.ts'
import { cgroupOf, processesOf, type Snapshot, snapshot } from '../containers/processes.ts'
import { isRunning, type Running } from '../containers/state.ts'
import type { Container } from '../containers/store.ts'
import { type ProcessStat, readOfProcess, TICKS_A_SECOND } from '../platform/host/processes.ts'
import { matching } from './list.ts'

export interface Usage {
  readonly container: Container
  /** Bytes from here on. */
  readonly memory: number
  /** The container's own limit, or the machine's memory. */
  readonly memoryLimit: number
  readonly received: number
  readonly sent: number
  readonly read: number
  readonly written: number
  /** Processes and their threads. */
  readonly tasks: number
  /** Nanoseconds of processor time since it began. */
  readonly cpu: number
  /** Of one processor, between two looks. */
  readonly cpuPercent: number
  /** Milliseconds since it began; 0 for one that does not run. */
  readonly age: number
}

/** Between the two looks that a share of processor time needs: ticks are 10 ms. */
const LOOK_MS = 250

/**
 * A round for each look, for ever or once. `choose` is asked before every round: containers come and go. One that does
 * not run uses nothing.
 */
export async function* watchUsage(
  choose: () => readonly Container[],
  { interval, once }: { readonly interval: number; readonly once: boolean },
): AsyncGenerator<readonly Usage[]> {
  let before = look(choose())
  for (;;) {
    await pause(once ? LOOK_MS : Math.max(interval, LOOK_MS))
    const now = look(choose())
    const milliseconds = now.at - before.at
    yield now.usages.map((usage) => {
      const last = before.usages.find(({ container }) => container.id === usage.container.id)
      const used = last === undefined || last.cpu > usage.cpu ? 0 : usage.cpu - last.cpu
      return { ...usage, cpuPercent: (used / 1e6 / milliseconds) * 100 }
    })
    if (once) return
    before = now
  }
}

/** Those that run, or with `all` every one; newest first. */
export function candidates(all: boolean, context: Context): Container[] {
  return matching([], all, context).map(({ container }) => container)
}

function look(containers: readonly Container[]): { readonly at: number; readonly usages: Usage[] } {
  const everything = snapshot()
  const at = performance.now()
  return { at, usages: containers.map((container) => usageOf(container, everything)) }
}

const NOTHING = {
  memory: 0,
  memoryLimit: 0,
  received: 0,
  sent: 0,
  read: 0,
  written: 0,
  tasks: 0,
  cpu: 0,
  cpuPercent: 0,
  age: 0,
}

function usageOf(container: Container, everything: Snapshot): Usage {
  const state = container.state()
  if (!isRunning(state)) return { container, ...NOTHING }
  const processes = processesOf(container, state, everything)
  const group = cgroupOf(container, state)
  const { limits } = container.record
  return {
    container,
    ...NOTHING,
    ...network(container, state),
    ...blocks(processes),
    memory: (group === undefined ? undefined : groupMemory(group)) ?? memory(processes),
    memoryLimit: limits.memory > 0 ? Math.min(limits.memory, totalmem()) : totalmem(),
    tasks: processes.reduce((sum, { threads }) => sum + threads, 0),
    cpu: (group === undefined ? undefined : groupCpu(group)) ?? cpu(processes),
    age: Date.now() - Date.parse(state.startedAt),
  }
}

function cpu(processes: readonly ProcessStat[]): number {
  const ticks = processes.reduce((sum, process) => sum + process.ticks + process.childTicks, 0)
  return (ticks / TICKS_A_SECOND) * 1e9
}

/** Pages shared by several processes are shared out among them (proc_pid_smaps(5), Pss). */
function memory(processes: readonly ProcessStat[]): number {
  return processes.reduce((sum, { pid, resident }) => {
    const pss = /^Pss:\s+(\d+) kB/m.exec(readOfProcess(pid, 'smaps_rollup') ?? '')?.[1]
    return sum + (pss === undefined ? resident * 4096 : Number(pss) * 1024)
  }, 0)
}

function blocks(processes: readonly ProcessStat[]): { read: number; written: number } {
  let [read, written] = [0, 0]
  for (const { pid } of processes) {
    const text = readOfProcess(pid, 'io') ?? ''
    read += Number(/^read_bytes: (\d+)/m.exec(text)?.[1] ?? 0)
    written += Number(/^write_bytes: (\d+)/m.exec(text)?.[1] ?? 0)
  }
  return { read, written }
}

/** All interfaces but the loopback; nothing of the host's, which is not the container's traffic. */
function network({ record }: Container, { pid }: Running): { received: number; sent: number } {
  let [received, sent] = [0, 0]
  if (record.network.mode.kind === 'host') return { received, sent }
  for (const line of (readOfProcess(pid, 'net/dev') ?? '').split('\n')) {
    const [name = '', counts = ''] = line.split(':', 2)
    const columns = counts.trim().split(/\s+/).map(Number)
    if (columns.length < 9 || name.trim() === 'lo') continue
    received += columns[0] ?? 0
    sent += columns[8] ?? 0
  }
  return { received, sent }
}

/** As docker: what the kernel would drop first is not counted. */
function groupMemory(group: string): number | undefined {
  const now = number(readOr(join(group, 'memory.current')))
  const idle = number(/^inactive_file (\d+)/m.exec(readOr(join(group, 'memory.stat')))?.[1] ?? '')
  return now === undefined ? undefined : Math.max(0, now - (idle ?? 0))
}

function groupCpu(group: string): number | undefined {
  const micro = number(/^usage_usec (\d+)/m.exec(readOr(join(group, 'cpu.stat')))?.[1] ?? '')
  return micro === undefined ? undefined : micro * 1000
}

function number(text: string): number | undefined {
  return text.trim() === '' ? undefined : Number(text)
}

function readOr(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
