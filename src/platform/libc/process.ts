/** Processes by pidfd, and becoming another program. No pid is ever signalled by number: numbers are used again. */
import { closeSync, readFileSync, writeSync } from 'node:fs'
import { errnoOf } from '../../errors.ts'
import { address, checked, FFIType, lastErrno, lazily, libc, SystemError, terminated } from './library.ts'

const { i32, i64, ptr, u32 } = FFIType
/** x86-64 and arm64 agree on these numbers. */
const SYS_pidfd_send_signal = 424
const SYS_pidfd_open = 434
const ESRCH = 3
const EINTR = 4

const calls = lazily(() =>
  libc({
    syscall: { args: [i64, i64, i64, i64, i64], returns: i64 },
    poll: { args: [ptr, i64, i32], returns: i32 },
  }),
)

const becoming = lazily(() =>
  libc({
    signal: { args: [i32, i64], returns: i64 },
    sigprocmask: { args: [i32, ptr, i64], returns: i32 },
    execve: { args: [ptr, ptr, ptr], returns: i32 },
  }),
)

/** One process, for sure: the kernel never gives this handle to another one. */
export class Pidfd implements Disposable {
  readonly pid: number
  #fd: number

  private constructor(pid: number, fd: number) {
    this.pid = pid
    this.#fd = fd
  }

  /**
   * The process with this pid, or undefined when there is none. With `startTicks` (field 22 of /proc/PID/stat) also
   * undefined when the number belongs to a later process.
   */
  static open(pid: number, startTicks?: number): Pidfd | undefined {
    const fd = Number(calls().syscall(SYS_pidfd_open, pid, 0, 0, 0))
    if (fd < 0) {
      const errno = lastErrno()
      if (errno === ESRCH) return undefined
      throw new SystemError(errno, 'pidfd_open', String(pid))
    }
    const process = new Pidfd(pid, fd)
    if (startTicks === undefined || startTicksOf(pid) === startTicks) return process
    process[Symbol.dispose]()
    return undefined
  }

  /** Sends a signal by number. False when the process has ended. Throws EPERM for somebody else's process. */
  signal(number: number): boolean {
    if (Number(calls().syscall(SYS_pidfd_send_signal, this.#fd, number, 0, 0)) === 0) return true
    const errno = lastErrno()
    if (errno === ESRCH) return false
    throw new SystemError(errno, 'pidfd_send_signal', String(this.pid))
  }

  /** Waits for the end of the process; false when `milliseconds` (−1: for ever) passed first. Blocks this thread. */
  waitForEnd(milliseconds: number): boolean {
    const until = performance.now() + milliseconds
    const entry = new Int32Array([this.#fd, 1 /* POLLIN, revents 0 */])
    for (;;) {
      const left = milliseconds < 0 ? -1 : Math.max(0, Math.ceil(until - performance.now()))
      const ready = calls().poll(entry, 1, left)
      if (ready >= 0) return ready === 1
      const errno = lastErrno()
      if (errno !== EINTR) throw new SystemError(errno, 'poll')
    }
  }

  [Symbol.dispose](): void {
    if (this.#fd < 0) return
    closeSync(this.#fd)
    this.#fd = -1
  }
}

/** Clock ticks after boot when the process started: with the pid this names a process for ever. Undefined: no process. */
export function startTicksOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The command name may hold spaces and brackets; fields are counted after its last bracket (proc_pid_stat(5)).
    const ticks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ', 20)[19])
    return Number.isSafeInteger(ticks) ? ticks : undefined
  } catch (error) {
    const code = errnoOf(error)
    if (code === 'ENOENT' || code === 'ESRCH') return undefined
    throw error
  }
}

/**
 * Becomes another program (execve(2)). The runtime ignores SIGPIPE and SIGXFSZ and ignored signals stay ignored, so
 * both are put back first. Returns only by throwing.
 */
export function execve(
  path: string,
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): never {
  const { execve: become, signal, sigprocmask } = becoming()
  const words = vector(argv)
  const variables = vector(
    Object.entries(environment).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`])),
  )
  const file = terminated(path)
  for (const ignored of [13 /* SIGPIPE */, 25 /* SIGXFSZ */]) signal(ignored, 0)
  sigprocmask(2 /* SIG_SETMASK */, new Uint8Array(128), 0)
  become(file, words.pointers, variables.pointers)
  throw new SystemError(lastErrno(), 'execve', path)
}

/** A NULL-terminated char*[]; `strings` must stay reachable while the kernel reads it. */
function vector(words: readonly string[]): { pointers: BigUint64Array; strings: Uint8Array[] } {
  const strings = words.map(terminated)
  const pointers = new BigUint64Array(strings.length + 1)
  strings.forEach((bytes, index) => {
    pointers[index] = BigInt(address(bytes))
  })
  return { pointers, strings }
}

/** An anonymous file (memfd_create(2)) holding `content`, at its start; survives execve. The caller closes it. */
export function memoryFile(name: string, content: string | Uint8Array): number {
  const fd = checked(memory().memfd_create(terminated(name), 0), 'memfd_create', name)
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done, done)
  return fd
}

const memory = lazily(() => libc({ memfd_create: { args: [ptr, u32], returns: i32 } }))

const duplication = lazily(() => libc({ dup: { args: [FFIType.i32], returns: FFIType.i32 } }))

/** A second descriptor of the same open file, dup(2): the lowest number that is free. */
export function duplicate(fd: number): number {
  return checked(duplication().dup(fd), 'dup')
}
