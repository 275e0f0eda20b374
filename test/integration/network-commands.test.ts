/** The commands on networks: what they print, what they refuse, and with which sentence. */
import { rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)

afterEach(async () => {
  await user.sampan(['rm', '-f', '-a'])
  await user.sampan(['network', 'prune', '-f'])
})

const create = (...words: string[]) => user.ok(['network', 'create', ...words])
const inspect = (name: string, format: string) => user.ok(['network', 'inspect', '-f', format, name])
const refused = async (words: readonly string[]) => {
  const { code, stdout, stderr } = await user.sampan(words)
  return { code, stdout, stderr }
}

describe('ls and inspect', () => {
  test('the three that are always there, and their table', async () => {
    expect(await user.ok(['network', 'ls'])).toMatch(
      /^NETWORK ID {5}NAME {6}DRIVER {4}SCOPE\n[0-9a-f]{12} {3}bridge {4}bridge {4}local\n[0-9a-f]{12} {3}host {6}host {6}local\n[0-9a-f]{12} {3}none {6}null {6}local$/,
    )
  })

  test('one of each kind of option, as inspect shows it', async () => {
    const id = await create(
      ...[
        '--subnet',
        '10.44.0.0/24',
        '--gateway',
        '10.44.0.254',
        '--ip-range',
        '10.44.0.128/25',
        '--internal',
      ],
      ...['--aux-address', 'printer=10.44.0.200', '--label', 'team=red', '--attachable', '--disable-dns'],
      ...['--subnet', 'fd00:44::/64', '--interface-name', 'br-mine', '-o', 'mtu=1400', 'mynet'],
    )
    expect(id).toMatch(/^[0-9a-f]{64}$/)
    const [shown] = JSON.parse(await user.ok(['network', 'inspect', 'mynet']))
    expect(shown).toEqual({
      Name: 'mynet',
      Id: id,
      Created: expect.stringMatching(/^\d{4}-.*Z$/),
      Scope: 'local',
      Driver: 'bridge',
      EnableIPv4: true,
      EnableIPv6: true,
      IPAM: {
        Driver: 'default',
        Options: null,
        Config: [
          {
            Subnet: '10.44.0.0/24',
            IPRange: '10.44.0.128/25',
            Gateway: '10.44.0.254',
            AuxiliaryAddresses: { printer: '10.44.0.200' },
          },
          { Subnet: 'fd00:44::/64', Gateway: 'fd00:44::1' },
        ],
      },
      Internal: true,
      Attachable: true,
      Ingress: false,
      ConfigFrom: { Network: '' },
      ConfigOnly: false,
      Containers: {},
      Options: { 'com.docker.network.bridge.name': 'br-mine', mtu: '1400' },
      IPv6Enabled: true,
      Subnets: [
        { Subnet: '10.44.0.0/24', Gateway: '10.44.0.254' },
        { Subnet: 'fd00:44::/64', Gateway: 'fd00:44::1' },
      ],
      Routes: [],
      Labels: { team: 'red' },
      DNSEnabled: false,
      NetworkDNSServers: [],
      NetworkInterface: 'br-mine',
    })
    // The range, less what is kept.
    const run = ['run', '--rm', '--network', 'mynet', image, 'ip', '-4', '-o', 'addr', 'show', 'eth0']
    expect(await user.ok(run)).toMatch(/ 10\.44\.0\.(129|1[3-9]\d|2[0-4]\d|25[0-3])\/24 /)
    expect(
      await user.ok(['run', '--rm', '--network', 'mynet', image, 'cat', '/sys/class/net/eth0/mtu']),
    ).toBe('1400')
    expect(
      await user.ok(['run', '--rm', '--network', 'mynet', image, 'cat', '/etc/resolv.conf']),
    ).not.toContain('10.44.0.254')
  })

  test('filters and formats', async () => {
    await create('--label', 'team=red', 'red')
    const blue = await create('--label', 'team=blue', 'blue')
    await user.ok(['create', '--name', 'web', '--network', 'red', image, 'true'])
    const names = (...filters: string[]) =>
      user.ok(['network', 'ls', '--format', '{{.Name}}', ...filters.flatMap((filter) => ['-f', filter])])
    expect(await names('name=e')).toBe('blue\nbridge\nnone\nred')
    expect(await names('label=team')).toBe('blue\nred')
    expect(await names('label=team=red')).toBe('red')
    expect(await names('driver=null')).toBe('none')
    expect(await names('dangling=true')).toBe('blue')
    expect(await names('until=1h', 'type=custom')).toBe('')
    expect(await names(`until=${Math.ceil(Date.now() / 1000) + 60}`, 'type=custom')).toBe('blue\nred')
    expect(await names('type=builtin')).toBe('bridge\nhost\nnone')
    expect(await names(`id=${blue.slice(0, 8)}`)).toBe('blue')
    expect(await names('name=red', 'name=blue', 'type=custom')).toBe('blue\nred')
    expect(await user.ok(['network', 'ls', '-q', '--no-trunc', '-f', 'name=blue'])).toBe(blue)
    expect((await refused(['network', 'ls', '-f', 'nonsense=1'])).stderr).toContain(
      "invalid filter 'nonsense",
    )
    expect(await user.ok(['network', 'inspect', blue.slice(0, 6), '-f', '{{.Name}}'])).toBe('blue')
  })
})

