/** `logs`: what the monitor wrote to the json-file log, across its rotated files. */
import { closeSync, existsSync, fstatSync, openSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Context } from '../cli/context.ts'
import { isLive } from '../containers/state.ts'
import type { Container } from '../containers/store.ts'
import { tryDuration } from '../containers/values/duration.ts'
import { errnoOf, SampanError, usage } from '../errors.ts'
import { handOver } from '../platform/helper/start.ts'

export interface LogsOptions {
  readonly follow: boolean
  /** Lines from the end; undefined: all. */
  readonly tail: number | undefined
  /** RFC 3339 with nanoseconds, as the log has them: comparable as text. */
  readonly since: string | undefined
  readonly until: string | undefined
  readonly timestamps: boolean
  /** Labels and variables beside each line: our log has none, so a blank. */
  readonly details: boolean
}

interface Entry {
  readonly log: string
  readonly stream: 'stdout' | 'stderr'
  readonly time: string
}

/** Prints what is there; with `follow`, this process then becomes the helper that prints what comes. */
export function printLogs(container: Container, options: LogsOptions, context: Context): number {
  if (container.record.log.driver === 'none') {
    throw new SampanError('configured logging driver does not support reading', {
      hint: 'the container was made with --log-driver none: `attach` shows its output from now on',
    })
  }
  // Asked before reading: what a container writes that ends meanwhile is the follower's to print.
  const follow = options.follow && isLive(container.state())
  const { lines, offset, inode } = readLog(join(container.folder, 'container.log'), options)
  printLines(lines, options, context)
  if (!follow) return 0
  handOver(context.directories, [
    'logs',
    '--bundle',
    container.folder,
    '--offset',
    String(offset),
    ...(inode === 0n ? [] : ['--inode', String(inode)]),
    ...(options.timestamps ? ['--timestamps'] : []),
    ...(options.until === undefined ? [] : ['--until', nanoseconds(options.until)]),
  ])
}

/** The wanted entries, and how far the newest file was read. */
function readLog(
  path: string,
  options: LogsOptions,
): { readonly lines: readonly Entry[]; readonly offset: number; readonly inode: bigint } {
  const newest = readWhole(path)
  const files = [newest.text]
  // Older files are only opened while lines are missing.
  for (let number = 1; needsMore(files, options) && existsSync(`${path}.${number}`); number++) {
    files.unshift(readWhole(`${path}.${number}`).text)
  }
  const entries = files.flatMap((text) => text.split('\n').flatMap(parseLine))
  const wanted = entries.filter(
    ({ time }) =>
      (options.since === undefined || padded(time) >= options.since) &&
      (options.until === undefined || padded(time) <= options.until),
  )
  return { lines: lastLines(wanted, options.tail), offset: newest.size, inode: newest.inode }
}

function needsMore(files: readonly string[], { tail, since }: LogsOptions): boolean {
  if (tail !== undefined) return files.reduce((sum, text) => sum + text.split('\n').length - 1, 0) <= tail
  const first = files[0]?.slice(0, files[0].indexOf('\n')) ?? ''
  const [oldest] = parseLine(first)
  return since === undefined || oldest === undefined || padded(oldest.time) >= since
}

/** One file as it is now: the size is that of the bytes read, the monitor may be writing. */
function readWhole(path: string): { readonly text: string; readonly size: number; readonly inode: bigint } {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return { text: '', size: 0, inode: 0n }
    throw error
  }
  try {
    const { size, ino } = fstatSync(file, { bigint: true })
    const bytes = Buffer.alloc(Number(size))
    let done = 0
    while (done < bytes.length) {
      const count = readSync(file, bytes, done, bytes.length - done, done)
      if (count === 0) break
      done += count
    }
    // A last line that is being written is left for the follower.
    const end = bytes.lastIndexOf(10, done - 1) + 1
    return { text: bytes.toString('utf8', 0, end), size: end, inode: ino }
  } finally {
    closeSync(file)
  }
}

function parseLine(line: string): Entry[] {
  if (line === '') return []
  try {
    return [JSON.parse(line) as Entry]
  } catch {
    // A machine that stopped in the middle of a line: the next one is whole again.
    return []
  }
}

/** An entry without a newline is a part of a line: parts count once. */
function lastLines(entries: readonly Entry[], tail: number | undefined): readonly Entry[] {
  if (tail === undefined) return entries
  let start = entries.length
  for (let lines = 0; start > 0; start--) {
    const ended = entries[start - 1]?.log.endsWith('\n') === true || start === entries.length
    if (ended && ++lines > tail) break
  }
  return entries.slice(start)
}

function printLines(lines: readonly Entry[], { timestamps, details }: LogsOptions, { out }: Context): void {
  let stdout = ''
  let begins = true
  const flush = () => {
    if (stdout !== '') out.write(stdout)
    stdout = ''
  }
  for (const { log, stream, time } of lines) {
    const text = `${begins && timestamps ? `${padded(time)} ` : ''}${begins && details ? ' ' : ''}${log}`
    begins = log.endsWith('\n')
    if (stream === 'stdout') {
      stdout += text
      if (stdout.length > 65536) flush()
    } else {
      flush()
      writeError(text)
    }
    if (out.closed) return
  }
  flush()
}

function writeError(text: string): void {
  try {
    writeSync(2, text)
  } catch (error) {
    if (errnoOf(error) !== 'EPIPE') throw error
  }
}

/** Nine digits after the point, so that times compare as text and columns line up. */
function padded(time: string): string {
  const [whole = '', fraction = ''] = time.slice(0, -1).split('.')
  return `${whole}.${fraction.padEnd(9, '0')}Z`
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

function nanoseconds(time: string): string {
  return `${Math.floor(Date.parse(`${time.slice(0, 19)}Z`) / 1000)}${time.slice(20, 29)}`
}
