/** `network graph`: networks, the containers on them, their addresses and published ports, as one picture. */
import type { Context } from '../cli/context.ts'
import { boundNetworks } from '../containers/networks.ts'
import { boundPorts } from '../containers/ports.ts'
import { isRunning } from '../containers/state.ts'
import { type Container, ContainerStore } from '../containers/store.ts'
import { SampanError } from '../errors.ts'
import { networkNames } from '../networks/mode.ts'
import type { Network } from '../networks/network.ts'
import { NetworkStore } from '../networks/store.ts'
import { bindingsOf } from './port.ts'

export interface NetworkGraph {
  readonly networks: readonly GraphNetwork[]
  readonly containers: readonly GraphContainer[]
}

export interface GraphNetwork {
  readonly name: string
  /** None for modes that are no bridges: `host`, `slirp`, `container:ID`. */
  readonly subnets: readonly string[]
  /** Leads nowhere outside. */
  readonly internal: boolean
  readonly members: readonly GraphMember[]
}

export interface GraphMember {
  /** Name of a container of the graph. */
  readonly container: string
  /** None while it does not run. */
  readonly addresses: readonly string[]
}

export interface GraphContainer {
  readonly name: string
  readonly running: boolean
  readonly ports: readonly GraphPort[]
}

export interface GraphPort {
  /** On the host: `0.0.0.0:8080`. */
  readonly outside: string
  /** In the container: `80/tcp`. */
  readonly inside: string
}

/** All bridges, and the modes that containers have instead; of `words` only, where there are any. Throws no-such-object. */
export function networkGraph(words: readonly string[], { directories }: Context): NetworkGraph {
  const store = new NetworkStore(directories)
  const containers = new ContainerStore(directories)
    .list()
    .flatMap(described)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  const bridges = store.list()
  const known = new Map(bridges.map((network) => [network.name, network]))
  const modes = [...new Set(containers.flatMap(({ networks }) => [...networks.keys()]))]
  const others = modes.filter((name) => !known.has(name)).sort()
  const wanted = words.map((word) => (others.includes(word) ? word : store.find(word).name))
  const names = wanted.length > 0 ? wanted : [...known.keys(), ...others]
  const networks = names.map((name) => graphNetwork(name, known.get(name), containers))
  const drawn = new Set(networks.flatMap(({ members }) => members.map(({ container }) => container)))
  return { networks, containers: containers.filter(({ name }) => drawn.has(name)) }
}

interface Described extends GraphContainer {
  /** Network → its addresses there. */
  readonly networks: ReadonlyMap<string, readonly string[]>
}

/** Nothing for one that has gone, or that cannot be read. */
function described(container: Container): Described[] {
  try {
    const { name, record } = container
    const running = isRunning(container.state())
    const bound = boundNetworks(container)
    const addresses = (network: string) => {
      const joined = bound.find((one) => one.name === network)
      return joined === undefined ? [] : [joined.ip, joined.ip6].filter((ip) => ip !== null)
    }
    const networks = new Map(networkNames(record.network).map((network) => [network, addresses(network)]))
    const ports = running ? bindingsOf(boundPorts(container)) : []
    return [
      {
        name,
        running,
        networks,
        ports: ports.map(({ address, port }) => ({ outside: address, inside: port })),
      },
    ]
  } catch (error) {
    if (error instanceof SampanError) return []
    throw error
  }
}

function graphNetwork(
  name: string,
  network: Network | undefined,
  containers: readonly Described[],
): GraphNetwork {
  return {
    name,
    subnets: (network?.subnets ?? []).map(({ subnet }) => subnet),
    internal: network?.internal ?? false,
    members: containers.flatMap(({ name: container, networks }) => {
      const addresses = networks.get(name)
      return addresses === undefined ? [] : [{ container, addresses }]
    }),
  }
}
