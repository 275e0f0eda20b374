/** `network rm` and `prune`. */
import type { Context } from '../cli/context.ts'
import { networkEvent } from '../containers/events.ts'
import { SampanError } from '../errors.ts'
import { DEFAULT_NAME, NetworkStore } from '../networks/store.ts'
import { moment, parseFilters } from './filters.ts'
import { type NetworkUser, networkUsers } from './network-users.ts'
import { isMode } from './networks.ts'
import { removeContainer } from './remove.ts'

/**
 * Throws no-such-object, and conflict for one that is predefined or that a container is on. Returns its name.
 * @param dryRun remove nothing
 */
export function removeNetwork(nameOrId: string, context: Context, dryRun = false): string {
  const store = new NetworkStore(context.directories)
  using _lock = store.lock('exclusive')
  if (nameOrId === DEFAULT_NAME || isMode(nameOrId)) throw predefined(nameOrId)
  const network = store.find(nameOrId)
  if (network.name === DEFAULT_NAME) throw predefined(network.name)
  const [user] = (networkUsers(context).get(network.name) ?? []).toSorted(
    (a, b) => Number(b.live) - Number(a.live),
  )
  if (user !== undefined) throw inUse(network.name, user)
  if (dryRun) return network.name
  store.remove(network)
  networkEvent(context.directories, 'destroy', network)
  return network.name
}

function predefined(name: string): SampanError {
  return new SampanError(`${name} is a pre-defined network and cannot be removed`, { kind: 'conflict' })
}

function inUse(network: string, { name, container, live }: NetworkUser): SampanError {
  const id = container.id.slice(0, 12)
  return live
    ? new SampanError(`network ${network} has active endpoints (name:"${name}" id:"${id}")`, {
        kind: 'conflict',
        hint: `stop and remove it, or take it off: network disconnect ${network} ${name}`,
      })
    : new SampanError(`network ${network} is in use by container ${name}, which does not run`, {
        kind: 'conflict',
        hint: `remove it (rm ${name}), or take it off: network disconnect ${network} ${name}`,
      })
}

export interface PruneNetworksRequest {
  readonly filter: readonly string[]
  /** Remove nothing. */
  readonly dryRun: boolean
}

/** Removes those that no container is on, running or not. Returns their names. */
export function pruneNetworks({ filter, dryRun }: PruneNetworksRequest, context: Context): string[] {
  const filters = parseFilters(filter, ['label', 'label!', 'until'])
  const until = filters.values('until').map(moment)
  const store = new NetworkStore(context.directories)
  using _lock = store.lock('exclusive')
  const users = networkUsers(context)
  const unused = store
    .list()
    .filter(({ name }) => name !== DEFAULT_NAME && !users.has(name))
    .filter(({ labels }) => filters.matchesLabels(labels))
    .filter(({ created }) => until.every((time) => Date.parse(created) < time))
  for (const network of dryRun ? [] : unused) {
    store.remove(network)
    networkEvent(context.directories, 'destroy', network)
  }
  return unused.map(({ name }) => name)
}

export interface RemoveNetworksRequest {
  /** One that is not there is no error. */
  readonly force: boolean
  /** The containers that are on it go, too; they have so many seconds to stop, undefined: none. */
  readonly containers: { readonly timeout: number | undefined } | undefined
  /** Print what would go. */
  readonly dryRun: boolean
}

/** Removes each, in order, and prints the words; when all were tried the last failure is thrown. Returns the exit code. */
export function removeNetworks(
  words: readonly string[],
  { force, containers, dryRun }: RemoveNetworksRequest,
  context: Context,
): number {
  const failures: SampanError[] = []
  for (const word of words) {
    try {
      const gone = containers === undefined ? [] : removeUsers(word, containers.timeout, dryRun, context)
      if (dryRun) for (const name of gone) context.out.write(`Would remove: ${name}\n`)
      if (!dryRun || gone.length === 0) removeNetwork(word, context, dryRun)
      context.out.write(dryRun ? `Would remove: ${word}\n` : `${word}\n`)
    } catch (error) {
      if (!(error instanceof SampanError)) throw error
      if (!(force && error.kind === 'no-such-object')) failures.push(error)
    }
  }
  const last = failures.pop()
  for (const failure of failures) context.out.note(`Error: ${failure.message}`)
  if (last !== undefined) throw last
  return 0
}

/** The containers on a network, but for those of one that cannot be removed anyway. Returns their names. */
function removeUsers(word: string, timeout: number | undefined, dryRun: boolean, context: Context): string[] {
  const { name } = new NetworkStore(context.directories).find(word)
  if (name === DEFAULT_NAME) return []
  return (networkUsers(context).get(name) ?? []).map((user) => {
    removeContainer(user.container, { force: true, volumes: false, timeout, dryRun }, context)
    return user.name
  })
}
