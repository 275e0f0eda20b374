/** Whether the records of containers and volumes can be read, and names and containers agree. */
import { existsSync, linkSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf, SampanError } from '../errors.ts'
import type { Damage } from '../images/damage.ts'
import { listFolder } from '../platform/files/folder.ts'
import { writeRecord } from '../platform/files/record.ts'
import type { Directories } from '../platform/host/directories.ts'
import { isLocked } from '../platform/libc/lock.ts'
import { VolumeStore } from '../volumes/store.ts'
import { readReservation } from './reservation.ts'
import { type Container, ContainerStore } from './store.ts'
import { sweep } from './sweep.ts'

/** @param remove takes a container away although its record cannot be read */
export function* containerDamage(
  directories: Directories,
  remove: (container: Container) => void,
): Generator<Damage> {
  const store = new ContainerStore(directories)
  for (const container of store.list()) {
    const short = container.id.slice(0, 12)
    const record = problemOf(() => container.record)
    if (record !== undefined) {
      yield {
        what: `container ${short}: ${record}`,
        loses: 'the container with the files it wrote',
        mend() {
          remove(container)
          return 'removed'
        },
      }
      continue
    }
    const state = problemOf(() => container.state())
    if (state !== undefined)
      yield { what: `container ${short}: ${state}`, mend: () => forgetState(container) }
    // One that was removed since we listed.
    if (!container.exists() || readReservation(store.namePath(container.name)) === container.id) continue
    yield {
      what: `container ${short}: nothing holds its name ${container.name}`,
      mend: () => reserveAgain(store.namePath(container.name), container),
    }
  }
  yield* orphanNames(directories, store)
}

function problemOf(read: () => unknown): string | undefined {
  try {
    read()
    return undefined
  } catch (error) {
    if (error instanceof SampanError) return error.kind === 'damaged' ? error.message : undefined
    throw error
  }
}

/** The container then counts as created: it can be started again. */
function forgetState({ folder, id }: Container): string {
  if (isLocked(join(folder, 'monitor.lock'))) {
    throw new SampanError('it may be running', { hint: `sampan rm -f ${id.slice(0, 12)}`, kind: 'conflict' })
  }
  rmSync(join(folder, 'state.json'), { force: true })
  return 'its last state was forgotten'
}

function reserveAgain(path: string, { id }: Container): string {
  const temporary = join(path, '..', `.${id}`)
  writeFileSync(temporary, id, { mode: 0o600 })
  try {
    linkSync(temporary, path)
    return 'reserved again'
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error
    throw new SampanError('another container has the name now', {
      hint: `sampan rename ${id.slice(0, 12)} OTHER`,
      kind: 'conflict',
    })
  } finally {
    unlinkSync(temporary)
  }
}

/** Names without a container keep others from having them, until somebody wants one. */
function* orphanNames(directories: Directories, store: ContainerStore): Generator<Damage> {
  for (const name of listFolder(join(directories.data, 'names'))) {
    const path = store.namePath(name)
    const id = readReservation(path)
    if (isLocked(path) || (id !== undefined && existsSync(store.folderOf(id)))) continue
    yield {
      what: `the name ${name} is held by a container that does not exist`,
      mend() {
        sweep(directories)
        return existsSync(path) ? 'left: somebody is using it' : 'given back'
      },
    }
  }
}

/** The record of a volume says little; its files are what counts, and are never touched. */
export function* volumeDamage(directories: Directories): Generator<Damage> {
  const volumes = new VolumeStore(directories)
  for (const name of listFolder(join(directories.data, 'volumes')).filter((each) => !each.startsWith('.'))) {
    const problem = problemOf(() => {
      if (volumes.read(name) === undefined)
        throw new SampanError(`${volumes.folderOf(name)} has no volume.json`, { kind: 'damaged' })
    })
    if (problem === undefined) continue
    yield {
      what: `volume ${name}: ${problem}`,
      mend() {
        const record = { version: 1, name, created: new Date().toISOString(), anonymous: false, labels: {} }
        writeRecord(join(volumes.folderOf(name), 'volume.json'), record)
        return 'written again, without labels'
      },
    }
  }
}