describe('what cannot be is refused, and nothing is made', () => {
  test.each<[string, string[], string]>([
    ['a name twice', ['mynet'], 'network with name mynet already exists'],
    ['a predefined name', ['host'], 'operation is not permitted on predefined host network'],
    ['no name', [], 'network create needs a name'],
    ['a name that is none', ['-x/y'], 'unknown shorthand flag'],
    ['another one’s subnet', ['--subnet', '10.44.0.128/25', 'other'], 'Pool overlaps with other one'],
    ['the way out’s subnet', ['--subnet', '10.0.2.0/24', 'other'], 'Pool overlaps with other one'],
    ['no subnet', ['--subnet', '10.44.0.0', 'other'], 'invalid subnet 10.44.0.0'],
    [
      'a gateway elsewhere',
      ['--subnet', '10.45.0.0/24', '--gateway', '10.46.0.1', 'other'],
      'no matching subnet',
    ],
    [
      'a range elsewhere',
      ['--subnet', '10.45.0.0/24', '--ip-range', '10.46.0.0/25', 'other'],
      'no matching subnet',
    ],
    ['another one’s interface', ['--interface-name', 'br-mine', 'other'], 'is that of network mynet'],
    ['macvlan', ['-d', 'macvlan', 'other'], 'a plain user may not put containers on the network outside'],
    ['ipvlan', ['-d', 'ipvlan', 'other'], 'a plain user may not'],
    ['overlay', ['-d', 'overlay', 'other'], 'networks are of this machine'],
    ['an option without effect', ['-o', 'parent=eth0', 'other'], 'known are mtu,'],
    ['a tiny MTU', ['-o', 'com.docker.network.driver.mtu=99', 'other'], 'a number from 1280 to 65520'],
    [
      'another one’s interface by docker’s option',
      ['-o', 'com.docker.network.bridge.name=br-mine', 'other'],
      'is that of network mynet',
    ],
    ['a name server that is none', ['--dns', 'nowhere', 'other'], 'it is no IP address'],
  ])('%s', async (_, words, message) => {
    await create('--subnet', '10.44.0.0/24', '--interface-name', 'br-mine', 'mynet')
    const before = await user.ok(['network', 'ls', '-q'])
    const { code, stdout, stderr } = await refused(['network', 'create', ...words])
    expect({ stdout, stderr }).toEqual({ stdout: '', stderr: expect.stringContaining(message) })
    expect([1, 125]).toContain(code)
    expect(await user.ok(['network', 'ls', '-q'])).toBe(before)
  })

  test('--ignore: the one that is there', async () => {
    const id = await create('mynet')
    expect(await create('--ignore', 'mynet')).toBe(id)
  })

  test('of eight that make one network at once, one does', async () => {
    const results = await Promise.all(
      Array.from({ length: 8 }, () => user.sampan(['network', 'create', 'mynet'])),
    )
    expect(results.map(({ code }) => code).sort()).toEqual([0, 1, 1, 1, 1, 1, 1, 1])
    const others = await Promise.all(Array.from({ length: 6 }, (_, at) => create(`other${at}`)))
    const subnets = await Promise.all(others.map((id) => inspect(id, '{{(index .IPAM.Config 0).Subnet}}')))
    expect(new Set(subnets).size).toBe(6)
  })
})

