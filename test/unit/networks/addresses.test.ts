import { describe, expect, test } from 'vitest'
import {
  contains,
  covers,
  formatAddress,
  formatSubnet,
  overlaps,
  parseAddress,
  parseSubnet,
} from '../../../src/networks/addresses.ts'
import { chooseSubnet, leadsOutside, parseRoutes, uniqueLocalSubnet } from '../../../src/networks/pools.ts'

const subnet = (text: string) => {
  const parsed = parseSubnet(text)
  if (parsed === undefined) throw new Error(text)
  return parsed
}

describe('addresses are printed in one form', () => {
  test.each([
    ['10.1.2.3', '10.1.2.3'],
    ['255.255.255.255', '255.255.255.255'],
    ['::', '::'],
    ['::1', '::1'],
    ['fd00:0:0:1::5', 'fd00:0:0:1::5'],
    ['FD00:0000:0000:0000:0000:0000:0000:0001', 'fd00::1'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
    ['::ffff:10.0.0.1', '::ffff:a00:1'],
  ])('%s', (given, printed) => {
    const address = parseAddress(given)
    expect(address && formatAddress(address)).toBe(printed)
  })

  test.each(['', '10.1.2', '10.1.2.256', 'fe80::1%eth0', 'host', '1::2::3'])('%j is none', (given) =>
    expect(parseAddress(given)).toBeUndefined(),
  )
})

describe('subnets', () => {
  test.each([
    ['10.1.2.3/24', '10.1.2.0/24'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['fd00:1:2:3:4::/64', 'fd00:1:2:3::/64'],
  ])('%s is %s', (given, printed) => expect(formatSubnet(subnet(given))).toBe(printed))

  test.each(['10.1.2.3', '10.1.2.0/33', 'fd00::/129', '/24', 'x/24', '10.0.0.0/'])('%j is none', (given) =>
    expect(parseSubnet(given)).toBeUndefined(),
  )

  test.each([
    ['10.0.0.0/8', '10.200.0.0/16', true],
    ['10.200.0.0/16', '10.0.0.0/8', true],
    ['10.0.0.0/24', '10.0.1.0/24', false],
    ['fd00::/64', '10.0.0.0/8', false],
    ['::/0', 'fd00::/64', true],
  ])('%s and %s: overlap %s', (a, b, expected) => expect(overlaps(subnet(a), subnet(b))).toBe(expected))

  test('one is in another, an address in one', () => {
    expect(covers(subnet('10.0.0.0/16'), subnet('10.0.3.0/24'))).toBe(true)
    expect(covers(subnet('10.0.3.0/24'), subnet('10.0.0.0/16'))).toBe(false)
    expect(contains(subnet('10.0.3.0/24'), { family: 4, value: 0x0a0003ffn })).toBe(true)
    expect(contains(subnet('10.0.3.0/24'), { family: 4, value: 0x0a000400n })).toBe(false)
  })
})

describe('the subnet nobody chose', () => {
  const choose = (...taken: string[]) => formatSubnet(chooseSubnet(taken.map(subnet)))

  test.each([
    [[], '172.17.0.0/16'],
    [['172.17.42.0/24'], '172.18.0.0/16'],
    [['172.16.0.0/12'], '192.168.0.0/20'],
    [['172.16.0.0/12', '192.168.1.0/24'], '192.168.16.0/20'],
    [['172.16.0.0/12', '192.168.0.0/16'], '10.89.0.0/24'],
  ])('with %j taken', (taken, expected) => expect(choose(...taken)).toBe(expected))

  test('there is one for every network until there is none', () => {
    const taken: string[] = []
    for (let count = 0; count < 15 + 16 + 256; count++) taken.push(choose(...taken))
    expect(new Set(taken).size).toBe(287)
    expect(() => choose(...taken)).toThrow('all predefined address pools have been fully subnetted')
  })

  test.each([
    ['of an interface', 'eth0', '00000000000000000000000000000000 00', true],
    ['of the loopback: unreachable', 'lo', '00000000000000000000000000000000 00', false],
    ['of a subnet', 'eth0', 'fd000000000000000000000000000000 40', false],
  ])('IPv6 leads outside by a default route %s: %s', (_, link, destination, leads) => {
    const none = '00000000000000000000000000000000'
    const line = `${destination} ${none} 00 ${none} 00000400 00000001 00000000 00000003 ${link.padStart(8)}`
    expect(leadsOutside(`${line}\n`)).toBe(leads)
  })

  test('a route of the host is stayed away from, its default route is none', () => {
    const header = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT'
    const table = [
      header,
      'eth0\t00000000\t0102A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0',
      'docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0',
      'eth0\t0002A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0',
      '',
    ].join('\n')
    expect(parseRoutes(table).map(formatSubnet)).toEqual(['172.17.0.0/16', '192.168.2.0/24'])
  })

  test('IPv6 is the /64 that the id names', () =>
    expect(formatSubnet(uniqueLocalSubnet('0123456789abcdef'))).toBe('fd01:2345:6789:abcd::/64'))
})
