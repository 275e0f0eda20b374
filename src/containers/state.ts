/**
 * What a container does now, told so that it cannot lie: only a running one has a pid. Derived from two facts in the
 * bundle (docs/helper-protocol.md): the record the monitor writes, and whether the monitor still holds its lock.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '../errors.ts'
import { damaged } from '../platform/files/record.ts'
import { bootId } from '../platform/host/boot-id.ts'
import { isLocked } from '../platform/libc/lock.ts'
import { readPause } from './paused.ts'

export interface HealthCheckResult {
  readonly start: string
  readonly end: string
  readonly exitCode: number
  readonly output: string
}

export interface HealthState {
  readonly status: 'starting' | 'healthy' | 'unhealthy'
  readonly failingStreak: number
  readonly log: readonly HealthCheckResult[]
}

/** Docker's "never": the zero time of its JSON. */
export const NEVER = '0001-01-01T00:00:00Z'

/** Times are RFC 3339 with nanoseconds in UTC. */
export type State = Created | Running | Restarting | Exited

interface Common {
  readonly restartCount: number
  readonly error: string
  readonly health: HealthState | null
}

/** Never ran; `error` and `exitCode` are set when a start was tried and failed. */
export interface Created extends Common {
  readonly status: 'created'
  readonly exitCode: number
}

export interface Running extends Common {
  readonly status: 'running' | 'paused'
  /** Of the container's pid 1, as the host sees it. */
  readonly pid: number
  /** Field 22 of /proc/PID/stat: the pid is only that process while this agrees. */
  readonly startTicks: number
  readonly monitorPid: number
  readonly startedAt: string
  /** Of the run before, NEVER on the first. */
  readonly finishedAt: string
}

/** Between two runs, the monitor waits before the next try. */
export interface Restarting extends Common {
  readonly status: 'restarting'
  readonly monitorPid: number
  readonly exitCode: number
  readonly startedAt: string
  readonly finishedAt: string
}

export interface Exited extends Common {
  readonly status: 'exited'
  readonly exitCode: number
  /** Signal that ended pid 1, 0 for none. */
  readonly signal: number
  readonly oomKilled: boolean
  readonly startedAt: string
  readonly finishedAt: string
}

export type Status = State['status']

/** `state.json` as the monitor writes it. */
interface StateRecord {
  readonly version: 1
  readonly status: Status
  readonly pid: number
  readonly startTicks: number
  readonly monitorPid: number
  readonly bootId: string
  readonly startedAt: string
  readonly finishedAt: string
  readonly exitCode: number
  readonly signal: number
  readonly oomKilled: boolean
  readonly error: string
  readonly restartCount: number
  readonly health: HealthState | null
}

const NEW: Created = { status: 'created', exitCode: 0, error: '', restartCount: 0, health: null }

/** Exit code shown for a container whose monitor was killed: nobody saw the real one. */
const UNKNOWN_EXIT = 255

/**
 * The state of the container whose bundle is `folder`. Takes no lock on the way when the record says it is not
 * running; otherwise asks whether `monitor.lock` is taken, which cannot disturb a monitor that is alive.
 */
export function readState(folder: string): State {
  const record = readStateRecord(join(folder, 'state.json'))
  if (record === undefined) return NEW
  if (record.status === 'created' || record.status === 'exited') return settled(record)
  if (record.bootId === bootId() && isLocked(join(folder, 'monitor.lock'))) return live(record, folder)
  // The monitor may have written its exit record and let go of the lock between our two looks.
  const again = readStateRecord(join(folder, 'state.json'))
  if (again?.status === 'created' || again?.status === 'exited') return settled(again)
  return lost(record)
}

/** Whether the last that is known of it was written before the machine was started. */
export function isFromBefore(folder: string): boolean {
  const record = readStateRecord(join(folder, 'state.json'))
  return record !== undefined && record.bootId !== bootId()
}

/** Whether the container has a process now. */
export function isRunning(state: State): state is Running {
  return state.status === 'running' || state.status === 'paused'
}

/** Whether a monitor minds it now: running, paused or waiting to be restarted. */
export function isLive(state: State): state is Running | Restarting {
  return isRunning(state) || state.status === 'restarting'
}

function readStateRecord(path: string): StateRecord | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
  try {
    return JSON.parse(text) as StateRecord
  } catch (cause) {
    throw damaged(path, cause, 'Remove the container with `rm -f`: its image and volumes are not affected.')
  }
}

function common(record: StateRecord): Common {
  return { restartCount: record.restartCount, error: record.error, health: record.health }
}

function settled(record: StateRecord): Created | Exited {
  const { exitCode, signal, oomKilled, startedAt, finishedAt } = record
  return record.status === 'created'
    ? { ...common(record), status: 'created', exitCode }
    : { ...common(record), status: 'exited', exitCode, signal, oomKilled, startedAt, finishedAt }
}

function live(record: StateRecord, folder: string): Running | Restarting {
  const { status, pid, startTicks, monitorPid, exitCode, startedAt, finishedAt } = record
  return status === 'restarting'
    ? { ...common(record), status, monitorPid, exitCode, startedAt, finishedAt }
    : {
        ...common(record),
        // Who pauses it is not the monitor, the only one that writes the record.
        status: readPause(folder, record) === undefined ? 'running' : 'paused',
        pid,
        startTicks,
        monitorPid,
        startedAt,
        finishedAt,
      }
}

function lost(record: StateRecord): Exited {
  const why = record.bootId === bootId() ? 'its monitor was killed' : 'the machine went down'
  return {
    ...common(record),
    status: 'exited',
    exitCode: UNKNOWN_EXIT,
    signal: 0,
    oomKilled: false,
    error: `the container ended and nobody saw how: ${why}`,
    startedAt: record.startedAt,
    finishedAt: record.finishedAt === NEVER ? record.startedAt : record.finishedAt,
    health: null,
  }
}
