/** What `network create` can be told about a network, and what its containers notice of it. */
import { afterEach, expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { eventually } from '../support/process.ts'
import { freePort } from '../support/registry.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
const create = (...words: string[]) => user.ok(['network', 'create', ...words])
const inside = (container: string, script: string) => user.sampan(['exec', container, 'sh', '-c', script])
const serve = (name: string, network: string, ...words: string[]) =>
  user.ok([
    'run',
    '-d',
    '--name',
    name,
    '--network',
    network,
    ...words,
    image,
    'httpd',
    '-f',
    '-p',
    '[::]:80',
  ])

afterEach(async () => {
  const containers = (await user.ok(['ps', '-aq'])).split('\n').filter((id) => id !== '')
  if (containers.length > 0) await user.ok(['rm', '-f', '-t0', ...containers])
  await user.ok(['network', 'prune', '-f'])
})

/** Whatever answers, be it that there is no such page. */
const page = (port: number) =>
  eventually('the server answers', 15_000, async () => (await fetch(`http://127.0.0.1:${port}/`)).status)

test('enable_icc=false: its containers reach neither each other nor each other’s names’ owners, but all the rest', async () => {
  const port = await freePort()
  await create('--subnet', '10.48.0.0/24', '-o', 'com.docker.network.bridge.enable_icc=false', 'shy')
  await create('--subnet', '10.49.0.0/24', 'open')
  await serve('one', 'shy', '-p', `127.0.0.1:${port}:80`)
  await user.ok([
    'run',
    '-d',
    '--name',
    'two',
    '--network',
    'shy',
    '--network',
    'open',
    image,
    'sleep',
    '600',
  ])
  await serve('three', 'open')
  expect(await page(port)).toBe(404)
  expect((await inside('two', 'nslookup one')).stdout).toContain('Address: 10.48.0.2')
  expect((await inside('two', 'ping -c1 -W2 10.48.0.2')).code).toBe(1)
  // Not by the gateway either.
  const around = 'ip route add 10.48.0.2/32 via 10.48.0.1; ping -c1 -W2 10.48.0.2'
  await user.ok([
    'run',
    '-d',
    '--name',
    'four',
    '--network',
    'shy',
    '--cap-add',
    'NET_ADMIN',
    image,
    'sleep',
    '600',
  ])
  expect((await inside('four', around)).stdout).toContain('100% packet loss')
  expect((await inside('two', 'ping -c1 -W5 10.48.0.1')).code).toBe(0)
  expect((await inside('two', 'ping -c1 -W5 three')).code).toBe(0)
})

test('host_binding_ipv4: where ports are published that have no address of their own, later ones too', async () => {
  await create('-o', 'com.docker.network.bridge.host_binding_ipv4=127.0.0.1', 'near')
  const [first, second, third] = [await freePort(), await freePort(), await freePort()]
  await serve('web', 'near', '-p', `${first}:80`, '-p', `127.0.0.2:${second}:80`)
  await user.ok(['port', 'add', 'web', `${third}:81`])
  expect((await user.ok(['port', 'web'])).split('\n')).toEqual([
    `80/tcp -> 127.0.0.1:${first}`,
    `80/tcp -> 127.0.0.2:${second}`,
    `81/tcp -> 127.0.0.1:${third}`,
  ])
})

test('--route, metric and no_default_route', async () => {
  const routes = ['--route', '10.200.0.0/16,10.50.0.9', '--route', 'fd00:200::/64,fd00:50::9,40']
  const subnets = ['--subnet', '10.50.0.0/24', '--subnet', 'fd00:50::/64']
  const id = await create(...subnets, ...routes, '-o', 'metric=77', 'routed')
  await create('--subnet', '10.51.0.0/24', '-o', 'no_default_route=1', 'aside')
  const shown = (network: string) =>
    user.ok(['run', '--rm', '--network', network, image, 'sh', '-c', 'ip route; ip -6 route'])
  const routed = await shown('routed')
  expect(routed).toMatch(/^default via 10\.50\.0\.1 dev eth0 +metric 77/m)
  expect(routed).toMatch(/^10\.200\.0\.0\/16 via 10\.50\.0\.9 dev eth0/m)
  expect(routed).toMatch(/^fd00:200::\/64 via fd00:50::9 dev eth0 +metric 40/m)
  const aside = await shown('aside')
  expect(aside).toMatch(/^10\.51\.0\.0\/24 dev eth0/m)
  expect(aside).not.toContain('default')
  expect(await user.ok(['network', 'inspect', '-f', '{{json .Routes}}', id])).toBe(
    '[{"Destination":"10.200.0.0/16","Gateway":"10.50.0.9"},{"Destination":"fd00:200::/64","Gateway":"fd00:50::9","Metric":40}]',
  )
})

test('--ipv4=false: names, neighbours, the host and published ports by IPv6 alone', async () => {
  const port = await freePort()
  await create('--ipv4=false', '--subnet', 'fd00:52::/64', 'six')
  await serve('web', 'six', '-p', `127.0.0.1:${port}:80`)
  expect(await page(port)).toBe(404)
  await user.ok(['run', '-d', '--name', 'db', '--network', 'six', image, 'sleep', '600'])
  const { stdout } = await inside(
    'db',
    'ip addr show eth0; cat /etc/resolv.conf /etc/hosts; ping -c1 -W5 web',
  )
  expect(stdout).not.toMatch(/inet \d/)
  expect(stdout).toContain('nameserver fd00:52::1')
  expect(stdout).toMatch(/^fd00::2\thost\.docker\.internal/m)
  expect(stdout).toContain('64 bytes from fd00:52::2')
  expect(await user.ok(['inspect', '-f', '{{.NetworkSettings.Networks.six.GlobalIPv6Address}}', 'web'])).toBe(
    'fd00:52::2',
  )
  expect(await user.ok(['network', 'ls', '-f', 'name=six', '--format', '{{.IPv4}} {{.IPv6}}'])).toBe(
    'false true',
  )
  // As it was, after a restart.
  await user.ok(['restart', '-t0', 'web'])
  expect(await page(port)).toBe(404)
})

test('--ipam-opt is kept for inspect, enable_ipv6 means --ipv6', async () => {
  await create(
    '--ipam-opt',
    'owner=me',
    '-o',
    'com.docker.network.enable_ipv6=false',
    '-o',
    'isolate=true',
    'kept',
  )
  const format = '{{json .IPAM.Options}} {{.EnableIPv6}} {{.Options.isolate}}'
  expect(await user.ok(['network', 'inspect', '-f', format, 'kept'])).toBe('{"owner":"me"} false true')
})

test.each([
  [['--ipv4=false', '--ipv6=false'], 'IPv4 or IPv6 must be enabled'],
  [['--ipv4=false', '--subnet', '10.1.0.0/24'], '--ipv4=false and an IPv4 subnet'],
  [['--route', '10.1.0.0/16'], 'invalid route 10.1.0.0/16'],
  [['--route', '10.1.0.0/16,fd00::1'], 'invalid route'],
  [['-o', 'isolate=false'], 'networks never reach each other here: put a container on both'],
  [['-o', 'com.docker.network.bridge.enable_ip_masquerade=false'], 'use --internal'],
  [['-o', 'com.docker.network.bridge.enable_icc=perhaps'], 'true or false'],
  [['-o', 'com.docker.network.bridge.host_binding_ipv4=here'], 'an address of this machine'],
  [['-o', 'metric=0'], 'a number from 1'],
  [['-o', 'vlan=5'], 'known are mtu,'],
])('%j is refused', async (words, message) => {
  const { code, stderr } = await user.sampan(['network', 'create', ...words, 'refused'])
  expect([code, stderr]).toEqual([expect.any(Number), expect.stringContaining(message)])
  expect(code).not.toBe(0)
  expect(await user.ok(['network', 'ls', '-q', '-f', 'name=refused'])).toBe('')
})
