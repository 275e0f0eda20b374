/** What a container sees of the network, and who can reach it. All on the loopback. */
import { afterEach, describe, expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { eventually, ok, run } from '../support/process.ts'
import { freePort } from '../support/registry.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
const inside = (network: string, script: string, ...flags: string[]) =>
  user.ok(['run', '--rm', '--network', network, ...flags, image, 'sh', '-c', script])

afterEach(async () => {
  await user.sampan(['rm', '-f', 'server', 'sharer'])
})

test('none: a loopback of its own and nothing else', async () => {
  expect(
    await inside('none', 'ls /sys/class/net; ip -o -4 addr show lo | grep -o "127[^ ]*"; ip route'),
  ).toBe('lo\n127.0.0.1/8')
})

test('host: the interfaces and names of the host', async () => {
  const host = await ok(['ls', '/sys/class/net'])
  expect(await inside('host', 'ls /sys/class/net')).toBe(host.trim())
  expect(await inside('host', 'hostname')).toBe((await ok(['hostname'])).trim())
})

describe.each(['slirp', 'pasta'])('%s', (network) => {
  test('a default route and a name server', async () => {
    expect(
      await inside(network, 'ip route | grep -c "^default"; grep -c ^nameserver /etc/resolv.conf'),
    ).toMatch(/^1\n[1-9]/)
  })

  test.each(['host.docker.internal', 'host.containers.internal'])(
    '%s reaches what listens on 127.0.0.1 of the host',
    async (name) => {
      using server = Bun.serve({
        hostname: '127.0.0.1',
        port: 0,
        fetch: () => new Response('from the host\n'),
      })
      expect(await inside(network, `wget -q -O - http://${name}:${server.port}/`)).toBe('from the host')
    },
  )

  test('a published port, with a page of 20 MB whole', async () => {
    const port = await freePort()
    const script =
      'mkdir /www && head -c 20000000 /dev/urandom > /www/big && md5sum < /www/big && exec httpd -f -p 80 -h /www'
    await user.ok([
      'run',
      '-d',
      '--name',
      'server',
      '--network',
      network,
      '-p',
      `127.0.0.1:${port}:80`,
      image,
      'sh',
      '-c',
      script,
    ])
    const sum = await eventually('the sum is in the log', 10_000, async () => {
      const log = await user.ok(['logs', 'server'])
      expect(log).toMatch(/^[0-9a-f]{32}/)
      return log.slice(0, 32)
    })
    const page = await eventually('the server answers', 10_000, () =>
      ok(['sh', '-c', `curl --silent --fail http://127.0.0.1:${port}/big | md5sum`]),
    )
    expect(page.slice(0, 32)).toBe(sum)
    expect(await user.ok(['ps', '--format', '{{.Ports}}'])).toBe(`127.0.0.1:${port}->80/tcp`)
  })
})

test('a port nobody chose is printed by ps', async () => {
  await user.ok([
    'run',
    '-d',
    '--name',
    'server',
    '--network',
    'slirp',
    '-p',
    '127.0.0.1::80',
    image,
    'httpd',
    '-f',
    '-p',
    '80',
  ])
  const port = /^127\.0\.0\.1:(\d+)->80\/tcp$/.exec(await user.ok(['ps', '--format', '{{.Ports}}']))?.[1]
  await eventually('the server answers', 10_000, async () =>
    expect(
      (
        await run([
          'curl',
          '--silent',
          '--output',
          '/dev/null',
          '-w',
          '%{http_code}',
          `http://127.0.0.1:${port}/`,
        ])
      ).stdout,
    ).toBe('404'),
  )
})

test('a port in use: said before the program starts, exit 125, nothing left', async () => {
  using server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response('') })
  const { code, stdout, stderr } = await user.sampan([
    'run',
    '--rm',
    '--network',
    'slirp',
    '-p',
    `127.0.0.1:${server.port}:80`,
    image,
    'echo',
    'started',
  ])
  expect({ code, stdout }).toEqual({ code: 125, stdout: '' })
  expect(stderr).toContain(`Bind for 127.0.0.1:${server.port} failed: port is already allocated`)
  expect(await user.leftovers()).toEqual([])
})

test.skipIf(user.uid === 0)('a port below 1024: the sysctl that would allow it', async () => {
  const { code, stderr } = await user.sampan([
    'run',
    '--rm',
    '--network',
    'slirp',
    '-p',
    '127.0.0.1:81:80',
    image,
    'true',
  ])
  expect(code).toBe(125)
  expect(stderr).toContain('net.ipv4.ip_unprivileged_port_start=81')
  expect(await user.leftovers()).toEqual([])
})

test('container: two programs behind one loopback', async () => {
  await user.ok([
    'run',
    '-d',
    '--name',
    'server',
    '--network',
    'none',
    image,
    'sh',
    '-c',
    'echo shared > /tmp/page; exec httpd -f -p 80 -h /tmp',
  ])
  await eventually('one reads from the other', 5000, async () =>
    expect(await inside('container:server', 'wget -q -O - http://127.0.0.1/page')).toBe('shared'),
  )
  expect(await user.ok(['exec', 'server', 'hostname'])).toBe(await inside('container:server', 'hostname'))
})

test('the network of a container that does not run is refused', async () => {
  await user.ok(['create', '--name', 'server', '--network', 'none', image, 'true'])
  const { code, stderr } = await user.sampan(['run', '--rm', '--network', 'container:server', image, 'true'])
  expect(code).toBe(125)
  expect(stderr).toMatch(/server.*not running|cannot join/)
})

test('/etc/hosts knows the container by its name, --add-host adds', async () => {
  const hosts = await inside(
    'slirp',
    'hostname; cat /etc/hosts',
    '--hostname',
    'me',
    '--add-host',
    'you:10.9.8.7',
  )
  expect(hosts).toMatch(/^me\n/)
  expect(hosts).toMatch(/^\S+\s+me$/m)
  expect(hosts).toMatch(/^10\.9\.8\.7\s+you$/m)
})
