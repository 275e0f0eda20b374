/**
 * Volumes: DATA/volumes/NAME/{volume.json,_data/}. One appears whole by the rename of a folder, so two `run -v new:/x`
 * at once make one volume, and readers take no lock.
 */
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '../errors.ts'
import { readRecord, writeRecord } from '../platform/files/record.ts'
import type { Directories } from '../platform/host/directories.ts'
import { randomHex } from '../platform/host/random.ts'

export interface VolumeRecord {
  readonly version: 1
  readonly name: string
  /** RFC 3339, UTC. */
  readonly created: string
  readonly anonymous: boolean
  readonly labels: Readonly<Record<string, string>>
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

  read(name: string): VolumeRecord | undefined {
    return readRecord(join(this.folderOf(name), 'volume.json'), parseVolumeRecord)
  }

  /** The volume of this name, made when there is none. Idempotent, and the same for all who call at once. */
  ensure(
    name: string,
    details: { readonly anonymous: boolean; readonly labels?: Readonly<Record<string, string>> },
  ): Volume {
    const final = this.folderOf(name)
    const mountpoint = join(final, '_data')
    if (existsSync(join(final, 'volume.json'))) return { name, mountpoint, isNew: false }
    const temporary = join(this.#folder, `.${name}.tmp-${process.pid}`)
    mkdirSync(join(temporary, '_data'), { recursive: true })
    chmodSync(join(temporary, '_data'), 0o755) // whatever the caller's umask: the container's users are others
    const record: VolumeRecord = {
      version: 1,
      name,
      created: new Date().toISOString(),
      anonymous: details.anonymous,
      labels: details.labels ?? {},
    }
    writeRecord(join(temporary, 'volume.json'), record, { durable: !details.anonymous })
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
