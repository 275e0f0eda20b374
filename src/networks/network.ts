/** A network: what is known of it on disk, and the rules for a new one. Pure. */
import { SampanError, unsupported, usage } from '../errors.ts'
import {
  type Address,
  contains,
  covers,
  formatAddress,
  formatSubnet,
  lastOf,
  overlaps,
  parseAddress,
  parseSubnet,
  type Subnet,
} from './addresses.ts'
import { chooseSubnet, firstAddress, type Pool, reserved, uniqueLocalSubnet } from './pools.ts'

/** DATA/networks/NAME.json. Written once by `network create`. */
export interface Network {
  readonly version: 1
  /** 64 hex digits. */
  readonly id: string
  readonly name: string
  /** RFC 3339, UTC. */
  readonly created: string
  readonly driver: 'bridge'
  /** Name of the kernel's interface: 15 bytes at most. */
  readonly bridge: string
  /** One for IPv4, if it has that, then one for each IPv6 subnet. */
  readonly subnets: readonly NetworkSubnet[]
  /** Leads nowhere outside. */
  readonly internal: boolean
  /** Whether its containers find each other by name. */
  readonly dns: boolean
  /** Where names of other places are asked for; empty: the host's own servers. */
  readonly dnsServers: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly options: Readonly<Record<string, string>>
  /** Said at the creation and shown by inspect: it means something to clusters only. */
  readonly attachable: boolean
  /** `--ipam-opt`, shown by inspect. */
  readonly ipamOptions?: Readonly<Record<string, string>>
  /** `--route`: what its containers send to somebody else than the gateway. */
  readonly routes?: readonly NetworkRoute[]
}

export interface NetworkRoute {
  /** `10.8.0.0/16` */
  readonly to: string
  readonly gateway: string
  /** 0: the kernel's. */
  readonly metric: number
}

export interface NetworkSubnet {
  /** `172.18.0.0/16` */
  readonly subnet: string
  readonly gateway: string
  /** Only addresses of this part are given to containers that ask for none; null: all. */
  readonly range: string | null
  /** `--aux-address`: kept for something else. */
  readonly auxiliary: Readonly<Record<string, string>>
}

/** What `network create` asks for, as typed. */
export interface NetworkRequest {
  readonly name: string
  readonly subnets: readonly string[]
  readonly gateways: readonly string[]
  readonly ranges: readonly string[]
  /** `NAME=ADDRESS` */
  readonly auxiliary: readonly string[]
  readonly ipv4: boolean
  readonly ipv6: boolean
  readonly internal: boolean
  readonly dns: boolean
  readonly dnsServers: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly options: Readonly<Record<string, string>>
  readonly attachable: boolean
  readonly ipamOptions: Readonly<Record<string, string>>
  /** `TO,GATEWAY[,METRIC]` */
  readonly routes: readonly string[]
  /** `--interface-name`; undefined: made from the id. */
  readonly bridge: string | undefined
}

export interface Taken {
  readonly networks: readonly Network[]
  /** What the host's own interfaces lead to: only the pools stay away from it. */
  readonly routes: readonly Subnet[]
  /** Where subnets come from that nobody chose; undefined: docker's and podman's pools. */
  readonly pools?: readonly Pool[] | undefined
}

/** Names of `--network` that are no bridges. */
export const modes = ['none', 'host', 'slirp', 'slirp4netns', 'pasta', 'default', 'private', 'container']

/** Throws usage for a name that no network may have. */
export function checkNetworkName(name: string): void {
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(name)) {
    throw usage(
      `invalid network name "${name}": only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`,
      'letters, digits, dots, dashes and underscores',
    )
  }
  if (name.length > 200) throw usage(`invalid network name: it has ${name.length} letters`, '200 at most')
  if (modes.includes(name)) {
    throw new SampanError(`operation is not permitted on predefined ${name} network`, {
      kind: 'conflict',
      hint: 'choose another name',
    })
  }
}

