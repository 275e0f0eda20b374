/**
 * `paused` in a bundle: written when all processes of a run stand still, removed when they go on. It names the run, so
 * one that was left behind says nothing about the next.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { readRecord, writeRecord } from '../platform/files/record.ts'

export interface Pause {
  readonly version: 1
  /** Of the container's pid 1. */
  readonly pid: number
  readonly startTicks: number
  /** `freezer`: the kernel holds the cgroup; `signals`: every process got SIGSTOP. */
  readonly by: 'freezer' | 'signals'
  /** pid and start ticks of processes that had been stopped before: they stay so. */
  readonly stopped: readonly (readonly [number, number])[]
}

/** How this run was paused, or undefined when it was not. */
export function readPause(
  folder: string,
  { pid, startTicks }: Pick<Pause, 'pid' | 'startTicks'>,
): Pause | undefined {
  const pause = readRecord(join(folder, 'paused'), (value) => value as Pause)
  return pause?.pid === pid && pause.startTicks === startTicks ? pause : undefined
}

export function writePause(folder: string, pause: Pause): void {
  writeRecord(join(folder, 'paused'), pause, { durable: false })
}

export function removePause(folder: string): void {
  rmSync(join(folder, 'paused'), { force: true })
}
