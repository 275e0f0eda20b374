import { describe, expect, test } from 'vitest'
import { linkEnvironment, linkHosts } from '../../../src/containers/links.ts'
import { type Attachment, parseAttachment, parseLink, parseMac } from '../../../src/networks/attachment.ts'
import { networkModeWord, networkNames, parseNetworks } from '../../../src/networks/mode.ts'

const on = (network: string, changes: Partial<Attachment> = {}): Attachment => ({
  network,
  ip: null,
  ip6: null,
  mac: null,
  aliases: [],
  interface: null,
  ...changes,
})

describe('--network NAME…', () => {
  test.each([
    ['mynet', on('mynet')],
    ['mynet:ip=10.1.2.3', on('mynet', { ip: '10.1.2.3' })],
    ['mynet:ip=fd00::3', on('mynet', { ip6: 'fd00::3' })],
    ['mynet:ip6=fd00::3,alias=a,alias=b', on('mynet', { ip6: 'fd00::3', aliases: ['a', 'b'] })],
    ['mynet:mac=02-42-AC-11-00-05', on('mynet', { mac: '02:42:ac:11:00:05' })],
    ['mynet:interface_name=lan0', on('mynet', { interface: 'lan0' })],
    ['name=mynet,alias=a,ip=10.1.2.3', on('mynet', { ip: '10.1.2.3', aliases: ['a'] })],
  ])('%s', (given, expected) => expect(parseAttachment(given)).toEqual(expected))

  test('several bridges, named by the first', () => {
    const networking = parseNetworks(['one:alias=x', 'two'])
    expect(networkNames(networking)).toEqual(['one', 'two'])
    expect(networkModeWord(networking)).toBe('one')
  })

  test.each([
    [['one', 'host'], 'conflicting options: network host and another network'],
    [['one', 'one:ip=10.0.0.1'], 'network "one" is specified multiple times'],
  ])('%j is refused', (given, message) => expect(() => parseNetworks(given)).toThrow(message))

  test.each(['01:42:ac:11:00:05', '02:42', '00:00:00:00:00:00', 'g2:42:ac:11:00:05'])(
    'MAC address %s is refused',
    (given) => expect(() => parseMac(given)).toThrow('invalid MAC address'),
  )
})

describe('--link', () => {
  test.each([
    ['db', { container: 'db', alias: 'db' }],
    ['/db:store', { container: 'db', alias: 'store' }],
  ])('%s', (given, expected) => expect(parseLink(given)).toEqual(expected))

  test.each(['', ':x', 'a:b:c'])('%j is refused', (given) =>
    expect(() => parseLink(given)).toThrow('bad format for links'),
  )

  const db = {
    alias: 'my-db',
    name: 'db',
    id: 'f'.repeat(64),
    address: '172.17.0.5',
    exposed: [
      { port: 53, protocol: 'udp' },
      { port: 5432, protocol: 'tcp' },
    ],
    environment: ['PASSWORD=x=y', 'PATH=/bin', 'HOME=/root'],
  } as const

  test("docker's variables", () =>
    expect(linkEnvironment('web', [db])).toEqual([
      'MY_DB_PORT=tcp://172.17.0.5:5432',
      'MY_DB_PORT_5432_TCP=tcp://172.17.0.5:5432',
      'MY_DB_PORT_5432_TCP_ADDR=172.17.0.5',
      'MY_DB_PORT_5432_TCP_PORT=5432',
      'MY_DB_PORT_5432_TCP_PROTO=tcp',
      'MY_DB_PORT_53_UDP=udp://172.17.0.5:53',
      'MY_DB_PORT_53_UDP_ADDR=172.17.0.5',
      'MY_DB_PORT_53_UDP_PORT=53',
      'MY_DB_PORT_53_UDP_PROTO=udp',
      'MY_DB_NAME=/web/my-db',
      'MY_DB_ENV_PASSWORD=x=y',
    ]))

  test('lines of hosts, none for one without an address', () =>
    expect(linkHosts([db, { ...db, address: '' }])).toBe('172.17.0.5\tmy-db ffffffffffff db\n'))
})
