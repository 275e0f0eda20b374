/**
 * Advisory locks: flock(2) on a file of the thing locked. The kernel drops them when the process ends, however it
 * ends, so a lock can never be left behind.
 */
import { closeSync, constants, fstatSync, openSync, statSync } from 'node:fs'
import { errnoOf, SampanError } from '../../errors.ts'
import { FFIType, lastErrno, lazily, libc, SystemError } from './library.ts'

const calls = lazily(() => libc({ flock: { args: [FFIType.i32, FFIType.i32], returns: FFIType.i32 } }))

export type LockMode = 'exclusive' | 'shared'

const operation = { shared: 1, exclusive: 2 } as const
const nonBlocking = 4
const closeOnExec = 0o2000000
const EINTR = 4
const EAGAIN = 11

export interface LockOptions {
  /** Milliseconds to wait before a SampanError says who holds what. Without it: for ever. */
  readonly deadline?: number
  /** Words for the thing locked, for that error: `container web`. Default: the path. */
  readonly what?: string
}

/** A lock held until `release()` or the end of a `using` block. */
export class Lock implements Disposable {
  readonly path: string
  readonly mode: LockMode
  #fd: number

  private constructor(fd: number, path: string, mode: LockMode) {
    this.#fd = fd
    this.path = path
    this.mode = mode
  }

  /** Takes the lock, making the file (0600) when there is none; blocks this thread while others hold it. */
  static take(path: string, mode: LockMode, options: LockOptions = {}): Lock {
    if (options.deadline === undefined) {
      for (;;) {
        const lock = Lock.#attempt(path, mode, 0)
        if (lock instanceof Lock) return lock
      }
    }
    const until = performance.now() + options.deadline
    for (let step = 0.5; ; step = Math.min(step * 2, 10)) {
      const lock = Lock.tryTake(path, mode)
      if (lock !== undefined) return lock
      if (performance.now() >= until) throw stillLocked(path, options)
      Bun.sleepSync(step)
    }
  }

  /** As `take`, without blocking the event loop: for work that goes on beside the wait. */
  static async wait(path: string, mode: LockMode, options: LockOptions = {}): Promise<Lock> {
    const until = performance.now() + (options.deadline ?? Number.POSITIVE_INFINITY)
    for (let step = 1; ; step = Math.min(step * 2, 50)) {
      const lock = Lock.tryTake(path, mode)
      if (lock !== undefined) return lock
      if (performance.now() >= until) throw stillLocked(path, options)
      await Bun.sleep(step)
    }
  }

  /** The lock, or undefined when another process holds it. */
  static tryTake(path: string, mode: LockMode): Lock | undefined {
    for (;;) {
      const lock = Lock.#attempt(path, mode, nonBlocking)
      if (lock !== 'replaced') return lock === 'taken' ? undefined : lock
    }
  }

  /**
   * Opens and locks. The holder may have removed the file while we waited: then we hold a lock on a file nobody else
   * will ever open, and must start again.
   */
  static #attempt(path: string, mode: LockMode, flags: number): Lock | 'taken' | 'replaced' {
    const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | closeOnExec, 0o600)
    try {
      if (!flock(fd, operation[mode] | flags, path)) {
        closeSync(fd)
        return 'taken'
      }
      if (isSameFile(fd, path)) return new Lock(fd, path, mode)
    } catch (error) {
      closeSync(fd)
      throw error
    }
    closeSync(fd)
    return 'replaced'
  }

  /** Releasing twice is harmless. */
  release(): void {
    if (this.#fd < 0) return
    closeSync(this.#fd)
    this.#fd = -1
  }

  [Symbol.dispose](): void {
    this.release()
  }
}

/**
 * Whether another process holds the lock exclusively; a missing file is not held. Takes a shared lock for some
 * microseconds to find out, so holders-to-be try again for a moment before they give up.
 */
export function isLocked(path: string): boolean {
  let fd: number
  try {
    fd = openSync(path, constants.O_RDONLY | closeOnExec)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false
    throw error
  }
  try {
    return !flock(fd, operation.shared | nonBlocking, path)
  } finally {
    closeSync(fd)
  }
}

/** Waits until nobody holds the lock exclusively. False when `milliseconds` passed first. */
export function waitUntilFree(path: string, milliseconds: number): boolean {
  const until = performance.now() + milliseconds
  for (let step = 0.25; isLocked(path); step = Math.min(step * 2, 5)) {
    if (performance.now() >= until) return false
    Bun.sleepSync(step)
  }
  return true
}

/** True when the lock is ours, false when LOCK_NB said another holds it. */
function flock(fd: number, op: number, path: string): boolean {
  for (;;) {
    if (calls().flock(fd, op) === 0) return true
    const errno = lastErrno()
    if (errno === EAGAIN) return false
    if (errno !== EINTR) throw new SystemError(errno, 'flock', path)
  }
}

function isSameFile(fd: number, path: string): boolean {
  const named = statSync(path, { throwIfNoEntry: false })
  const ours = fstatSync(fd)
  return named !== undefined && named.ino === ours.ino && named.dev === ours.dev
}

function stillLocked(path: string, options: LockOptions): SampanError {
  const what = options.what ?? path
  return new SampanError(`${what} is in use by another process`, {
    hint: `Wait for the other sampan command to end, or find it: lsof ${path}`,
    kind: 'conflict',
  })
}
