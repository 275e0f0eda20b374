/** Descriptors of our caller that a container's program is to have as its 3, 4, …: `--preserve-fds`, socket activation. */
import { SampanError } from '../../errors.ts'
import { duplicate } from '../libc/process.ts'

export interface Passed {
  /** Copies that survive execve, in the order of the originals. */
  readonly descriptors: readonly number[]
  /** The first so many are sockets that systemd listens on for us (sd_listen_fds(3)). */
  readonly listening: number
  /** Their names, with colons between. */
  readonly names: string
}

/** @throws SampanError for a descriptor that is not open */
export function passedDescriptors(
  preserve: number,
  { LISTEN_FDS, LISTEN_PID, LISTEN_FDNAMES }: Readonly<Record<string, string | undefined>>,
): Passed {
  // The variables may have come by way of somebody they were meant for.
  const listening =
    LISTEN_PID === String(process.pid) && /^\d{1,2}$/.test(LISTEN_FDS ?? '') ? Number(LISTEN_FDS) : 0
  const descriptors = Array.from({ length: Math.max(preserve, listening) }, (_, at) => copy(3 + at))
  return { descriptors, listening, names: LISTEN_FDNAMES ?? '' }
}

function copy(fd: number): number {
  try {
    return duplicate(fd)
  } catch (error) {
    throw new SampanError(`file descriptor ${fd} is not available`, {
      hint: 'the caller must have it open: sampan run --preserve-fds 1 … 3<FILE',
      exitCode: 125,
      cause: error,
    })
  }
}

/** For `monitor`, which finds them as `numbers`. */
export function passArguments({ listening, names }: Passed, numbers: readonly number[]): string[] {
  if (numbers.length === 0) return []
  return [
    ...['--pass', numbers.join(',')],
    ...(listening > 0 ? ['--listen', String(listening)] : []),
    ...(listening > 0 && names !== '' ? ['--listen-names', names] : []),
  ]
}
