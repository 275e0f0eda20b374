/** Containers on bridges: who reaches whom by which name and address, before and after connect and disconnect. */
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { afterEach, describe, expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { processesOf } from '../support/leaks.ts'
import { eventually } from '../support/process.ts'
import { freePort } from '../support/registry.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
const hostPrograms = ['/usr', '/lib', '/lib64'].flatMap((path) => ['-v', `${path}:${path}:ro`])
const names = ['db', 'web', 'third']

afterEach(async () => {
  await user.sampan(['rm', '-f', ...names])
  await user.sampan(['network', 'prune', '-f'])
})

/** A web server whose page is its own name. */
async function serve(name: string, ...flags: string[]): Promise<void> {
  const script = `mkdir /www; echo ${name} > /www/index.html; exec httpd -f -p 80 -h /www`
  await user.ok(['run', '-d', '--name', name, ...flags, image, 'sh', '-c', script])
  await eventually(`${name} serves`, 5000, () =>
    user.ok(['exec', name, 'wget', '-q', '-O', '-', 'http://127.0.0.1/']),
  )
}

// The static busybox crashes when its wget is to look up a name under its own -T.
const page = (from: string, host: string) =>
  user.sampan(['exec', from, 'timeout', '3', 'wget', '-q', '-O', '-', `http://${host}/`])
const inspect = (name: string, format: string) => user.ok(['inspect', '-f', format, name])
const address = (name: string, network: string) =>
  inspect(name, `{{(index .NetworkSettings.Networks "${network}").IPAddress}}`)

describe('names', () => {
  test.each(['bridge', 'mynet'])(
    'on %s containers find each other by name, id and alias',
    async (network) => {
      if (network !== 'bridge') await user.ok(['network', 'create', network])
      await serve('db', '--network', network, '--network-alias', 'store')
      await serve('web', '--network', network)
      const id = (await inspect('db', '{{.Id}}')).slice(0, 12)
      for (const name of ['db', 'store', id, await address('db', network)]) {
        expect({ name, ...(await page('web', name)) }).toMatchObject({ name, code: 0, stdout: 'db\n' })
      }
      expect(await page('db', 'web')).toMatchObject({ stdout: 'web\n' })
    },
  )

  test('a name that is gone is not found, one that comes back is', async () => {
    await user.ok(['network', 'create', 'mynet'])
    await serve('db', '--network', 'mynet')
    await serve('web', '--network', 'mynet')
    await user.ok(['rm', '-f', 'db'])
    expect(await page('web', 'db')).toMatchObject({ code: 1, stderr: expect.stringContaining('bad address') })
    await serve('db', '--network', 'mynet')
    expect(await page('web', 'db')).toMatchObject({ stdout: 'db\n' })
  })

  test('both containers behind one alias answer', async () => {
    await user.ok(['network', 'create', 'mynet'])
    await serve('db', '--network', 'mynet', '--network-alias', 'any')
    await serve('third', '--network', 'mynet', '--network-alias', 'any')
    const answer = await user.ok(['run', '--rm', '--network', 'mynet', image, 'nslookup', 'any'])
    expect(answer).toContain(await address('db', 'mynet'))
    expect(answer).toContain(await address('third', 'mynet'))
  })

  test('hosts has the own line, resolv.conf the gateway', async () => {
    await user.ok(['network', 'create', '--subnet', '10.44.0.0/24', 'mynet'])
    const text = await user.ok([
      'run',
      '--rm',
      '--network',
      'mynet:ip=10.44.0.9',
      '--hostname',
      'me',
      image,
      'cat',
      '/etc/hosts',
      '/etc/resolv.conf',
    ])
    expect(text).toMatch(/^10\.44\.0\.9\s+me\b/m)
    expect(text).toMatch(/^nameserver 10\.44\.0\.1$/m)
    expect(text).toMatch(/host\.docker\.internal/)
  })

  test('host.docker.internal reaches what listens on 127.0.0.1 of the host', async () => {
    using server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response('from the host\n') })
    const url = `http://host.docker.internal:${server.port}/`
    expect(await user.ok(['run', '--rm', '--network', 'bridge', image, 'wget', '-q', '-O', '-', url])).toBe(
      'from the host',
    )
  })
})

