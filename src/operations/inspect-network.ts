/** `NetworkSettings` of `inspect`, with the members that docker 29 dropped and scripts still read. */

import { namesOf } from '../containers/networks.ts'
import type { ContainerRecord } from '../containers/record.ts'
import type { Attachment } from '../networks/attachment.ts'
import { hostPortWord, type PortMapping, portKey } from '../networks/ports.ts'
import type { NetworkStore } from '../networks/store.ts'
import type { BoundNetwork } from '../platform/helper/bundle.ts'
import { sha256 } from '../platform/host/sha256.ts'

/** Inside every slirp or pasta network the container has this address; it means nothing outside. */
const PRIVATE = { address: '10.0.2.100', prefix: 24, gateway: '10.0.2.2' }

/** What a running container has. */
export interface Bound {
  readonly ports: readonly PortMapping[]
  readonly networks: readonly BoundNetwork[]
}

export function networkSettings(
  record: ContainerRecord,
  bound: Bound,
  running: boolean,
  store: NetworkStore,
): object {
  const { mode, exposed } = record.network
  const own = running && (mode.kind === 'slirp' || mode.kind === 'pasta')
  const unpublished = running
    ? Object.fromEntries(exposed.map(({ port, protocol }) => [portKey(port, protocol), null]))
    : {}
  const endpoints = mode.kind === 'bridge' ? bridgeEndpoints(record, bound.networks, store) : {}
  const inPrivate = {
    ...NO_ADDRESSES,
    ...(own ? { Gateway: PRIVATE.gateway, IPAddress: PRIVATE.address, IPPrefixLen: PRIVATE.prefix } : {}),
  }
  // Docker filled these for its default network only; scripts want an address, and the first network's is one.
  const [first] = bound.networks
  const addresses = first === undefined ? inPrivate : addressesOf(first, record.id)
  return {
    Bridge: '',
    SandboxID: '',
    SandboxKey: '',
    HairpinMode: false,
    LinkLocalIPv6Address: '',
    LinkLocalIPv6PrefixLen: 0,
    SecondaryIPAddresses: null,
    SecondaryIPv6Addresses: null,
    ...addresses,
    Ports: { ...unpublished, ...portMap(bound.ports, false) },
    Networks:
      mode.kind === 'container'
        ? {}
        : mode.kind === 'bridge'
          ? endpoints
          : { [mode.kind]: endpoint(null, '', inPrivate, null) },
  }
}

const NO_ADDRESSES = {
  EndpointID: '',
  Gateway: '',
  IPAddress: '',
  IPPrefixLen: 0,
  IPv6Gateway: '',
  GlobalIPv6Address: '',
  GlobalIPv6PrefixLen: 0,
  MacAddress: '',
}

function bridgeEndpoints(
  record: ContainerRecord,
  bound: readonly BoundNetwork[],
  store: NetworkStore,
): Record<string, object> {
  const networks = store.list()
  return Object.fromEntries(
    record.network.networks.map((attachment) => {
      const network = networks.find(({ name }) => name === attachment.network)
      const joined = bound.find(({ name }) => name === attachment.network)
      const addresses = joined === undefined ? NO_ADDRESSES : addressesOf(joined, record.id)
      const mac = joined === undefined ? { MacAddress: attachment.mac ?? '' } : {}
      const names = [...new Set([...namesOf(record), ...attachment.aliases])]
      return [attachment.network, endpoint(attachment, network?.id ?? '', { ...addresses, ...mac }, names)]
    }),
  )
}

function endpoint(
  attachment: Attachment | null,
  id: string,
  addresses: typeof NO_ADDRESSES,
  names: readonly string[] | null,
): object {
  const { ip = null, ip6 = null, aliases = [] } = attachment ?? {}
  const asked = {
    ...(ip === null ? {} : { IPv4Address: ip }),
    ...(ip6 === null ? {} : { IPv6Address: ip6 }),
  }
  return {
    IPAMConfig: Object.keys(asked).length === 0 ? null : asked,
    Links: null,
    Aliases: aliases.length === 0 ? null : aliases,
    DriverOpts: null,
    GwPriority: 0,
    NetworkID: id,
    ...addresses,
    DNSNames: names,
  }
}

export function addressesOf(bound: BoundNetwork, container: string): typeof NO_ADDRESSES {
  return {
    EndpointID: endpointId(container, bound.name),
    Gateway: bound.gateway ?? '',
    IPAddress: bound.ip ?? '',
    IPPrefixLen: bound.prefix,
    IPv6Gateway: bound.gateway6 ?? '',
    GlobalIPv6Address: bound.ip6 ?? '',
    GlobalIPv6PrefixLen: bound.prefix6 ?? 0,
    MacAddress: bound.mac,
  }
}

/** Docker draws one at every start; here it names the pair for as long as the container lives. */
export function endpointId(container: string, network: string): string {
  return sha256().update(`${container} ${network}`).digest('hex')
}

/** `80/tcp` → where it is published. Without `asked`: the addresses that are listened on. */
export function portMap(ports: readonly PortMapping[], asked: boolean): Record<string, object[]> {
  const map: Record<string, object[]> = {}
  for (const mapping of ports) {
    const { hostIp, hostPort, containerPort, protocol } = mapping
    const addresses = asked || hostIp !== '' ? [hostIp] : ['0.0.0.0', '::']
    const key = portKey(containerPort, protocol)
    const HostPort = asked ? hostPortWord(mapping) : String(hostPort)
    map[key] = [...(map[key] ?? []), ...addresses.map((HostIp) => ({ HostIp, HostPort }))]
  }
  return map
}
