/** The way out of a container: to the host by both protocols, by either program, and shut where that was asked for. */
import { existsSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasIpv6Outside } from '../../src/networks/host-routes.ts'
import { busybox } from '../support/images.ts'
import { eventually } from '../support/process.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
const loopbacks = ['127.0.0.1', '::1']
const servers: Server[] = []
let port = 0

/** One port of the host's loopback, by both protocols; says which it was asked by. */
beforeAll(async () => {
  for (const host of loopbacks) {
    const server = createServer((socket) => {
      socket.on('error', () => {})
      socket.end(`${socket.localAddress}\n`)
    })
    await new Promise<void>((resolve) => server.listen({ host, port }, resolve))
    const address = server.address()
    port = typeof address === 'object' && address !== null ? address.port : 0
    servers.push(server)
  }
})
afterAll(() => {
  for (const server of servers) server.close()
})

/** A host that IPv6 does not lead out of gives it to no container. */
const reached = hasIpv6Outside() ? loopbacks : ['127.0.0.1']

/** What the host's loopback says to a container, by IPv4 and by IPv6. */
async function ask(globals: readonly string[], ...flags: string[]): Promise<string[]> {
  const call = (host: string) => `(sleep 1 | timeout 5 nc ${host} ${port}) 2>/dev/null; echo .`
  const script = `${call('10.0.2.2')}; ${call('fd00::2')}`
  const text = await user.ok([...globals, 'run', '--rm', ...flags, image, 'sh', '-c', script])
  return text.split('\n').filter((line) => line !== '.')
}

/** All that is shared by containers on bridges has gone. */
const allQuiet = () =>
  eventually('the keeper has ended', 15_000, () =>
    expect(existsSync(join(user.runtime, 'sampan/keeper.sock'))).toBe(false),
  )

describe.each(['slirp4netns', 'pasta'])('by %s', (program) => {
  const globals = ['--network-backend', program]

  test('a container on a bridge reaches the host by IPv4 and IPv6', async () => {
    await allQuiet()
    expect(await ask(globals)).toEqual(reached)
    expect(await user.run(['ps', '-o', 'args=', '-u', String(user.uid)])).toMatchObject({
      stdout: expect.stringMatching(new RegExp(`${user.folder}.* --argv0 ${program} `)),
    })
  })

  test('with --no-host-loopback it does not, and others still do', async () => {
    await user.ok([...globals, 'run', '-d', '--name', 'other', image, 'sleep', '60'])
    expect(await ask(globals, '--no-host-loopback')).toEqual([])
    // The address is another container's now.
    expect(await ask(globals)).toEqual(reached)
    await user.ok(['rm', '-f', 'other'])
  })

  test('so does one with a stack of its own', async () => {
    const network = program === 'pasta' ? 'pasta' : 'slirp'
    expect(await ask([], '--network', network)).toEqual(reached)
    expect(await ask([], '--network', network, '--no-host-loopback')).toEqual([])
  })
})

test('what is shut has no names in /etc/hosts, and host-gateway is a contradiction', async () => {
  const flags = ['run', '--rm', '--no-host-loopback']
  expect(await user.ok([...flags, image, 'cat', '/etc/hosts'])).not.toContain('host.docker.internal')
  expect(await user.sampan([...flags, '--add-host', 'me:host-gateway', image, 'true'])).toMatchObject({
    code: 125,
    stderr: expect.stringContaining('--no-host-loopback and --add-host'),
  })
  expect(await user.sampan([...flags, '--network', 'host', image, 'true'])).toMatchObject({
    code: 125,
    stderr: expect.stringContaining('--no-host-loopback and the network mode host'),
  })
})

test('the way out that everybody uses is the one config.json names', async () => {
  await allQuiet()
  user.file('home/.config/sampan/config.json', '{ "networkBackend": "pasta" }')
  await user.ok(['run', '-d', '--name', 'other', image, 'sleep', '60'])
  const { stdout } = await user.run(['ps', '-o', 'args=', '-u', String(user.uid)])
  expect(stdout).toMatch(new RegExp(`${user.folder}.* --argv0 pasta `))
  await user.ok(['rm', '-f', 'other'])
  user.file('home/.config/sampan/config.json', '{ "networkBackend": "vde" }')
  expect(await user.sampan(['run', '--rm', image, 'true'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('"vde" leads nowhere outside'),
  })
  user.file('home/.config/sampan/config.json', '{}')
})

test('another program for the bridges is refused', async () => {
  expect(await user.sampan(['--network-backend', 'netavark', 'ps'])).toMatchObject({
    stderr: expect.stringContaining('unknown network backend "netavark"'),
  })
})
