import { describe, expect, test } from 'vitest'
import { checkStaticAddress, type NetworkRequest, planNetwork } from '../../../src/networks/network.ts'

const request: NetworkRequest = {
  name: 'mynet',
  subnets: [],
  gateways: [],
  ranges: [],
  auxiliary: [],
  ipv6: false,
  internal: false,
  dns: true,
  dnsServers: [],
  labels: {},
  options: {},
  attachable: false,
  ipv4: true,
  ipamOptions: {},
  routes: [],
  bridge: undefined,
}
const id = '0123456789abcdef'.repeat(4)
const plan = (changes: Partial<NetworkRequest>, networks: ReturnType<typeof planNetwork>[] = []) =>
  planNetwork({ ...request, ...changes }, { id, created: 'now' }, { networks, routes: [] })

test('the gateway is the first address, the interface is named after the id', () => {
  expect(plan({ subnets: ['172.30.0.0/24'] })).toMatchObject({
    bridge: 'sp-0123456789ab',
    subnets: [{ subnet: '172.30.0.0/24', gateway: '172.30.0.1', range: null, auxiliary: {} }],
  })
})

test('gateways, ranges and kept addresses go to the subnet they are in', () => {
  const { subnets } = plan({
    subnets: ['fd00:5::/64', '172.30.0.0/24'],
    gateways: ['fd00:5::ff', '172.30.0.254'],
    ranges: ['172.30.0.128/25'],
    auxiliary: ['nas=172.30.0.7'],
  })
  expect(subnets).toEqual([
    {
      subnet: '172.30.0.0/24',
      gateway: '172.30.0.254',
      range: '172.30.0.128/25',
      auxiliary: { nas: '172.30.0.7' },
    },
    { subnet: 'fd00:5::/64', gateway: 'fd00:5::ff', range: null, auxiliary: {} },
  ])
})

test('an IPv6 subnet alone comes with one of IPv4', () =>
  expect(plan({ subnets: ['fd00:5::/64'] }).subnets.map(({ subnet }) => subnet)).toEqual([
    '172.17.0.0/16',
    'fd00:5::/64',
  ]))

describe('what cannot be is refused', () => {
  const there = plan({ name: 'there', subnets: ['172.30.0.0/16'], bridge: 'br7' })
  test.each<[string, Partial<NetworkRequest>, string]>([
    ['no name', { name: '' }, 'invalid network name'],
    ['a slash in the name', { name: 'a/b' }, 'invalid network name'],
    ['the name of a mode', { name: 'host' }, 'predefined host network'],
    ['no subnet', { subnets: ['172.31.0.0'] }, 'no CIDR address'],
    ['a subnet of one address', { subnets: ['172.31.0.0/32'] }, 'the prefix must be /8 to /30'],
    ["another network's subnet", { subnets: ['172.30.7.0/24'] }, 'Pool overlaps'],
    ["that of every container's way out", { subnets: ['10.0.0.0/16'] }, 'Pool overlaps'],
    ['two that overlap', { subnets: ['fd00::/64', 'fd00::/96'] }, 'conflicting subnets'],
    ['two of IPv4', { subnets: ['10.5.0.0/24', '10.6.0.0/24'] }, 'two IPv4 subnets'],
    [
      'a gateway outside',
      { subnets: ['10.5.0.0/24'], gateways: ['10.6.0.1'] },
      'no matching subnet for --gateway',
    ],
    [
      'a range outside',
      { subnets: ['10.5.0.0/24'], ranges: ['10.5.0.0/16'] },
      'no matching subnet for --ip-range',
    ],
    ['two gateways', { subnets: ['10.5.0.0/24'], gateways: ['10.5.0.1', '10.5.0.2'] }, 'two gateways'],
    ['a kept address without a name', { auxiliary: ['172.17.0.5'] }, 'invalid --aux-address'],
    ['an interface that is there', { bridge: 'br7' }, 'that of network there'],
    ['a name no interface has', { bridge: 'sixteen-letters-' }, 'invalid interface name'],
  ])('%s', (_, changes, message) => expect(() => plan(changes, [there])).toThrow(message))
})

describe('an address a container asks for', () => {
  const network = plan({ subnets: ['172.30.0.0/24', 'fd00:5::/64'], auxiliary: ['nas=172.30.0.7'] })
  test.each([
    ['172.30.0.9', '--ip'],
    ['fd00:5::9', '--ip6'],
  ] as const)('%s', (address, flag) => expect(() => checkStaticAddress(network, address, flag)).not.toThrow())

  test.each([
    ['172.31.0.9', '--ip', 'no configured subnet'],
    ['172.30.0.1', '--ip', 'Address already in use'],
    ['172.30.0.7', '--ip', 'Address already in use'],
    ['172.30.0.0', '--ip', 'Address already in use'],
    ['172.30.0.255', '--ip', 'Address already in use'],
    ['fd00:5::9', '--ip', 'no IPv4 address'],
    ['172.30.0.9', '--ip6', 'no IPv6 address'],
  ] as const)('%s as %s is refused', (address, flag, message) =>
    expect(() => checkStaticAddress(network, address, flag)).toThrow(message),
  )
})
