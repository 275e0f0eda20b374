import { describe, expect, test } from 'vitest'
import { hostNameServers, hostsFile, parseExtraHost, resolvConf } from '../../../src/networks/hosts.ts'
import { parseNetworkMode } from '../../../src/networks/mode.ts'
import { parseExpose, parsePublish, publishExposed } from '../../../src/networks/ports.ts'

const port = (hostIp: string, hostPort: number, containerPort: number, protocol = 'tcp') => ({
  hostIp,
  hostPort,
  containerPort,
  protocol,
})

describe('-p', () => {
  test.each([
    ['80', [port('', 0, 80)]],
    ['8080:80', [port('', 8080, 80)]],
    ['8080:80/udp', [port('', 8080, 80, 'udp')]],
    ['8080:80/TCP', [port('', 8080, 80)]],
    [':80', [port('', 0, 80)]],
    ['0:80', [port('', 0, 80)]],
    ['127.0.0.1:8080:80', [port('127.0.0.1', 8080, 80)]],
    ['127.0.0.1::80', [port('127.0.0.1', 0, 80)]],
    ['[::1]:8080:80', [port('::1', 8080, 80)]],
    ['[::1]::80', [port('::1', 0, 80)]],
    ['::1:8080:80', [port('::1', 8080, 80)]],
    ['80-82', [port('', 0, 80), port('', 0, 81), port('', 0, 82)]],
    ['8000-8001:80-81', [port('', 8000, 80), port('', 8001, 81)]],
    ['8000-8010:80', [{ ...port('', 8000, 80), hostPortLast: 8010 }]],
    ['8000-8000:80', [port('', 8000, 80)]],
    ['127.0.0.1:8000-8010:53/udp', [{ ...port('127.0.0.1', 8000, 53, 'udp'), hostPortLast: 8010 }]],
    ['8080:80,proxy=v2', [{ ...port('', 8080, 80), proxy: 'v2' }]],
    ['80-81/tcp,proxy=v2', [80, 81].map((each) => ({ ...port('', 0, each), proxy: 'v2' }))],
  ])('%s', (given, expected) => expect(parsePublish(given)).toEqual(expected))

  test.each([
    ['', 'no port specified'],
    ['8080:', 'no port specified'],
    ['x', 'invalid containerPort: x'],
    ['0', 'invalid containerPort: 0'],
    ['65536', 'invalid containerPort: 65536'],
    ['99999:80', 'invalid hostPort: 99999'],
    ['82-80', 'invalid containerPort: 82-80'],
    ['8000-8002:80-81', 'invalid ranges specified'],
    ['300.0.0.1:1:2', 'invalid IP address: 300.0.0.1'],
    ['host:1:2', 'invalid IP address: host'],
    ['80/icmp', 'invalid proto: icmp'],
    ['80/sctp', 'publishing sctp (80/sctp) is not supported'],
    ['0-10:80', 'invalid ranges specified'],
    ['8080:80/udp,proxy=v2', 'the PROXY protocol over udp'],
    ['8080:80,proxy=v1', 'version 1 of the PROXY protocol'],
    ['8080:80,fast', 'invalid option "fast" of port 8080:80'],
  ])('%j is refused', (given, message) => expect(() => parsePublish(given)).toThrow(message))
})

test('--expose takes ranges, and -P publishes what is not published yet', () => {
  expect(parseExpose('80-81/udp')).toEqual([
    { port: 80, protocol: 'udp' },
    { port: 81, protocol: 'udp' },
  ])
  const published = parsePublish('8080:80')
  expect(publishExposed([...parseExpose('80'), ...parseExpose('443')], published)).toEqual([port('', 0, 443)])
  expect(() => parseExpose('x')).toThrow('invalid range format for --expose')
})

describe('--network', () => {
  test.each([
    ['slirp4netns', 'slirp'],
    ['none', 'none'],
    ['host', 'host'],
    ['pasta', 'pasta'],
  ])('%j', (given, kind) => expect(parseNetworkMode(given)).toEqual({ mode: { kind }, networks: [] }))

  test.each(['', 'default', 'bridge'])('%j is the default bridge', (given) =>
    expect(parseNetworkMode(given)).toMatchObject({
      mode: { kind: 'bridge' },
      networks: [{ network: 'bridge', ip: null, aliases: [] }],
    }),
  )

  test('container:web', () =>
    expect(parseNetworkMode('container:web')).toEqual({
      mode: { kind: 'container', container: 'web' },
      networks: [],
    }))

  test.each([
    ['slirp4netns:mtu=9000', 'is not supported'],
    ['ns:/proc/1/ns/net', 'is not supported'],
    ['mynet:ip=300.0.0.1', 'it is no IPv4 address'],
    ['mynet:colour=red', 'invalid field key colour'],
    ['mynet:alias=', 'invalid field "alias="'],
    ['ip=10.0.0.1', 'names no network'],
    ['container:', 'it lacks a container'],
  ])('%s is refused', (given, message) => expect(() => parseNetworkMode(given)).toThrow(message))
})

