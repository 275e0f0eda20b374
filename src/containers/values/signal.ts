/** Signals by name or number, as signal(7) has them on x86-64 and arm64. */
import { SampanError } from '../../errors.ts'

const NAMES =
  `HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU
  URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS`.split(/\s+/)
const OTHER_NAMES: Readonly<Record<string, number>> = { IOT: 6, CLD: 17, POLL: 29 }
const RTMIN = 34
const RTMAX = 64

export const SIGTERM = 15
export const SIGKILL = 9

/** `SIGTERM`, `term`, `15`, `RTMIN+3`, `SIGRTMAX-1` → number. Throws usage with docker's words. */
export function parseSignal(given: string): number {
  const number = /^\d+$/.test(given) ? Number(given) : byName(given.toUpperCase().replace(/^SIG/, ''))
  if (number === undefined || number < 1 || number > RTMAX) {
    // Without an exit code: `run` has 125 for its options, `kill` docker's 1.
    throw new SampanError(`Invalid signal: ${given}`, {
      kind: 'usage',
      hint: 'a name like SIGTERM or a number from 1 to 64',
    })
  }
  return number
}

function byName(name: string): number | undefined {
  const index = NAMES.indexOf(name)
  if (index >= 0) return index + 1
  const realtime = /^RT(MIN|MAX)(?:([+-])(\d+))?$/.exec(name)
  if (realtime === null) return OTHER_NAMES[name]
  const number =
    (realtime[1] === 'MIN' ? RTMIN : RTMAX) + (realtime[2] === '-' ? -1 : 1) * Number(realtime[3] ?? 0)
  return number >= RTMIN && number <= RTMAX ? number : undefined
}

/** `SIGTERM`; real-time signals relative to SIGRTMIN. */
export function signalName(number: number): string {
  return `SIG${NAMES[number - 1] ?? (number === RTMIN ? 'RTMIN' : `RTMIN+${number - RTMIN}`)}`
}
