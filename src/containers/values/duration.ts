/** Durations as Go writes them: `1h30m`, `1.5s`, `100ms`; and points in time given as one. */
import { usage } from '../../errors.ts'

const NANOSECONDS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
}

/** Nanoseconds, or undefined when it is no duration. */
export function tryDuration(given: string): number | undefined {
  if (given === '0') return 0
  const sign = given.startsWith('-') ? -1 : 1
  const text = /^[+-]/.test(given) ? given.slice(1) : given
  const part = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/gy
  let total = 0
  let end = 0
  for (let match = part.exec(text); match !== null; match = part.exec(text)) {
    total += Number(match[1]) * (NANOSECONDS[match[2] ?? ''] ?? 0)
    end = part.lastIndex
  }
  return text !== '' && end === text.length ? sign * Math.round(total) : undefined
}

/** Nanoseconds, not negative. `flag` names the option in the error. Throws usage. */
export function parseDuration(given: string, flag: string): number {
  const nanoseconds = tryDuration(given)
  if (nanoseconds === undefined || nanoseconds < 0) {
    throw usage(
      `invalid argument "${given}" for "${flag}": time: invalid duration "${given}"`,
      'write a number and a unit: 30s, 1m30s, 500ms',
    )
  }
  return nanoseconds
}
