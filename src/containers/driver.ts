/**
 * Which storage driver a new container gets: the best that this kernel and file system can do, found by trying once
 * and remembered in DATA/driver.json until the kernel or the file system changes.
 */
import { mkdirSync, statSync } from 'node:fs'
import { release } from 'node:os'
import { join } from 'node:path'
import { currentMapping } from '../images/mapping.ts'
import { readRecord, writeRecord } from '../platform/files/record.ts'
import { type Probe, probe } from '../platform/helper/probe.ts'
import type { Directories } from '../platform/host/directories.ts'

export type StorageDriver = 'overlay' | 'fuse-overlayfs' | 'vfs'

export interface DriverChoice {
  readonly version: 1
  readonly driver: StorageDriver
  /** One sentence for `info`. */
  readonly why: string
  /** What the choice depends on. */
  readonly kernel: string
  readonly device: number
  readonly mapping: Probe['mapping']
}

/** The driver for new containers. `forced` wins and is not remembered. `onNew` hears of a choice made just now. */
export function chooseDriver(
  directories: Directories,
  forced: StorageDriver | undefined,
  onNew?: (choice: DriverChoice) => void,
): StorageDriver {
  return forced ?? driverChoice(directories, onNew).driver
}

/** The remembered choice, or a new one. Throws the helper's error where there can be no user namespace at all. */
export function driverChoice(directories: Directories, onNew?: (choice: DriverChoice) => void): DriverChoice {
  const path = join(directories.data, 'driver.json')
  mkdirSync(directories.data, { recursive: true, mode: 0o700 })
  const kernel = release()
  const device = statSync(directories.data).dev
  const known = remembered(path)
  const same = known?.kernel === kernel && known.device === device && known.mapping === currentMapping()
  if (known !== undefined && same) return known
  const tried = probe(directories)
  const choice: DriverChoice = { version: 1, ...judge(tried), kernel, device, mapping: tried.mapping }
  writeRecord(path, choice, { durable: false })
  onNew?.(choice)
  return choice
}

/** Native overlay is two to seven times as fast as FUSE; copies come last. */
export function judge({
  overlay,
  fuse,
}: Pick<Probe, 'overlay' | 'fuse'>): Pick<DriverChoice, 'driver' | 'why'> {
  if (overlay.native) return { driver: 'overlay', why: 'the kernel mounts overlays for plain users here' }
  if (fuse.usable) return { driver: 'fuse-overlayfs', why: `native overlay: ${overlay.error}` }
  return { driver: 'vfs', why: `native overlay: ${overlay.error}; fuse-overlayfs: ${fuse.error}` }
}

/** A damaged memory is as good as none. */
function remembered(path: string): DriverChoice | undefined {
  try {
    return readRecord(path, (value) => {
      const choice = value as Partial<DriverChoice> | null
      if (choice?.version !== 1 || choice.driver === undefined)
        throw new Error('not a driver choice of version 1')
      return choice as DriverChoice
    })
  } catch {
    return undefined
  }
}