describe('name files', () => {
  const settings = {
    mode: { kind: 'slirp' },
    hostname: 'abc',
    domainname: '',
    dns: [],
    dnsSearch: [],
    dnsOptions: [],
    extraHosts: [],
  } as const

  test('the host has both names, the container its own, what was added comes first', () => {
    const lines = hostsFile({ ...settings, extraHosts: ['db:10.1.2.3', 'gw:host-gateway'] }, '').split('\n')
    expect(lines).toContain('10.0.2.2\thost.docker.internal host.containers.internal')
    expect(lines).toContain('10.0.2.100\tabc')
    expect(lines).toContain('10.0.2.2\tgw')
    expect(lines).toContain('10.1.2.3\tdb')
  })

  test("with --network host they are the host's own lines first", () => {
    const text = hostsFile({ ...settings, mode: { kind: 'host' } }, '10.9.9.9\tnas\n')
    expect(text).toMatch(/^10\.9\.9\.9\tnas\n/)
    expect(text).toContain('127.0.0.1\thost.docker.internal')
  })

  test('without a network there is no way to the host', () =>
    expect(hostsFile({ ...settings, mode: { kind: 'none' } }, '')).not.toContain('host.docker.internal'))

  test.each([
    [{}, 'nameserver 10.0.2.3\nsearch corp.example\noptions ndots:2\n'],
    [
      { dns: ['1.1.1.1', '::1'] },
      'nameserver 1.1.1.1\nnameserver ::1\nsearch corp.example\noptions ndots:2\n',
    ],
    [{ dnsSearch: ['a.b'], dnsOptions: ['use-vc'] }, 'nameserver 10.0.2.3\nsearch a.b\noptions use-vc\n'],
    [{ dnsSearch: ['.'] }, 'nameserver 10.0.2.3\noptions ndots:2\n'],
    [{ mode: { kind: 'host' } }, 'nameserver 127.0.0.53\nsearch corp.example\noptions ndots:2\n'],
  ] as const)('resolv.conf with %j', (changes, expected) =>
    expect(
      resolvConf(
        { ...settings, ...changes },
        'nameserver 127.0.0.53\nsearch corp.example\noptions ndots:2\n',
      ),
    ).toBe(expected),
  )

  test.each([
    ['db:10.1.2.3', 'db:10.1.2.3'],
    ['db=10.1.2.3', 'db:10.1.2.3'],
    ['db:::1', 'db:::1'],
    ['db:[::1]', 'db:::1'],
    ['h:host-gateway', 'h:host-gateway'],
  ])('--add-host %s', (given, expected) => expect(parseExtraHost(given)).toBe(expected))

  test.each(['db', 'db:', ':1.2.3.4', 'db:nowhere'])('--add-host %j is refused', (given) =>
    expect(() => parseExtraHost(given)).toThrow(/add-host/),
  )
})

test.each<[string, string, boolean, string[]]>([
  ['one', 'nameserver 10.9.9.9', true, ['10.0.2.3']],
  ['on the loopback', '# stub\nnameserver 127.0.0.53\noptions edns0', true, ['10.0.2.3']],
  ['a second one', 'nameserver 127.0.0.53\nnameserver\t10.9.9.9\n', true, ['10.0.2.3', '10.9.9.9']],
  ['a second one on the loopback', 'nameserver 10.9.9.9\nnameserver 127.0.0.1', true, ['10.0.2.3']],
  ['IPv6 first', 'nameserver 2001:db8::1\nnameserver 10.9.9.9', true, ['2001:db8::1', '10.0.2.3']],
  ['IPv6 that leads nowhere', 'nameserver 2001:db8::1\nnameserver 10.9.9.9', false, ['10.0.2.3']],
  ['IPv6 of a link', 'nameserver fe80::1%eth0\nnameserver ::1', true, ['10.0.2.3']],
  ['none', '', true, ['10.0.2.3']],
])('the host’s name servers as a network reaches them: %s', (_, text, ipv6, expected) =>
  expect(hostNameServers(text, ipv6)).toEqual(expected),
)

test('with the way to the host’s loopback shut and no names on its networks, it asks what it can reach itself', () => {
  const settings = {
    mode: { kind: 'bridge' },
    hostname: 'abc',
    domainname: '',
    dns: [],
    dnsSearch: [],
    dnsOptions: [],
    extraHosts: [],
    noHostLoopback: true,
  } as const
  const own = 'nameserver 127.0.0.53\nnameserver 10.9.9.9\n'
  expect(resolvConf(settings, own)).toBe('nameserver 10.9.9.9\n')
  expect(resolvConf({ ...settings, noHostLoopback: false }, own)).toBe(
    'nameserver 10.0.2.3\nnameserver 10.9.9.9\n',
  )
})
