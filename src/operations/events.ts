/** `events`: what happened, and what happens from now on. */
import { closeSync, fstatSync, openSync, readFileSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Context } from '../cli/context.ts'
import { type Event, eventFile } from '../containers/events.ts'
import { ContainerStore } from '../containers/store.ts'
import { errnoOf } from '../errors.ts'
import { type Filters, parseFilters } from './filters.ts'

export interface EventsRequest {
  readonly filter: readonly string[]
  /** Milliseconds of the epoch; undefined: from now on. */
  readonly since: number | undefined
  /** undefined: for ever. */
  readonly until: number | undefined
}

const FILTERS = ['container', 'event', 'image', 'label', 'label!', 'network', 'scope', 'type', 'volume']
/** Nobody sees a tenth of a second, and a look costs one system call. */
const LOOK_MS = 100

/** In the order in which they were written. Throws usage for a filter that cannot be. */
export async function* watchEvents(request: EventsRequest, { directories }: Context): AsyncGenerator<Event> {
  const passes = compile(parseFilters(request.filter, FILTERS), new ContainerStore(directories))
  const log = new EventLog(join(directories.data, eventFile))
  const names = new Names()
  const since = request.since ?? Date.now()
  for (;;) {
    // Asked before reading: what is written in the last moment is told.
    const over = request.until !== undefined && Date.now() >= request.until
    for (const event of log.read().map((line) => names.complete(line))) {
      const time = Date.parse(event.time)
      if (time >= since && (request.until === undefined || time <= request.until) && passes(event))
        yield event
    }
    if (over) return
    await pause(LOOK_MS)
  }
}

/** The lines that came since the last reading, across rotations. */
class EventLog {
  readonly #path: string
  #inode = 0n
  #offset = 0
  #first = true

  constructor(path: string) {
    this.#path = path
  }

  read(): Event[] {
    const stat = statSync(this.#path, { bigint: true, throwIfNoEntry: false })
    const older = this.#first ? readOr(`${this.#path}.1`) : this.#rotated(stat?.ino)
    this.#first = false
    if (stat === undefined) return events(older)
    if (stat.ino !== this.#inode) this.#offset = 0
    this.#inode = stat.ino
    if (stat.size === BigInt(this.#offset)) return events(older)
    return events(older + this.#rest(this.#path))
  }

  /** What was written to the file we read before it was renamed. */
  #rotated(inode: bigint | undefined): string {
    if (inode === this.#inode || this.#inode === 0n) return ''
    const old = statSync(`${this.#path}.1`, { bigint: true, throwIfNoEntry: false })
    return old?.ino === this.#inode ? this.#rest(`${this.#path}.1`) : ''
  }

  /** Whole lines only: the last one may be on its way. */
  #rest(path: string): string {
    const fd = openSync(path, 'r')
    try {
      const buffer = Buffer.alloc(Math.max(0, fstatSync(fd).size - this.#offset))
      const length = readSync(fd, buffer, 0, buffer.length, this.#offset)
      const whole = buffer.lastIndexOf(0x0a, length - 1) + 1
      this.#offset += whole
      return buffer.toString('utf8', 0, whole)
    } finally {
      closeSync(fd)
    }
  }
}

/** The monitor's lines are completed from those that commands wrote about the same container. */
class Names {
  readonly #known = new Map<string, Readonly<Record<string, string>>>()

  complete(event: Event): Event {
    const { type, id, attributes, more } = event
    if (type === 'container' && attributes['name'] === undefined)
      return { ...event, attributes: { ...this.#known.get(id), ...attributes } }
    if (type === 'container') this.#known.set(id, attributes)
    return more === undefined ? event : { ...event, attributes: { ...attributes, ...more } }
  }
}

/** A line that a power cut tore is left out. */
function events(text: string): Event[] {
  return text.split('\n').flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line) as Event]
    } catch {
      return []
    }
  })
}

function readOr(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return ''
    throw error
  }
}

function compile(filters: Filters, store: ContainerStore): (event: Event) => boolean {
  const ids = new Set(filters.values('container').map((word) => idOf(word, store)))
  return ({ type, action, id, attributes }) =>
    filters.matches('type', (word) => word === type) &&
    filters.matches('scope', (word) => word === 'local') &&
    filters.matches('event', (word) => action === word || action.startsWith(`${word}: `)) &&
    filters.matches('volume', (word) => type === 'volume' && id === word) &&
    filters.matches('network', (word) => type === 'network' && isNetwork(word, id, attributes['name'])) &&
    filters.matches('image', (word) =>
      isImage(word, type === 'image' ? [id, attributes['name']] : [attributes['image']]),
    ) &&
    filters.matches(
      'container',
      (word) => id.startsWith(word) || attributes['name'] === word || ids.has(id),
    ) &&
    filters.matchesLabels(attributes)
}

function isNetwork(word: string, id: string, name: string | undefined): boolean {
  return name === word || id.startsWith(word)
}

/** By name with or without its tag, or by the beginning of an id. */
function isImage(word: string, names: readonly (string | undefined)[]): boolean {
  return names.some(
    (name) => name === word || name?.split(':')[0] === word || name?.replace('sha256:', '').startsWith(word),
  )
}

function idOf(word: string, store: ContainerStore): string {
  return store.holderOf(word)?.id ?? word
}
