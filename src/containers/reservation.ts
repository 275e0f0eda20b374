/**
 * Names of containers: the file DATA/names/NAME holds the id of the container that has the name. The kernel decides
 * who is first: the file is linked into place with its content, locked by the process that makes the container. A
 * reservation whose container does not exist and whose lock is free was left by a crash, and is taken over.
 */
import { linkSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { errnoOf, SampanError } from '../errors.ts'
import { Lock } from '../platform/libc/lock.ts'

/** The id a name stands for, or undefined. It may be one whose container is being made or was never finished. */
export function readReservation(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1').trim() || undefined
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/**
 * Takes the name for `id`. Release the lock when the container's folder is in place: from then on that folder keeps
 * the name. Throws conflict (docker's sentence, exit code 125) when another container has it or is about to.
 */
export function reserveName(
  path: string,
  { id, name }: { readonly id: string; readonly name: string },
  exists: (id: string) => boolean,
): Lock {
  const temporary = join(dirname(path), `.${id}`)
  const lock = Lock.take(temporary, 'exclusive')
  try {
    writeFileSync(temporary, id)
    while (!linked(temporary, path)) {
      const owner = readReservation(path)
      if (owner !== undefined && exists(owner)) throw nameInUse(name, owner)
      // An empty one is somebody's look at a name that has just gone: it lasts microseconds.
      if (!releaseIfStale(path, exists) && owner !== undefined) throw nameInUse(name, owner)
    }
    unlinkSync(temporary)
    return lock
  } catch (error) {
    // Before the lock goes: what nobody holds, others sweep up.
    unlinkSync(temporary)
    lock.release()
    throw error
  }
}

/** Gives the name back, if it is still `id`'s. */
export function releaseName(path: string, id: string): void {
  if (readReservation(path) === id) releaseIfStale(path, (owner) => owner !== id)
}

/** Removes a reservation nobody stands behind. False when somebody does: its container exists or is being made. */
export function releaseIfStale(path: string, exists: (id: string) => boolean): boolean {
  using lock = Lock.tryTake(path, 'exclusive')
  if (lock === undefined) return false
  const owner = readReservation(path)
  if (owner !== undefined && !isTemporary(path) && exists(owner)) return false
  unlinkSync(path)
  return true
}

function linked(temporary: string, path: string): boolean {
  try {
    linkSync(temporary, path)
    return true
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false
    throw error
  }
}

export function nameInUse(name: string, id: string): SampanError {
  return new SampanError(
    `Conflict. The container name "/${name}" is already in use by container "${id}". You have to remove (or rename) that container to be able to reuse that name.`,
    { kind: 'conflict', exitCode: 125, hint: `\`rm ${name}\` removes it, \`start ${name}\` starts it again` },
  )
}

/** `.ID`: a reservation on its way to its name. */
function isTemporary(path: string): boolean {
  return basename(path).startsWith('.')
}
