/** Which containers are on which networks. */
import type { Context } from '../cli/context.ts'
import { boundNetworks } from '../containers/networks.ts'
import { isLive } from '../containers/state.ts'
import { type Container, ContainerStore } from '../containers/store.ts'
import { SampanError } from '../errors.ts'
import type { BoundNetwork } from '../platform/helper/bundle.ts'

export interface NetworkUser {
  readonly container: Container
  readonly name: string
  /** It runs, or is about to. */
  readonly live: boolean
  /** Its addresses, while it runs. */
  readonly bound: BoundNetwork | undefined
}

/** Name of the network → the containers attached to it. One that cannot be read is on none. */
export function networkUsers({ directories }: Context): ReadonlyMap<string, readonly NetworkUser[]> {
  const users = new Map<string, NetworkUser[]>()
  for (const container of new ContainerStore(directories).list()) {
    for (const [network, user] of readable(() => memberships(container))) {
      const known = users.get(network)
      if (known === undefined) users.set(network, [user])
      else known.push(user)
    }
  }
  return users
}

function memberships(container: Container): [string, NetworkUser][] {
  const { network, name } = container.record
  if (network.mode.kind !== 'bridge') return []
  const live = isLive(container.state())
  const bound = live ? boundNetworks(container) : []
  return network.networks.map(({ network: word }) => [
    word,
    { container, name, live, bound: bound.find((one) => one.name === word) },
  ])
}

function readable<T>(read: () => T[]): T[] {
  try {
    return read()
  } catch (error) {
    if (error instanceof SampanError) return []
    throw error
  }
}
