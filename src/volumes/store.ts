/**
 * Volumes: DATA/volumes/NAME/{volume.json,_data/}. One appears whole by the rename of a folder, so two `run -v new:/x`
 * at once make one volume, and readers take no lock. Of a volume that is a folder of the host, `_data` is a link to it.
 */
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '../errors.ts'
import { syncFolder } from '../platform/files/folder.ts'
import { readRecord, writeRecord } from '../platform/files/record.ts'
import type { Directories } from '../platform/host/directories.ts'
import { randomHex } from '../platform/host/random.ts'
import { renameNew } from '../platform/libc/files.ts'
import { Lock, type LockMode } from '../platform/libc/lock.ts'
import { type VolumeOptions, volumeKind } from './options.ts'

export interface VolumeRecord {
  readonly version: 1
  readonly name: string
  /** RFC 3339, UTC. */
  readonly created: string
  readonly anonymous: boolean
  readonly labels: Readonly<Record<string, string>>
  /** `-o`, as given. */
  readonly options?: VolumeOptions
}

/** How a volume is made when there is none of its name. */
export interface VolumeDetails {
  readonly anonymous: boolean
  readonly labels?: Readonly<Record<string, string>>
  readonly options?: VolumeOptions
}

export interface Volume {
  readonly name: string
  /** Where the files are: DATA/volumes/NAME/_data. */
  readonly mountpoint: string
  /** Made by this call: its files are to be filled from the image. */
  readonly isNew: boolean
}

export class VolumeStore {
  readonly #folder: string

  constructor(directories: Pick<Directories, 'data'>) {
    this.#folder = join(directories.data, 'volumes')
  }

  folderOf(name: string): string {
    return join(this.#folder, name)
  }

  mountpointOf(name: string): string {
    return join(this.#folder, name, '_data')
  }

  /** Takes back volumes that were made for a container that did not come into being: they are empty. */
  removeNew(names: readonly string[]): void {
    for (const name of names) rmSync(this.folderOf(name), { recursive: true, force: true })
  }

  /** Its folder's name is its name: a rename that was cut short has changed that, and perhaps not yet the record. */
  read(name: string): VolumeRecord | undefined {
    const record = readRecord(join(this.folderOf(name), 'volume.json'), parseVolumeRecord)
    return record === undefined ? undefined : { ...record, name }
  }

  /** Every volume, by name. Throws damaged. */
  list(): VolumeRecord[] {
    return this.#entries()
      .filter((name) => !name.startsWith('.'))
      .sort()
      .map((name) => this.read(name))
      .filter((record) => record !== undefined)
  }

  /** Held shared by who makes a container, so that no volume goes between its choice and the container's record. */
  hold(mode: LockMode = 'shared'): Lock {
    return Lock.take(`${this.#folder}.lock`, mode)
  }

  /** Takes the volume out of the list, under the lock; the folder returned is to be removed. undefined: it is not there. */
  forget(name: string): string | undefined {
    const gone = join(this.#folder, `.${name}.rm-${process.pid}`)
    try {
      renameSync(this.folderOf(name), gone)
      return gone
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined
      throw error
    }
  }

  /** Under the lock. False when there is a volume of the new name. */
  rename(from: string, to: string): boolean {
    if (!renameNew(this.folderOf(from), this.folderOf(to))) return false
    syncFolder(this.#folder)
    writeRecord(join(this.folderOf(to), 'volume.json'), this.read(to))
    return true
  }

  /** What processes that have ended left half made or half removed. */
  leftovers(): string[] {
    return this.#entries()
      .filter((name) => {
        const pid = /^\..*\.(?:tmp|rm)-(\d+)$/.exec(name)?.[1]
        return pid !== undefined && !existsSync(`/proc/${pid}`)
      })
      .map((name) => join(this.#folder, name))
  }

  #entries(): string[] {
    try {
      return readdirSync(this.#folder)
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return []
      throw error
    }
  }

  /** The volume of this name, made when there is none. Idempotent, and the same for all who call at once. */
  ensure(name: string, { anonymous, labels = {}, options = {} }: VolumeDetails): Volume {
    const final = this.folderOf(name)
    const mountpoint = join(final, '_data')
    if (existsSync(join(final, 'volume.json'))) return { name, mountpoint, isNew: false }
    const temporary = join(this.#folder, `.${name}.tmp-${process.pid}`)
    const { folder } = volumeKind(options)
    mkdirSync(temporary, { recursive: true })
    if (folder === undefined) {
      mkdirSync(join(temporary, '_data'))
      chmodSync(join(temporary, '_data'), 0o755) // whatever the caller's umask: the container's users are others
    } else {
      symlinkSync(folder, join(temporary, '_data'))
    }
    const record: VolumeRecord = {
      version: 1,
      name,
      created: new Date().toISOString(),
      anonymous,
      labels,
      ...(Object.keys(options).length === 0 ? {} : { options }),
    }
    writeRecord(join(temporary, 'volume.json'), record, { durable: !anonymous })
    try {
      renameSync(temporary, final)
    } catch (error) {
      rmSync(temporary, { recursive: true, force: true })
      if (errnoOf(error) !== 'ENOTEMPTY' && errnoOf(error) !== 'EEXIST') throw error
      return { name, mountpoint, isNew: false }
    }
    return { name, mountpoint, isNew: true }
  }
}

function parseVolumeRecord(value: unknown): VolumeRecord {
  const record = value as Partial<VolumeRecord> | null
  if (record?.version !== 1 || typeof record.name !== 'string')
    throw new Error('not a volume record of version 1')
  return record as VolumeRecord
}

/** Of an anonymous volume: 64 hex digits, as docker names them. */
export function newVolumeName(): string {
  return randomHex(32)
}
