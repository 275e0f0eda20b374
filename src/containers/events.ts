/**
 * DATA/events.jsonl: what happened, one line each, appended by whoever did it. Best effort: nothing that was done is
 * undone because it could not be told.
 */
import { closeSync, constants, fstatSync, openSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Directories } from '../platform/host/directories.ts'
import { Lock } from '../platform/libc/lock.ts'
import type { Container } from './store.ts'

export interface Event {
  /** RFC 3339 with nanoseconds, UTC. */
  readonly time: string
  readonly type: 'container' | 'image' | 'network' | 'secret' | 'volume'
  /** Docker's words: `create`, `die`, `health_status: healthy` … */
  readonly action: string
  /** Of a volume its name; of an image what was named: its id or its name. */
  readonly id: string
  readonly attributes: Readonly<Record<string, string>>
  /** What only this event has: `exitCode`, `signal` … Readers take them for attributes. */
  readonly more?: Readonly<Record<string, string>>
}

export const eventFile = 'events.jsonl'
const LARGEST = 4_000_000

export function containerEvent(
  container: Container,
  action: string,
  more?: Readonly<Record<string, string>>,
): void {
  attempt(() => {
    const { record, id, folder } = container
    const attributes = { ...record.labels, image: record.image.name, name: record.name }
    append(join(folder, '../..'), {
      ...{ time: now(), type: 'container', action, id, attributes },
      ...(more && { more }),
    })
  })
}

/** @param data the data directory */
export function volumeEvent(data: string, name: string, action: string): void {
  attempt(() =>
    append(data, { time: now(), type: 'volume', action, id: name, attributes: { driver: 'local' } }),
  )
}

export function secretEvent(
  { data }: Pick<Directories, 'data'>,
  action: string,
  { id, name }: { readonly id: string; readonly name: string },
): void {
  attempt(() => append(data, { time: now(), type: 'secret', action, id, attributes: { name } }))
}

/** @param name the name that was pulled, given, taken away …; '' where it was by id */
export function imageEvent({ data }: Pick<Directories, 'data'>, action: string, id: string, name = ''): void {
  const attributes: Record<string, string> = name === '' ? {} : { name }
  attempt(() => append(data, { time: now(), type: 'image', action, id, attributes }))
}

/** @param more the container that is connected, for one */
export function networkEvent(
  { data }: Pick<Directories, 'data'>,
  action: string,
  network: { readonly id: string; readonly name: string },
  more: Readonly<Record<string, string>> = {},
): void {
  const attributes = { name: network.name, type: 'bridge', ...more }
  attempt(() => append(data, { time: now(), type: 'network', action, id: network.id, attributes }))
}

function append(data: string, event: Event): void {
  const path = join(data, eventFile)
  const fd = openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT, 0o600)
  try {
    writeSync(fd, `${JSON.stringify(event)}\n`)
    if (fstatSync(fd).size > LARGEST) rotate(data, path)
  } finally {
    closeSync(fd)
  }
}

/** Whoever finds somebody else at it leaves it to them. */
function rotate(data: string, path: string): void {
  using lock = Lock.tryTake(join(data, 'events.lock'), 'exclusive')
  if (lock !== undefined) renameSync(path, `${path}.1`)
}

function attempt(work: () => void): void {
  try {
    work()
  } catch {
    // A full disk, or a container that was removed meanwhile: the command says what matters of that itself.
  }
}

function now(): string {
  const milliseconds = performance.timeOrigin + performance.now()
  const whole = Math.floor(milliseconds)
  const rest = String(Math.floor((milliseconds - whole) * 1e6)).padStart(6, '0')
  return new Date(whole).toISOString().replace('Z', `${rest}Z`)
}
