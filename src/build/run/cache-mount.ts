/**
 * `RUN --mount=type=cache`: folders that outlive the step, DATA/build/mounts/HEX-N/{mount.json,lock,data}, HEX being the
 * digest of the id. N is 0, or for `private` the first that nobody else is using.
 */

import { chmodSync, existsSync, mkdirSync, renameSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '../../errors.ts'
import { hexOf } from '../../oci/digest.ts'
import { temporaryName } from '../../platform/files/names.ts'
import { writeRecord } from '../../platform/files/record.ts'
import { removeInside, startJob } from '../../platform/helper/inside.ts'
import { digestOf } from '../../platform/host/sha256.ts'
import { Lock } from '../../platform/libc/lock.ts'
import { applyCopy } from '../copy/apply.ts'
import type { CopyPlan } from '../copy/types.ts'
import type { CacheMount } from '../dockerfile/mount-types.ts'
import type { Workshop } from '../workshop.ts'

export function mountsFolder(data: string): string {
  return join(data, 'build/mounts')
}

/** `mount.json`. */
export interface CacheMountRecord {
  readonly version: 1
  readonly id: string
  /** RFC 3339. */
  readonly created: string
}

/** A cache folder in use: it cannot be pruned until this is disposed of. */
export class CacheFolder implements Disposable {
  readonly path: string
  readonly #lock: Lock

  private constructor(folder: string, lock: Lock) {
    this.path = join(folder, 'data')
    this.#lock = lock
  }

  static async open(mount: CacheMount, plan: CopyPlan | undefined, workshop: Workshop): Promise<CacheFolder> {
    const hex = hexOf(digestOf(workshop.cacheNamespace + mount.id))
    const base = join(mountsFolder(workshop.store.data), hex)
    for (let number = 0; ; ) {
      const folder = `${base}-${number}`
      if (!existsSync(folder)) await make(folder, mount, plan, workshop)
      const lock = await take(join(folder, 'lock'), mount)
      if (lock === 'taken') number += 1
      else if (lock !== 'gone') {
        if (existsSync(join(folder, 'data'))) {
          noteUse(folder, mount)
          return new CacheFolder(folder, lock)
        }
        lock.release()
        discard(folder, workshop)
      }
    }
  }

  [Symbol.dispose](): void {
    this.#lock.release()
  }
}

/** `taken`: another private one has it. `gone`: pruned between our making and our locking it. */
async function take(path: string, { sharing }: CacheMount): Promise<Lock | 'taken' | 'gone'> {
  try {
    if (sharing === 'private') return Lock.tryTake(path, 'exclusive') ?? 'taken'
    return await Lock.wait(path, sharing === 'locked' ? 'exclusive' : 'shared')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return 'gone'
    throw error
  }
}

/** When it was of use last is the time of its record. */
function noteUse(folder: string, mount: CacheMount): void {
  const path = join(folder, 'mount.json')
  const now = new Date()
  try {
    utimesSync(path, now, now)
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
    writeRecord(path, recordOf(mount), { durable: false })
  }
}

function recordOf({ id }: CacheMount): CacheMountRecord {
  return { version: 1, id, created: new Date().toISOString() }
}

/** Somebody has taken its files away. */
function discard(folder: string, { store: { directories } }: Workshop): void {
  const gone = temporaryName(folder)
  try {
    renameSync(folder, gone)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return
    throw error
  }
  removeInside(directories, [gone])
}

async function make(
  folder: string,
  mount: CacheMount,
  plan: CopyPlan | undefined,
  { store: { directories }, signal }: Workshop,
): Promise<void> {
  const temporary = temporaryName(folder)
  const data = join(temporary, 'data')
  mkdirSync(data, { recursive: true, mode: 0o700 })
  try {
    if (plan !== undefined) {
      const upper = join(temporary, 'fs')
      mkdirSync(upper)
      await applyCopy(plan, { upper, lowers: [] }, directories, signal)
      renameSync(join(upper, 'tree'), data)
    }
    const { mode, uid, gid } = mount
    if (uid === 0 && gid === 0) chmodSync(data, mode)
    else await startJob(directories, 'own', [data, String(mode), String(uid), String(gid)]).output
    writeRecord(join(temporary, 'mount.json'), recordOf(mount), { durable: false })
    renameSync(temporary, folder)
  } catch (error) {
    removeInside(directories, [temporary])
    // Another build was first.
    if (!existsSync(folder)) throw error
  }
}