/** Joins what was asked for with what is free. Throws usage and conflict; nothing is made. */
export function planNetwork(
  request: NetworkRequest,
  { id, created }: Pick<Network, 'id' | 'created'>,
  taken: Taken,
): Network {
  checkNetworkName(request.name)
  const asked = request.subnets.map((text) => askedSubnet(text, taken.networks))
  checkPairs(asked)
  const used = [...taken.networks.flatMap(subnetsOf), ...taken.routes]
  checkFamilies(request, asked)
  const subnets = [
    ...(request.ipv4 && !asked.some(({ family }) => family === 4)
      ? [chooseSubnet([...used, ...asked], taken.pools)]
      : []),
    ...asked,
    ...(request.ipv6 && !asked.some(({ family }) => family === 6) ? [uniqueLocalSubnet(id)] : []),
  ]
  subnets.sort((a, b) => a.family - b.family)
  const details = distribute(request, subnets)
  return {
    version: 1,
    id,
    name: request.name,
    created,
    driver: 'bridge',
    bridge: bridgeName(request.bridge, id, taken.networks),
    subnets: details,
    internal: request.internal,
    dns: request.dns,
    dnsServers: request.dnsServers,
    labels: request.labels,
    options: request.options,
    attachable: request.attachable,
    ipamOptions: request.ipamOptions,
    routes: request.routes.map(parseRoute),
  }
}

function checkFamilies({ ipv4, ipv6 }: NetworkRequest, asked: readonly Subnet[]): void {
  if (ipv4) return
  if (asked.some(({ family }) => family === 4))
    throw usage('conflicting options: --ipv4=false and an IPv4 subnet')
  if (!ipv6 && asked.length === 0)
    throw usage('IPv4 or IPv6 must be enabled', 'add --ipv6, or leave --ipv4=false out')
}

/** `TO,GATEWAY[,METRIC]`, as podman has it. Throws usage. */
function parseRoute(given: string): NetworkRoute {
  const form = 'write SUBNET,GATEWAY or SUBNET,GATEWAY,METRIC, like 10.8.0.0/16,172.18.0.9'
  const [to = '', via = '', metric = '0', ...rest] = given.split(',')
  const [subnet, gateway] = [parseSubnet(to), parseAddress(via)]
  if (
    subnet === undefined ||
    gateway?.family !== subnet.family ||
    rest.length > 0 ||
    !/^\d{1,9}$/.test(metric)
  )
    throw usage(`invalid route ${given}`, form)
  return { to: formatSubnet(subnet), gateway: formatAddress(gateway), metric: Number(metric) }
}

export function subnetsOf(network: Network): Subnet[] {
  return network.subnets.map(({ subnet }) => parseSubnet(subnet) as Subnet)
}

/** Throws usage for an address that a container on this network cannot ask for. */
export function checkStaticAddress(network: Network, text: string, flag: '--ip' | '--ip6'): void {
  const address = parseAddress(text)
  const family = flag === '--ip' ? 4 : 6
  if (address?.family !== family)
    throw usage(`invalid argument "${text}" for "${flag}": it is no IPv${family} address`)
  const home = network.subnets.find(({ subnet }) => contains(parseSubnet(subnet) as Subnet, address))
  if (home === undefined) {
    throw usage(
      `no configured subnet contains IP address ${text}`,
      `${network.name} has ${network.subnets.map(({ subnet }) => subnet).join(', ')}`,
    )
  }
  const subnet = parseSubnet(home.subnet) as Subnet
  const edge = address.value === subnet.first || (family === 4 && address.value === lastOf(subnet))
  if (text === home.gateway || edge || Object.values(home.auxiliary).includes(text)) {
    throw usage(`Address already in use: ${text} is kept by network ${network.name}`, 'choose another one')
  }
}

function askedSubnet(text: string, networks: readonly Network[]): Subnet {
  const subnet = parseSubnet(text)
  if (subnet === undefined) {
    throw usage(`invalid subnet ${text}: it is no CIDR address`, 'write it like 172.30.0.0/16 or fd00:1::/64')
  }
  const [least, most] = subnet.family === 4 ? [8, 30] : [32, 120]
  if (subnet.prefix < least || subnet.prefix > most)
    throw usage(`invalid subnet ${text}: the prefix must be /${least} to /${most}`)
  const rival = networks.find((network) => subnetsOf(network).some((other) => overlaps(subnet, other)))
  if (rival !== undefined) {
    throw new SampanError('Pool overlaps with other one on this address space', {
      kind: 'conflict',
      hint: `${text} overlaps ${rival.subnets.map((other) => other.subnet).join(', ')} of network ${rival.name}`,
    })
  }
  if (reserved.some((other) => overlaps(subnet, other))) {
    throw new SampanError('Pool overlaps with other one on this address space', {
      kind: 'conflict',
      hint: `${text} overlaps ${reserved.map(formatSubnet).join(' or ')}, which every container's way out needs`,
    })
  }
  return subnet
}

