/** Folders for what builds fetch: `DATA/build/fetched/NAME.tmp-PID-N`, gone when the build is, or the next one sweeps. */
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '../../errors.ts'
import { isTemporaryName, temporaryName } from '../../platform/files/names.ts'
import { removeInside } from '../../platform/helper/inside.ts'
import type { Directories } from '../../platform/host/directories.ts'

/** A new folder, only ours to read. */
export function newFetchedFolder(directories: Directories): string {
  const folder = join(directories.data, 'build', 'fetched')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  sweep(folder, directories)
  const made = temporaryName(join(folder, 'files'))
  mkdirSync(made, { mode: 0o700 })
  return made
}

/** What builds left that were killed. */
function sweep(folder: string, directories: Directories): void {
  const left = names(folder).filter((name) => {
    const pid = /\.tmp-(\d+)-/.exec(name)?.[1]
    return isTemporaryName(name) && !existsSync(`/proc/${pid}`)
  })
  removeInside(
    directories,
    left.map((name) => join(folder, name)),
  )
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}