describe('connect and disconnect', () => {
  test.each<[string, string[], string]>([
    ['host', ['connect', 'host', 'web'], 'connected to host network'],
    ['none', ['connect', 'none', 'web'], 'private (none) mode'],
    ['a network that is not there', ['connect', 'nowhere', 'web'], 'network nowhere not found'],
    ['a container that is not there', ['connect', 'mynet', 'nobody'], 'No such container: nobody'],
    ['twice', ['connect', 'bridge', 'web'], 'already exists in network bridge'],
    ['an address outside', ['connect', '--ip', '10.45.0.9', 'mynet', 'web'], 'no configured subnet contains'],
    ['an address in use', ['connect', '--ip', '10.44.0.9', 'mynet', 'web'], 'already in use'],
    ['the gateway’s address', ['connect', '--ip', '10.44.0.1', 'mynet', 'web'], 'Address already in use'],
    ['no address', ['connect', '--ip', 'x', 'mynet', 'web'], 'it is no IPv4 address'],
    ['off one it is not on', ['disconnect', 'mynet', 'web'], 'is not connected to network mynet'],
    ['--gw-priority', ['connect', '--gw-priority', '5', 'mynet', 'web'], 'joined first leads outside'],
  ])('%s: refused, and the container is where it was', async (_, words, message) => {
    await create('--subnet', '10.44.0.0/24', 'mynet')
    const sleep = [image, 'sleep', '600']
    await user.ok(['run', '-d', '--name', 'db', '--network', 'mynet:ip=10.44.0.9', ...sleep])
    await user.ok(['run', '-d', '--name', 'web', '--network', 'bridge', ...sleep])
    const { code, stderr } = await refused(['network', ...words])
    expect(stderr).toContain(message)
    expect([1, 125]).toContain(code)
    expect(
      await user.ok(['inspect', '-f', '{{range $k, $v := .NetworkSettings.Networks}}{{$k}} {{end}}', 'web']),
    ).toBe('bridge ')
    expect(await user.ok(['exec', 'web', 'ls', '/sys/class/net'])).toBe('eth0\nlo')
  })

  test('other driver options are refused, at connect and in --network', async () => {
    await create('mynet')
    await user.ok(['create', '--name', 'web', image, 'true'])
    const option = 'com.docker.network.endpoint.sysctls=x=1'
    const connect = await refused(['network', 'connect', '--driver-opt', option, 'mynet', 'web'])
    expect(connect.stderr).toContain('ifname=NAME names the interface')
    const named = 'name=mynet,driver-opt=com.docker.network.endpoint.ifname=shop0'
    expect(await user.ok(['run', '--rm', '--network', named, image, 'ls', '/sys/class/net'])).toBe(
      'lo\nshop0',
    )
  })

  test('with all that may be asked for', async () => {
    await create('--subnet', '10.44.0.0/24', '--subnet', 'fd00:44::/64', 'mynet')
    await user.ok(['run', '-d', '--name', 'web', image, 'sleep', '600'])
    const flags = [
      '--ip',
      '10.44.0.9',
      '--ip6',
      'fd00:44::9',
      '--mac-address',
      '02:42:00:00:00:09',
      '--alias',
      'w',
      '--driver-opt',
      'com.docker.network.endpoint.ifname=shop0',
    ]
    await user.ok(['network', 'connect', ...flags, 'mynet', 'web'])
    const shown = await user.ok(['exec', 'web', 'ip', 'addr', 'show', 'shop0'])
    for (const text of ['10.44.0.9/24', 'fd00:44::9/64', '02:42:00:00:00:09']) expect(shown).toContain(text)
    expect(await user.ok(['exec', 'web', 'nslookup', 'w'])).toContain('10.44.0.9')
    // The same again after a restart.
    await user.ok(['restart', '-t', '0', 'web'])
    expect(await user.ok(['exec', 'web', 'ip', 'addr', 'show', 'shop0'])).toContain('02:42:00:00:00:09')
  })
})