describe('addresses', () => {
  test('--ip and --mac-address are what it gets, and what inspect shows', async () => {
    await user.ok(['network', 'create', '--subnet', '10.44.0.0/24', 'mynet'])
    const flags = ['--network', 'mynet', '--ip', '10.44.0.77', '--mac-address', '02:42:0a:2c:00:4d']
    await serve('web', ...flags)
    const inside = await user.ok(['exec', 'web', 'ip', 'addr', 'show', 'eth0'])
    expect(inside).toContain('inet 10.44.0.77/24')
    expect(inside).toContain('link/ether 02:42:0a:2c:00:4d')
    expect(
      await inspect(
        'web',
        '{{.NetworkSettings.IPAddress}} {{.NetworkSettings.MacAddress}} {{.HostConfig.NetworkMode}}',
      ),
    ).toBe('10.44.0.77 02:42:0a:2c:00:4d mynet')
    const members = await user.ok([
      'network',
      'inspect',
      '-f',
      '{{range .Containers}}{{.Name}} {{.IPv4Address}}{{end}}',
      'mynet',
    ])
    expect(members).toBe('web 10.44.0.77/24')
  })

  test.each([
    [['--ip', '10.44.1.2'], 'no configured subnet contains IP address 10.44.1.2'],
    [['--ip', '10.44.0.1'], 'Address already in use'],
    [['--ip', '10.44.0.50'], 'in use'],
  ])('%j is refused, and nothing is left', async (flags, message) => {
    await user.ok(['network', 'create', '--subnet', '10.44.0.0/24', 'mynet'])
    await serve('db', '--network', 'mynet', '--ip', '10.44.0.50')
    const { code, stderr } = await user.sampan([
      'run',
      '--rm',
      '--name',
      'web',
      '--network',
      'mynet',
      ...flags,
      image,
      'true',
    ])
    expect(code).toBe(125)
    expect(stderr).toContain(message)
    expect(await user.ok(['ps', '-a', '--format', '{{.Names}}'])).toBe('db')
  })

  test('a subnet that is full says so', async () => {
    await user.ok(['network', 'create', '--subnet', '10.44.0.0/30', 'mynet'])
    await serve('db', '--network', 'mynet')
    const { code, stderr } = await user.sampan(['run', '--rm', '--network', 'mynet', image, 'true'])
    expect(code).toBe(125)
    expect(stderr).toMatch(/no .*address/i)
  })

  test('an address is free again when its container has ended', async () => {
    await user.ok(['network', 'create', '--subnet', '10.44.0.0/24', 'mynet'])
    for (let run = 0; run < 3; run++) {
      const once = ['run', '--rm', '--network', 'mynet', '--ip', '10.44.0.50', image, 'true']
      expect(await user.sampan(once)).toMatchObject({ code: 0 })
    }
  })
})

describe('walls', () => {
  test('containers of two networks do not reach each other, not by address either', async () => {
    await user.ok(['network', 'create', 'one'])
    await user.ok(['network', 'create', 'two'])
    await serve('db', '--network', 'one')
    await serve('web', '--network', 'two')
    expect((await page('web', 'db')).code).not.toBe(0)
    expect((await page('web', await address('db', 'one'))).code).not.toBe(0)
    expect((await page('db', await address('web', 'two'))).code).not.toBe(0)
  })

  test('an internal network: its own containers, and nothing outside', async () => {
    using server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response('outside') })
    await user.ok(['network', 'create', '--internal', 'mynet'])
    await serve('db', '--network', 'mynet')
    await serve('web', '--network', 'mynet')
    expect(await page('web', 'db')).toMatchObject({ stdout: 'db\n' })
    expect((await page('web', `10.0.2.2:${server.port}`)).code).not.toBe(0)
  })
})

describe('connect and disconnect', () => {
  test('a container that runs', async () => {
    await user.ok(['network', 'create', 'mynet'])
    await serve('db', '--network', 'mynet')
    await serve('web', '--network', 'bridge')
    expect((await page('web', 'db')).code).not.toBe(0)

    expect(await user.ok(['network', 'connect', '--alias', 'front', 'mynet', 'web'])).toBe('')
    expect(await page('web', 'db')).toMatchObject({ stdout: 'db\n' })
    expect(await page('db', 'front')).toMatchObject({ stdout: 'web\n' })
    expect(await user.ok(['ps', '--filter', 'network=mynet', '--format', '{{.Names}} {{.Networks}}'])).toBe(
      'web bridge,mynet\ndb mynet',
    )
    expect((await user.sampan(['network', 'connect', 'mynet', 'web'])).stderr).toContain(
      'already exists in network mynet',
    )

    expect(await user.ok(['network', 'disconnect', 'mynet', 'web'])).toBe('')
    expect((await page('web', await address('db', 'mynet'))).code).not.toBe(0)
    expect(await user.sampan(['network', 'disconnect', 'mynet', 'web'])).toMatchObject({ code: 1 })
    expect(await user.sampan(['network', 'disconnect', '-f', 'mynet', 'web'])).toMatchObject({ code: 0 })
  })

  test('the first network goes: names are answered by the next', async () => {
    await user.ok(['network', 'create', 'mynet'])
    await serve('db', '--network', 'mynet')
    await serve('web', '--network', 'bridge', '--network', 'mynet')
    await user.ok(['network', 'disconnect', 'bridge', 'web'])
    expect(await page('web', 'db')).toMatchObject({ stdout: 'db\n' })
  })

  test('one that does not run: from its next start', async () => {
    await user.ok(['network', 'create', 'mynet'])
    await serve('db', '--network', 'mynet')
    await serve('web', '--network', 'bridge')
    await user.ok(['stop', '-t', '0', 'web'])
    await user.ok(['network', 'connect', 'mynet', 'web'])
    await user.ok(['network', 'disconnect', 'bridge', 'web'])
    await user.ok(['start', 'web'])
    expect(await page('web', 'db')).toMatchObject({ stdout: 'db\n' })
    expect(await user.ok(['exec', 'web', 'ls', '/sys/class/net'])).toBe('eth0\nlo')
  })

  test.each(['none', 'host'])('one with --network %s is refused', async (network) => {
    await user.ok(['create', '--name', 'web', '--network', network, image, 'true'])
    const { code, stderr } = await user.sampan(['network', 'connect', 'bridge', 'web'])
    expect(code).toBe(1)
    expect(stderr).toContain(`network mode ${network}`)
  })
})

