/** `update`: restart policy and limits of a container, for now and for every later start. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { containerEvent } from '../containers/events.ts'
import { cgroupOf } from '../containers/processes.ts'
import type { ContainerRecord, Limits, RestartPolicy } from '../containers/record.ts'
import { isLive, isRunning, type Running } from '../containers/state.ts'
import { Container, lockContainer } from '../containers/store.ts'
import { SampanError } from '../errors.ts'
import { writeRecord } from '../platform/files/record.ts'

export interface Update {
  /** undefined: as it is. */
  readonly restart: RestartPolicy | undefined
  /** The limits there are to all there shall be; undefined: as they are. Throws usage for what contradicts itself. */
  readonly limits: ((now: Limits) => Limits) | undefined
  /** What only the next start can change: variables, health check, ulimits. */
  readonly later: ((now: ContainerRecord) => Partial<ContainerRecord>) | undefined
}

/**
 * A running container gets new limits at once where it has a cgroup of its own, and is refused where it has none: it
 * would be said to have limits that nobody keeps. The monitor reads the restart policy when the run has ended.
 * Returns whether something of it waits for the next start.
 */
export function updateContainer(found: Container, update: Update): boolean {
  using _lock = lockContainer(found)
  // Read again under the lock.
  const container = new Container(found.folder, found.id)
  const { record } = container
  if (record.autoRemove && update.restart !== undefined && update.restart.policy !== 'no') {
    throw new SampanError(
      'Restart policy cannot be updated because AutoRemove is enabled for the container',
      { kind: 'conflict', hint: 'make the container again without --rm' },
    )
  }
  const next: ContainerRecord = {
    ...record,
    restart: update.restart ?? record.restart,
    limits: update.limits?.(record.limits) ?? record.limits,
    ...update.later?.(record),
  }
  const state = container.state()
  if (update.limits !== undefined && isRunning(state)) apply(container, state, next.limits)
  writeRecord(join(container.folder, 'container.json'), next)
  const path = join(container.folder, 'sampan.json')
  const bundle = JSON.parse(readFileSync(path, 'utf8')) as object
  // The rest of it is made anew by the next start.
  writeRecord(path, { ...bundle, restart: next.restart }, { durable: false })
  containerEvent(container, 'update')
  return update.later !== undefined && isLive(state)
}

const PERIOD = 100_000

function apply(container: Container, state: Running, limits: Limits): void {
  const group = cgroupOf(container, state)
  if (group === undefined) {
    throw new SampanError(
      `cannot set limits of ${container.name} while it runs: it has no cgroup of its own`,
      {
        hint: `stop it, update it, and start it again`,
      },
    )
  }
  for (const [file, value] of files(limits)) {
    try {
      giveController(group, file)
      writeFileSync(join(group, file), value)
    } catch (error) {
      throw new SampanError(`cannot set ${file} of container ${container.name} to ${value}`, {
        cause: error,
        hint: 'the controller may not be delegated to you: `info` lists those that are',
      })
    }
  }
}

/** The helper asked the group above for the controllers of the first limits only (cgroups(7), cgroup.subtree_control). */
function giveController(group: string, file: string): void {
  if (existsSync(join(group, file))) return
  const controller = file.slice(0, file.indexOf('.'))
  writeFileSync(join(dirname(group), 'cgroup.subtree_control'), `+${controller}`)
}

/** Of cgroup v2, with the arithmetic of the helper (native/init/cgroup.c). What has no limit is left alone. */
function files(limits: Limits): [string, string][] {
  const {
    memory,
    memorySwap,
    memoryReservation,
    cpusetMems,
    nanoCpus,
    cpuQuota,
    cpuPeriod,
    cpuShares,
    cpusetCpus,
    pids,
  } = limits
  const quota = nanoCpus > 0 ? Math.round((nanoCpus / 1e9) * PERIOD) : cpuQuota
  const period = nanoCpus > 0 ? PERIOD : cpuPeriod || PERIOD
  const rows: [boolean, string, string][] = [
    [memory > 0, 'memory.max', String(memory)],
    [memorySwap !== 0, 'memory.swap.max', memorySwap < 0 ? 'max' : String(memorySwap - memory)],
    [memoryReservation > 0, 'memory.low', String(memoryReservation)],
    [quota > 0, 'cpu.max', `${quota} ${period}`],
    [cpuShares > 0, 'cpu.weight', String(1 + Math.trunc(((cpuShares - 2) * 9999) / 262142))],
    [cpusetCpus !== '', 'cpuset.cpus', cpusetCpus],
    [cpusetMems !== '', 'cpuset.mems', cpusetMems],
    [pids > 0, 'pids.max', String(pids)],
  ]
  return rows.filter(([wanted]) => wanted).map(([, file, value]) => [file, value])
}
