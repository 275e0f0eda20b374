/** `ps --filter`: the keys there are, and what each asks of a container. */
import type { Context } from '../cli/context.ts'
import type { ContainerRecord } from '../containers/record.ts'
import type { State } from '../containers/state.ts'
import type { Container, ContainerStore } from '../containers/store.ts'
import type { SampanError } from '../errors.ts'
import { ImageStore } from '../images/store.ts'
import { networkNames } from '../networks/mode.ts'
import { type PortMapping, parseExpose, parsePublish, portKey } from '../networks/ports.ts'
import { NetworkStore } from '../networks/store.ts'
import { badFilter, type Filters, moment } from './filters.ts'

export const containerFilters = [
  'ancestor',
  'before',
  'exited',
  'expose',
  'health',
  'id',
  'is-task',
  'label',
  'label!',
  'name',
  'network',
  'publish',
  'restart-policy',
  'since',
  'status',
  'until',
  'volume',
]

export interface Row {
  readonly container: Container
  readonly record: ContainerRecord
  readonly state: State
  /** Published now, with the host ports that were taken. */
  readonly ports: readonly PortMapping[]
}

const STATUSES = [
  'created',
  'running',
  'paused',
  'restarting',
  'removing',
  'exited',
  'dead',
  'stopped',
  'configured',
  'unknown',
]

/** One question from all the filters. Throws usage for a value that cannot be. */
export function compileFilters(
  filters: Filters,
  store: ContainerStore,
  context: Context,
): (row: Row) => boolean {
  for (const status of filters.values('status')) {
    if (!STATUSES.includes(status)) throw invalidValue('status', status, 'state', STATUSES.slice(0, 7))
  }
  for (const health of filters.values('health'))
    if (!HEALTHS.includes(health)) throw invalidValue('health', health, 'health', HEALTHS)
  for (const code of filters.values('exited')) {
    if (/^[+-]?\d+$/.test(code)) continue
    const why = `strconv.Atoi: parsing "${code}": invalid syntax`
    throw badFilter(`invalid filter 'exited=${code}': ${why}`, 'an exit code, a number')
  }
  const names = filters.values('name').map(pattern)
  const created = (key: 'before' | 'since') =>
    filters.values(key).map((word) => store.find(word).record.created)
  const [before, since] = [created('before'), created('since')]
  const until = filters.values('until').map(moment)
  const ancestors = filters.has('ancestor')
    ? ancestorIds(filters.values('ancestor'), context)
    : new Set<string>()
  const published = portKeys(filters.values('publish'))
  const exposed = portKeys(filters.values('expose'))
  return ({ container, record, state, ports }) =>
    filters.matches('id', (id) => container.id.startsWith(id)) &&
    (names.length === 0 || names.some((name) => name.test(`/${record.name}`) || name.test(record.name))) &&
    filters.matchesLabels(record.labels) &&
    filters.matches('exited', (code) => state.status === 'exited' && state.exitCode === Number(code)) &&
    filters.matches('status', (status) => hasStatus(state, status)) &&
    (!filters.has('ancestor') ||
      ancestors.has(record.image.id) ||
      filters.values('ancestor').includes(record.image.name)) &&
    (before.length === 0 || before.some((time) => record.created < time)) &&
    (since.length === 0 || since.some((time) => record.created > time)) &&
    (until.length === 0 || until.some((time) => Date.parse(record.created) < time)) &&
    filters.matches('volume', (word) => hasVolume(record, word)) &&
    filters.matches('network', (word) => isOn(record, word, context)) &&
    filters.matches('health', (word) => healthOf(state) === word) &&
    filters.matches('restart-policy', (word) => record.restart.policy === word) &&
    filters.matches('is-task', (word) => word === 'false') &&
    // Docker's documentation has the container's port, its daemon looks at the host's.
    (published.size === 0 ||
      ports.some(({ containerPort, hostPort, protocol }) =>
        [containerPort, hostPort].some((port) => published.has(portKey(port, protocol))),
      )) &&
    (exposed.size === 0 ||
      record.network.exposed.some(({ port, protocol }) => exposed.has(portKey(port, protocol))))
}

const HEALTHS = ['none', 'starting', 'healthy', 'unhealthy']

function invalidValue(key: string, value: string, what: string, known: readonly string[]): SampanError {
  const why = `invalid value for ${what} (${value}): must be one of ${known.join(', ')}`
  return badFilter(`invalid filter '${key}=${value}': ${why}`, `Write ${key}=${known[0]}`)
}

function pattern(given: string): RegExp {
  try {
    return new RegExp(given)
  } catch {
    throw badFilter(`invalid filter 'name=${given}'`, 'a regular expression or a part of the name')
  }
}

function hasStatus(state: State, word: string): boolean {
  return (
    state.status === word ||
    (word === 'stopped' && state.status === 'exited') ||
    (word === 'configured' && state.status === 'created')
  )
}

/** `none` where no health check is set, as docker's filter has it. */
export function healthOf(state: State): 'none' | 'starting' | 'healthy' | 'unhealthy' {
  return state.health?.status ?? 'none'
}

function hasVolume(record: ContainerRecord, word: string): boolean {
  return record.mounts.some(
    (mount) =>
      mount.destination === word ||
      (mount.type === 'volume' && mount.name === word) ||
      (mount.type === 'bind' && mount.source === word),
  )
}

/** By name, id or the beginning of an id. */
function isOn({ network }: ContainerRecord, word: string, { directories }: Context): boolean {
  const names = networkNames(network)
  if (names.includes(word)) return true
  if (network.mode.kind !== 'bridge' || !/^[0-9a-f]{4,64}$/.test(word)) return false
  const store = new NetworkStore(directories)
  return store.list().some(({ name, id }) => names.includes(name) && id.startsWith(word))
}

function portKeys(given: readonly string[]): Set<string> {
  return new Set(
    given.flatMap((word) =>
      word.includes(':')
        ? parsePublish(word).map(({ containerPort, protocol }) => portKey(containerPort, protocol))
        : parseExpose(word).map(({ port, protocol }) => portKey(port, protocol)),
    ),
  )
}

/** Ids of the images meant, and of those built on them: a container counts when its image has all their layers. */
function ancestorIds(words: readonly string[], { directories }: Context): Set<string> {
  const images = new ImageStore(directories)
  const ids = new Set<string>()
  for (const word of words) {
    const wanted = images.lookUp(word)
    if (wanted === undefined) continue
    const base = wanted.layers.map(({ diffId }) => diffId)
    for (const image of images.list()) {
      if (base.every((diffId, at) => image.config.rootfs.diff_ids[at] === diffId)) ids.add(image.id)
    }
  }
  return ids
}