test('a network that a container is on is not removed', async () => {
  await user.ok(['network', 'create', 'mynet'])
  await serve('db', '--network', 'mynet')
  expect(await user.sampan(['network', 'rm', 'mynet'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('has active endpoints'),
  })
  await user.ok(['stop', '-t', '0', 'db'])
  expect((await user.sampan(['network', 'rm', 'mynet'])).stderr).toContain('in use by container db')
  expect(await user.ok(['network', 'prune', '-f'])).toBe('')
  await user.ok(['rm', 'db'])
  expect(await user.ok(['network', 'rm', 'mynet'])).toBe('mynet')
  expect(await user.sampan(['network', 'exists', 'mynet'])).toMatchObject({ code: 1 })
})

test('--link: variables and hosts, with the address of the last start', async () => {
  await serve('db', '--network', 'bridge', '--expose', '80', '-e', 'COLOUR=red')
  await user.ok(['run', '-d', '--name', 'web', '--link', 'db:store', image, 'sleep', '60'])
  const expected = async () => {
    const ip = await address('db', 'bridge')
    const variables = await user.ok(['exec', 'web', 'cat', '/proc/1/environ'])
    expect(variables.split('\0')).toEqual(
      expect.arrayContaining([
        `STORE_PORT_80_TCP_ADDR=${ip}`,
        'STORE_NAME=/web/store',
        'STORE_ENV_COLOUR=red',
      ]),
    )
    expect(await user.ok(['exec', 'web', 'cat', '/etc/hosts'])).toMatch(new RegExp(`^${ip}\\s+store `, 'm'))
    expect(await page('web', 'store')).toMatchObject({ stdout: 'db\n' })
  }
  await expected()
  await user.ok(['stop', '-t', '0', 'web', 'db'])
  expect((await user.sampan(['start', 'web'])).stderr).toContain(
    'Cannot link to a non running container: /db AS /web/store',
  )
  // Somebody else gets the address that db had.
  await user.ok(['run', '-d', '--name', 'third', '--network', 'bridge', image, 'sleep', '60'])
  await user.ok(['start', 'db'])
  await user.ok(['start', 'web'])
  await expected()
})

describe('published ports', () => {
  /** What the container's server says about who asked. */
  function caller(host: string, port: number): Promise<string> {
    return new Promise((resolve, reject) => {
      let answer = ''
      const socket = connect({ port, host })
      socket.on('data', (chunk) => {
        answer += chunk
      })
      socket.on('error', reject)
      socket.on('end', () => resolve(answer.trim()))
    })
  }
  const outward = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address

  test.each(['bridge', 'mynet'])("on %s the container sees the client's own address", async (network) => {
    if (network !== 'bridge') await user.ok(['network', 'create', network])
    const port = await freePort()
    const server = ['socat', 'TCP-LISTEN:80,fork,reuseaddr', 'SYSTEM:echo $SOCAT_PEERADDR']
    const flags = ['--network', network, '-p', `${port}:80`, ...hostPrograms]
    await user.ok(['run', '-d', '--name', 'web', ...flags, image, ...server])
    const gateway = await inspect('web', `{{(index .NetworkSettings.Networks "${network}").Gateway}}`)
    await eventually('the server answers', 10_000, async () =>
      expect(await caller('127.0.0.1', port)).toBe(gateway),
    )
    if (outward !== undefined) expect(await caller(outward, port)).toBe(outward)
    expect(await user.ok(['port', 'web', '80'])).toBe(`0.0.0.0:${port}\n[::]:${port}`)
  })
})

test('the last container gone, nothing is left', async () => {
  await serve('web', '--network', 'bridge')
  await user.ok(['rm', '-f', 'web'])
  const marks = [user.folder, user.runtime]
  await eventually('keeper, name server and way out have ended', 15_000, () =>
    expect(processesOf(marks)).toEqual([]),
  )
})
