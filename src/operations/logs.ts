/** `logs`: what monitors wrote, across rotated files. The helper reads and prints it (native/logs). */
import type { Context } from '../cli/context.ts'
import type { Container } from '../containers/store.ts'
import { tryDuration } from '../containers/values/duration.ts'
import { recordedTag } from '../containers/values/log.ts'
import { SampanError, usage } from '../errors.ts'
import { handOver } from '../platform/helper/start.ts'

export interface LogsOptions {
  readonly follow: boolean
  /** Lines from the end, of each; undefined: all. */
  readonly tail: number | undefined
  /** RFC 3339 with nanoseconds. */
  readonly since: string | undefined
  readonly until: string | undefined
  readonly timestamps: boolean
  /** The tag before each line; a blank where there is none. */
  readonly details: boolean
  /** Before each line of several containers: their ids, or their names. */
  readonly prefix: 'id' | 'name' | 'none'
  readonly color: boolean
}

/** Becomes the helper that prints. Lines of several containers are in the order of their times. */
export function printLogs(containers: readonly Container[], options: LogsOptions, context: Context): never {
  const { follow, tail, since, until, timestamps, details } = options
  for (const container of containers) checkReadable(container)
  handOver(context.directories, [
    'logs',
    ...(follow ? ['--follow'] : []),
    ...(tail === undefined ? [] : ['--tail', String(tail)]),
    ...(since === undefined ? [] : ['--since', nanoseconds(since)]),
    ...(until === undefined ? [] : ['--until', nanoseconds(until)]),
    ...(timestamps ? ['--timestamps'] : []),
    '--',
    ...containers.flatMap((container, index) => [
      container.folder,
      prefixOf(container, index, options),
      details ? detailsOf(container) : '',
    ]),
  ])
}

function detailsOf({ record }: Container): string {
  const tag = recordedTag(record)
  return tag === undefined ? ' ' : `tag=${encodeURIComponent(tag)} `
}

function checkReadable({ record }: Container): void {
  const hint = UNREADABLE[record.log.driver]
  if (hint !== undefined)
    throw new SampanError('configured logging driver does not support reading', { hint })
}

const UNREADABLE: Readonly<Record<string, string>> = {
  passthrough: 'the container was made with --log-driver passthrough: its output went to who started it',
  none: 'the container was made with --log-driver none: `attach` shows its output from now on',
}

/** Six colours one can read on black and on white. */
const COLOURS = 6

function prefixOf(container: Container, index: number, { prefix, color }: LogsOptions): string {
  if (prefix === 'none') return ''
  const word = prefix === 'id' ? container.id.slice(0, 12) : container.name
  return color ? `\x1b[3${1 + (index % COLOURS)}m${word}\x1b[0m ` : `${word} `
}

/** `--since`, `--until`: `10m` ago, seconds of the epoch with a fraction, a date, RFC 3339. Throws usage. */
export function parseMoment(given: string, flag: string, now: number = Date.now()): string {
  const ago = tryDuration(given)
  if (ago !== undefined && ago !== 0) return padded(new Date(now - ago / 1e6).toISOString())
  const seconds = /^(\d+)(?:\.(\d{1,9}))?$/.exec(given)
  if (seconds !== null) {
    const whole = new Date(Number(seconds[1]) * 1000).toISOString().slice(0, 19)
    return `${whole}.${(seconds[2] ?? '').padEnd(9, '0')}Z`
  }
  const fraction = /\.(\d{1,9})/.exec(given)?.[1] ?? ''
  // Without a zone the person means their own clock.
  const date = new Date(/^\d{4}-\d\d-\d\d$/.test(given) ? `${given}T00:00:00` : given.replace(/\.\d+/, ''))
  if (Number.isNaN(date.getTime())) {
    throw usage(
      `invalid value for "${flag}": failed to parse value as time or duration: "${given}"`,
      '10m, 2026-11-22T10:00:00Z, or seconds',
    )
  }
  return `${date.toISOString().slice(0, 19)}.${fraction.padEnd(9, '0')}Z`
}

/** Nine digits after the point. */
function padded(time: string): string {
  const [whole = '', fraction = ''] = time.slice(0, -1).split('.')
  return `${whole}.${fraction.padEnd(9, '0')}Z`
}

function nanoseconds(time: string): string {
  return `${Math.floor(Date.parse(`${time.slice(0, 19)}Z`) / 1000)}${time.slice(20, 29)}`
}
