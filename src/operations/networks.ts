/** `network ls`, `inspect`, `create`, `exists`. */
import type { Context } from '../cli/context.ts'
import { networkEvent } from '../containers/events.ts'
import { SampanError } from '../errors.ts'
import type { Network } from '../networks/network.ts'
import { DEFAULT_NAME, NetworkStore } from '../networks/store.ts'
import type { BoundNetwork } from '../platform/helper/bundle.ts'
import { sha256 } from '../platform/host/sha256.ts'
import { badFilter, type Filters, filterBoolean, moment, parseFilters } from './filters.ts'
import { endpointId } from './inspect-network.ts'
import { type NetworkUser, networkUsers } from './network-users.ts'

/** A bridge, or one of the two that every machine has. */
export interface NetworkRow {
  readonly id: string
  readonly name: string
  readonly driver: 'bridge' | 'host' | 'null'
  /** undefined for host and none. */
  readonly network: Network | undefined
}

const LIST_FILTERS = ['dangling', 'driver', 'id', 'label', 'label!', 'name', 'scope', 'type', 'until']

/** By name. */
export function listNetworks(filter: readonly string[], context: Context): NetworkRow[] {
  const filters = parseFilters(filter, LIST_FILTERS)
  const users = filters.has('dangling') ? networkUsers(context) : new Map()
  return rows(context).filter((row) => passes(row, filters, users))
}

function rows({ directories }: Context): NetworkRow[] {
  const bridges = new NetworkStore(directories)
    .list()
    .map((network): NetworkRow => ({ id: network.id, name: network.name, driver: 'bridge', network }))
  return [...bridges, ...PREDEFINED].sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Two that are modes and no bridges. Docker draws their ids; nothing here tells two machines' apart. */
const PREDEFINED: readonly NetworkRow[] = [
  { id: nameId('host'), name: 'host', driver: 'host', network: undefined },
  { id: nameId('none'), name: 'none', driver: 'null', network: undefined },
]

function nameId(name: string): string {
  return sha256().update(`network ${name}`).digest('hex')
}

function passes(
  row: NetworkRow,
  filters: Filters,
  users: ReadonlyMap<string, readonly NetworkUser[]>,
): boolean {
  const custom = row.network !== undefined && row.name !== DEFAULT_NAME
  return (
    filters.matches('name', (word) => row.name.includes(word)) &&
    filters.matches('id', (word) => row.id.startsWith(word)) &&
    filters.matches('driver', (word) => row.driver === word) &&
    filters.matches(
      'until',
      (time) => row.network !== undefined && Date.parse(row.network.created) < moment(time),
    ) &&
    filters.matches('scope', (word) => word === 'local') &&
    filters.matches('type', (word) => networkType(word) === custom) &&
    filters.matches(
      'dangling',
      (word) => filterBoolean('dangling', word) === (custom && !users.has(row.name)),
    ) &&
    filters.matchesLabels(row.network?.labels)
  )
}

function networkType(word: string): boolean {
  if (word === 'custom') return true
  if (word === 'builtin') return false
  throw badFilter(`invalid filter: 'type'='${word}'`, 'custom or builtin')
}

/** Docker's JSON of one network. Throws no-such-object. */
export function inspectNetwork(nameOrId: string, context: Context): object {
  const predefined = PREDEFINED.find(({ name }) => name === nameOrId)
  if (predefined !== undefined) return described(predefined, [])
  const network = new NetworkStore(context.directories).find(nameOrId)
  const row: NetworkRow = { id: network.id, name: network.name, driver: 'bridge', network }
  return described(row, networkUsers(context).get(network.name) ?? [])
}

function described({ id, name, driver, network }: NetworkRow, users: readonly NetworkUser[]): object {
  return {
    Name: name,
    Id: id,
    Created: network?.created ?? '0001-01-01T00:00:00Z',
    Scope: 'local',
    Driver: driver,
    EnableIPv4: hasIpv4(network),
    EnableIPv6: hasIpv6(network),
    IPAM: {
      Driver: 'default',
      Options: Object.keys(network?.ipamOptions ?? {}).length > 0 ? network?.ipamOptions : null,
      Config: (network?.subnets ?? []).map(({ subnet, gateway, range, auxiliary }) => ({
        Subnet: subnet,
        ...(range === null ? {} : { IPRange: range }),
        Gateway: gateway,
        ...(Object.keys(auxiliary).length === 0 ? {} : { AuxiliaryAddresses: auxiliary }),
      })),
    },
    Internal: network?.internal ?? false,
    Attachable: network?.attachable ?? false,
    Ingress: false,
    ConfigFrom: { Network: '' },
    ConfigOnly: false,
    Containers: Object.fromEntries(
      users.flatMap(({ container, name: who, bound }) =>
        bound === undefined ? [] : [[container.id, member(container.id, who, bound)]],
      ),
    ),
    Options: { 'com.docker.network.bridge.name': network?.bridge ?? '', ...network?.options },
    Labels: network?.labels ?? {},
    DNSEnabled: network?.dns ?? false,
    NetworkDNSServers: network?.dnsServers ?? [],
    NetworkInterface: network?.bridge ?? '',
    IPv6Enabled: hasIpv6(network),
    Subnets: (network?.subnets ?? []).map(({ subnet, gateway }) => ({ Subnet: subnet, Gateway: gateway })),
    Routes: (network?.routes ?? []).map(({ to, gateway, metric }) => ({
      Destination: to,
      Gateway: gateway,
      ...(metric === 0 ? {} : { Metric: metric }),
    })),
  }
}

function member(id: string, name: string, bound: BoundNetwork): object {
  return {
    Name: name,
    EndpointID: endpointId(id, bound.name),
    MacAddress: bound.mac,
    IPv4Address: bound.ip === null ? '' : `${bound.ip}/${bound.prefix}`,
    IPv6Address: bound.ip6 === null ? '' : `${bound.ip6}/${bound.prefix6}`,
  }
}

/** Of bridges, what they have; the two others have what the host has. */
export function hasIpv4(network: Network | undefined): boolean {
  return network?.subnets.some(({ subnet }) => !subnet.includes(':')) ?? true
}

export function hasIpv6(network: Network | undefined): boolean {
  return network?.subnets.some(({ subnet }) => subnet.includes(':')) ?? false
}

/** Throws conflict for a name or subnet in use. */
export function createNetwork(
  request: Parameters<NetworkStore['create']>[0],
  { directories }: Context,
): Network {
  const network = new NetworkStore(directories).create(request)
  networkEvent(directories, 'create', network)
  return network
}

/** Whether it is one of the two that are no bridges. */
export function isMode(name: string): boolean {
  return PREDEFINED.some((row) => row.name === name)
}

export function networkExists(nameOrId: string, { directories }: Context): boolean {
  if (isMode(nameOrId)) return true
  try {
    new NetworkStore(directories).find(nameOrId)
    return true
  } catch (error) {
    if (error instanceof SampanError && error.kind === 'no-such-object') return false
    throw error
  }
}