describe('rm and prune', () => {
  test('each of several; what cannot go does not keep the others', async () => {
    await create('one')
    await create('two')
    await user.ok(['create', '--name', 'web', '--network', 'two', image, 'true'])
    const { code, stdout, stderr } = await refused(['network', 'rm', 'one', 'two', 'three', 'bridge'])
    expect({ code, stdout }).toEqual({ code: 1, stdout: 'one\n' })
    for (const text of ['in use by container web', 'network three not found', 'pre-defined network'])
      expect(stderr).toContain(text)
    expect(await refused(['network', 'rm', '-f', 'three'])).toMatchObject({ code: 0 })
  })

  test('--force --time takes the containers along, and so does --force as podman', async () => {
    await create('busy')
    const run = ['run', '-d', '--name', 'web', '--network', 'busy', image, 'sleep', '600']
    await user.ok(run)
    expect(await refused(['network', 'rm', '-f', 'busy'])).toMatchObject({ code: 1 })
    expect((await refused(['network', 'rm', '-t', '0', 'busy'])).stderr).toContain('--time is for --force')
    expect(await user.ok(['network', 'rm', '-f', '-t', '0', 'busy'])).toBe('busy')
    expect(await user.ok(['ps', '-aq'])).toBe('')
    await create('busy')
    await user.ok(run)
    const podman = join(user.folder, 'podman')
    symlinkSync(user.executable, podman)
    expect(await user.run([podman, 'network', 'rm', '-f', 'busy'])).toMatchObject({
      code: 0,
      stdout: 'busy\n',
    })
    expect(await user.ok(['ps', '-aq'])).toBe('')
    expect(await refused(['network', 'rm', '-f', '-t', '0', 'bridge'])).toMatchObject({ code: 1 })
    // Podman names networks by itself, too.
    for (const name of ['podman1', 'podman2'])
      expect(await user.run([podman, 'network', 'create'])).toMatchObject({ code: 0, stdout: `${name}\n` })
  })

  test('prune takes those that nobody is on, by label and age, and says so before with --dry-run', async () => {
    await create('--label', 'keep', 'kept')
    await create('gone')
    await create('used')
    await user.ok(['create', '--name', 'web', '--network', 'used', image, 'true'])
    expect(await user.ok(['network', 'prune', '--dry-run', '--filter', 'label!=keep'])).toContain('gone')
    expect(await user.ok(['network', 'prune', '-f', '--filter', 'until=1h'])).toBe('')
    expect(await user.ok(['network', 'prune', '-f', '--filter', 'label!=keep'])).toBe(
      'Deleted Networks:\ngone\n',
    )
    expect(await user.ok(['network', 'ls', '-f', 'type=custom', '--format', '{{.Name}}'])).toBe('kept\nused')
    expect(await user.sampan(['network', 'exists', 'kept'])).toMatchObject({ code: 0 })
    expect(await user.sampan(['network', 'exists', 'gone'])).toMatchObject({ code: 1, stderr: '' })
  })
})

describe('subnets that nobody chose', () => {
  afterEach(() => rmSync(join(user.home, '.config'), { recursive: true, force: true }))
  const pools = (...defaultAddressPools: object[]) =>
    user.file('home/.config/sampan/config.json', JSON.stringify({ defaultAddressPools }))
  const subnet = (name: string) =>
    user.ok(['network', 'inspect', '-f', '{{(index .IPAM.Config 0).Subnet}}', name])

  test('are of the pools of config.json, in their order, until there is none left', async () => {
    await user.ok(['run', '--rm', image, 'true']) // the default network is there, and stays what it is
    pools({ base: '10.60.0.0/23', size: 24 }, { base: '10.61.0.0/28', size: 28 })
    for (const name of ['one', 'two', 'three']) await create(name)
    expect([await subnet('one'), await subnet('two'), await subnet('three')]).toEqual([
      '10.60.0.0/24',
      '10.60.1.0/24',
      '10.61.0.0/28',
    ])
    const full = await refused(['network', 'create', 'four'])
    expect(full.stderr).toContain('all predefined address pools have been fully subnetted')
    expect(full.stderr).toContain('network prune')
    await user.ok(['network', 'rm', 'two'])
    await create('four')
    expect(await subnet('four')).toBe('10.60.1.0/24')
  })

  test.each([
    [{ base: 'here', size: 24 }, '"here" is no IPv4 subnet'],
    [{ base: '10.60.0.0/16', size: 8 }, '8 is no size for networks of 10.60.0.0/16'],
    [{ base: '10.60.0.0/16', size: 'x' }, 'must be a whole number'],
  ])('%j is a mistake', async (pool, message) => {
    pools(pool)
    expect((await refused(['network', 'create', 'one'])).stderr).toContain(message)
  })
})