function checkPairs(asked: readonly Subnet[]): void {
  for (const [at, one] of asked.entries()) {
    const other = asked.slice(at + 1).find((later) => overlaps(one, later))
    if (other !== undefined)
      throw usage(`conflicting subnets: ${formatSubnet(one)} and ${formatSubnet(other)} overlap`)
  }
  if (asked.filter(({ family }) => family === 4).length > 1)
    throw unsupported('a network with two IPv4 subnets', 'create two networks: a container may be on both')
}

/** Gives each gateway, range and auxiliary address to the subnet it is in. */
function distribute(request: NetworkRequest, subnets: readonly Subnet[]): NetworkSubnet[] {
  const gateways = request.gateways.map((text) => placed(text, '--gateway', subnets))
  const ranges = request.ranges.map((text) => placedRange(text, subnets))
  const auxiliary = request.auxiliary.map((text) => placedAuxiliary(text, subnets))
  return subnets.map((subnet) => {
    const own = gateways.filter((gateway) => contains(subnet, gateway))
    if (own.length > 1) throw usage(`two gateways for ${formatSubnet(subnet)}`, 'give one --gateway a subnet')
    const range = ranges.find((inner) => covers(subnet, inner))
    const addresses = auxiliary.filter(({ address }) => contains(subnet, address))
    return {
      subnet: formatSubnet(subnet),
      gateway: formatAddress(own[0] ?? firstAddress(subnet)),
      range: range === undefined ? null : formatSubnet(range),
      auxiliary: Object.fromEntries(addresses.map(({ name, address }) => [name, formatAddress(address)])),
    }
  })
}

function placed(text: string, flag: string, subnets: readonly Subnet[]): Address {
  const address = parseAddress(text)
  if (address === undefined) throw usage(`invalid argument "${text}" for "${flag}": it is no IP address`)
  if (!subnets.some((subnet) => contains(subnet, address))) throw outside(text, flag, subnets)
  return address
}

function placedRange(text: string, subnets: readonly Subnet[]): Subnet {
  const range = parseSubnet(text)
  if (range === undefined) throw usage(`invalid --ip-range ${text}: it is no CIDR address`)
  if (!subnets.some((subnet) => covers(subnet, range))) throw outside(text, '--ip-range', subnets)
  return range
}

function placedAuxiliary(text: string, subnets: readonly Subnet[]): { name: string; address: Address } {
  const equals = text.indexOf('=')
  if (equals < 1) throw usage(`invalid --aux-address ${text}`, 'write NAME=ADDRESS')
  return { name: text.slice(0, equals), address: placed(text.slice(equals + 1), '--aux-address', subnets) }
}

function outside(text: string, flag: string, subnets: readonly Subnet[]): SampanError {
  return usage(
    `no matching subnet for ${flag} ${text}`,
    `the network has ${subnets.map(formatSubnet).join(', ')}: give --subnet for another`,
  )
}

function bridgeName(asked: string | undefined, id: string, networks: readonly Network[]): string {
  const name = asked ?? `sp-${id.slice(0, 12)}`
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,14}$/.test(name))
    throw usage(`invalid interface name "${name}"`, '15 letters, digits, dots and dashes at most')
  const rival = networks.find(({ bridge }) => bridge === name)
  if (rival !== undefined)
    throw new SampanError(`interface name ${name} is that of network ${rival.name}`, { kind: 'conflict' })
  return name
}

/** Checks the shape far enough that the rest of the program may trust it. */
export function parseNetwork(value: unknown): Network {
  const record = value as Partial<Network> | null
  if (record?.version !== 1 || typeof record.name !== 'string' || !Array.isArray(record.subnets))
    throw new Error('not a network record of version 1')
  return record as Network
}
