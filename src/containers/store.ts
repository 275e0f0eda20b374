/**
 * The containers of one data directory. Opening it reads nothing; finding one by name or full id reads one small file;
 * nothing here takes a lock that a reader could wait for (docs/on-disk.md).
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf, SampanError } from '../errors.ts'
import { syncFolder } from '../platform/files/folder.ts'
import { readRecord, writeRecord } from '../platform/files/record.ts'
import type { Directories } from '../platform/host/directories.ts'
import { Lock } from '../platform/libc/lock.ts'
import { type ContainerRecord, isTransient, parseContainerRecord } from './record.ts'
import { readReservation, releaseName, reserveName } from './reservation.ts'
import { readState, type State } from './state.ts'

/** One container on disk. Cheap to make: its files are read when asked for. */
export class Container {
  readonly id: string
  /** The bundle: DATA/containers/ID. */
  readonly folder: string
  #record: ContainerRecord | undefined

  constructor(folder: string, id: string, record?: ContainerRecord) {
    this.folder = folder
    this.id = id
    this.#record = record
  }

  /** What was asked; read once. Throws no-such-container when it has gone meanwhile, damaged when it cannot be read. */
  get record(): ContainerRecord {
    this.#record ??= readRecord(join(this.folder, 'container.json'), parseContainerRecord)
    if (this.#record === undefined) throw noSuchContainer(this.id)
    return this.#record
  }

  get name(): string {
    return this.record.name
  }

  /** What it does now; read anew at every call. */
  state(): State {
    return readState(this.folder)
  }

  /** Replaces what was asked. Under `start.lock`: see lockContainer. */
  rewrite(record: ContainerRecord): void {
    writeRecord(join(this.folder, 'container.json'), record, { durable: !record.autoRemove })
    this.#record = record
  }

  exists(): boolean {
    return existsSync(join(this.folder, 'container.json'))
  }
}

export class ContainerStore {
  readonly #containers: string
  readonly #names: string

  constructor(directories: Pick<Directories, 'data'>) {
    this.#containers = join(directories.data, 'containers')
    this.#names = join(directories.data, 'names')
  }

  /** The bundle of `id`, whether it exists or not. */
  folderOf(id: string): string {
    return join(this.#containers, id)
  }

  namePath(name: string): string {
    return join(this.#names, name)
  }

  /** Every container, in no order. One that is being removed or made is not there. */
  list(): Container[] {
    return this.#entries()
      .filter((entry) => FULL_ID.test(entry))
      .map((id) => new Container(this.folderOf(id), id))
  }

  /** How many containers there are, and the bundles that an interrupted `rm` or `create` left: `ID.rm-…`, `ID.tmp-…`. */
  survey(): { readonly containers: number; readonly leftovers: readonly string[] } {
    const entries = this.#entries()
    const leftovers = entries.filter((entry) => LEFTOVER.test(entry))
    return {
      containers: entries.length - leftovers.length,
      leftovers: leftovers.map((entry) => join(this.#containers, entry)),
    }
  }

  /**
   * By full id, name (with or without docker's leading slash), or the beginning of an id that only one container has,
   * in this order. Throws no-such-container, or usage when the beginning fits several.
   */
  find(nameOrId: string): Container {
    const word = nameOrId.startsWith('/') ? nameOrId.slice(1) : nameOrId
    if (FULL_ID.test(word)) {
      const container = new Container(this.folderOf(word), word)
      if (container.exists()) return container
    }
    const named = this.holderOf(word)
    if (named !== undefined) return named
    const matches = HEX.test(word)
      ? this.#entries().filter((id) => FULL_ID.test(id) && id.startsWith(word))
      : []
    const [id, other] = matches
    if (id === undefined) throw noSuchContainer(nameOrId)
    if (other !== undefined) {
      throw new SampanError(`multiple IDs found with provided prefix: ${word}`, {
        hint: `give more of the id: ${matches.map((match) => match.slice(0, 16)).join(', ')}`,
        kind: 'usage',
      })
    }
    return new Container(this.folderOf(id), id)
  }

  /** The container that has exactly this name. */
  holderOf(name: string): Container | undefined {
    const id = NAME.test(name) ? readReservation(this.namePath(name)) : undefined
    return id !== undefined && this.holds(id, name) ? new Container(this.folderOf(id), id) : undefined
  }

  /** Whether the container exists and the name is its own; a rename that was cut short leaves names that are not. */
  holds(id: string, name: string): boolean {
    try {
      return new Container(this.folderOf(id), id).name === name
    } catch (error) {
      if (error instanceof SampanError) return error.kind !== 'no-such-container'
      throw error
    }
  }

  /**
   * Makes a container appear whole: reserves its name, lets `fill` write the bundle into a temporary folder, and
   * renames that into place. `fill` gets the folder to write to. Throws conflict when the name is taken. When it
   * throws, nothing is left.
   */
  create(record: ContainerRecord, fill: (folder: string) => void): Container {
    mkdirSync(this.#containers, { recursive: true, mode: 0o700 })
    mkdirSync(this.#names, { recursive: true, mode: 0o700 })
    const final = this.folderOf(record.id)
    using reservation = reserveName(this.namePath(record.name), record, (id) => this.holds(id, record.name))
    const temporary = `${final}.tmp-${process.pid}`
    try {
      mkdirSync(temporary, { mode: 0o700 })
      fill(temporary)
      // A container that removes itself is gone after a power cut anyway.
      writeRecord(join(temporary, 'container.json'), record, { durable: !isTransient(record) })
      renameSync(temporary, final)
      if (!isTransient(record)) syncFolder(this.#containers)
    } catch (error) {
      rmSync(temporary, { recursive: true, force: true })
      reservation.release()
      releaseName(this.namePath(record.name), record.id)
      throw error
    }
    return new Container(final, record.id, record)
  }

  #entries(): string[] {
    try {
      return readdirSync(this.#containers)
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return []
      throw error
    }
  }
}

const FULL_ID = /^[0-9a-f]{64}$/
const HEX = /^[0-9a-f]+$/
const LEFTOVER = /^[0-9a-f]{64}\.(rm|tmp)-/
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/

export function noSuchContainer(nameOrId: string): SampanError {
  return new SampanError(`No such container: ${nameOrId}`, {
    kind: 'no-such-container',
    hint: '`ps -a` lists the containers there are',
  })
}

/**
 * `start.lock`: held by whoever starts, changes or removes the container. Throws no-such-container when it was removed
 * while we waited.
 */
export function lockContainer(container: Container): Lock {
  try {
    return Lock.take(join(container.folder, 'start.lock'), 'exclusive')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') throw noSuchContainer(container.id)
    throw error
  }
}
