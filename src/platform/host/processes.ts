/** The processes of the machine as /proc tells them (proc_pid_stat(5)). */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { errnoOf } from '../../errors.ts'

export interface ProcessStat {
  readonly pid: number
  /** Program name, at most 15 bytes. */
  readonly name: string
  /** `R`, `S`, `D`, `T`, `Z`, … */
  readonly state: string
  readonly parent: number
  readonly group: number
  readonly session: number
  /** Device number, 0 for none. */
  readonly terminal: number
  readonly foreground: number
  /** Clock ticks (1/100 s) of user and system time. */
  readonly ticks: number
  /** The same of children that have ended and were waited for, and of theirs. */
  readonly childTicks: number
  readonly priority: number
  readonly nice: number
  readonly threads: number
  /** Clock ticks after boot; with the pid this names a process for ever. */
  readonly startTicks: number
  /** Bytes of address space. */
  readonly virtual: number
  /** Pages in memory. */
  readonly resident: number
}

/** The kernel's USER_HZ, the same on every Linux that matters. */
export const TICKS_A_SECOND = 100

/** All there are, by pid. Those that end meanwhile are left out. */
export function readProcesses(): ProcessStat[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0)
    .map(readProcess)
    .filter((process) => process !== undefined)
    .sort((a, b) => a.pid - b.pid)
}

/** Undefined when there is none. */
export function readProcess(pid: number): ProcessStat | undefined {
  const text = readOfProcess(pid, 'stat')
  if (text === undefined) return undefined
  const [open, close] = [text.indexOf('('), text.lastIndexOf(')')]
  const field = text.slice(close + 2).split(' ')
  // Numbered as in the manual, where the state is field 3.
  const number = (at: number) => Number(field[at - 3])
  return {
    pid,
    name: text.slice(open + 1, close),
    state: field[0] ?? '?',
    parent: number(4),
    group: number(5),
    session: number(6),
    terminal: number(7),
    foreground: number(8),
    ticks: number(14) + number(15),
    childTicks: number(16) + number(17),
    priority: number(18),
    nice: number(19),
    threads: number(20),
    startTicks: number(22),
    virtual: number(23),
    resident: number(24),
  }
}

/** A file of /proc/PID, or undefined when the process has ended or is not ours to look at. */
export function readOfProcess(pid: number, name: string): string | undefined {
  return orGone(() => readFileSync(`/proc/${pid}/${name}`, 'utf8'))
}

/** A namespace of a process, as `pid:[4026531836]`; undefined as for readOfProcess. */
export function namespaceOf(pid: number, kind: 'pid' | 'mnt' | 'net'): string | undefined {
  return orGone(() => readlinkSync(`/proc/${pid}/ns/${kind}`))
}

function orGone(read: () => string): string | undefined {
  try {
    return read()
  } catch (error) {
    const code = errnoOf(error)
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES' || code === 'EPERM') return undefined
    throw error
  }
}

/** `processes` and all that descend from them, of `all`. */
export function withDescendants(
  all: readonly ProcessStat[],
  processes: readonly ProcessStat[],
): ProcessStat[] {
  const children = new Map<number, ProcessStat[]>()
  for (const process of all) {
    const siblings = children.get(process.parent)
    if (siblings === undefined) children.set(process.parent, [process])
    else siblings.push(process)
  }
  const found = new Map<number, ProcessStat>()
  const pending = [...processes]
  for (let process = pending.pop(); process !== undefined; process = pending.pop()) {
    if (found.has(process.pid)) continue
    found.set(process.pid, process)
    pending.push(...(children.get(process.pid) ?? []))
  }
  return [...found.values()].sort((a, b) => a.pid - b.pid)
}
