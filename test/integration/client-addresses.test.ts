/**
 * On a host with a neighbour: whom the log of a real web server names, for clients here, there, and of both families; who
 * gets in at all; and the host's own name server.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { answerAlways, ask, parseAnswer, question } from '../support/dns.ts'
import { makeDebian } from '../support/images.ts'
import { type CabledHost, cable, cabledHost } from '../support/neighbour.ts'
import { eventually } from '../support/process.ts'
import { asRoot, testUser } from '../support/user.ts'

const user = testUser()
const [PUBLIC, LOCAL] = [8080, 8081]

describe.skipIf(!asRoot)('nginx behind published ports', () => {
  let host: CabledHost
  beforeAll(async () => {
    host = await cabledHost(user)
    const debian = await makeDebian()
    const id = /sha256:([0-9a-f]+)/.exec(await host.user.ok(['load', '-i', debian]))?.[1] ?? ''
    const on = ['--subnet', '10.44.0.0/24', '--subnet', 'fd00:44::/64']
    await host.user.ok(['network', 'create', ...on, 'mynet'])
    const ports = ['-p', `${PUBLIC}:80`, '-p', `127.0.0.1:${LOCAL}:80`]
    await host.user.ok(['run', '-d', '--name', 'web', '--network', 'mynet', ...ports, id])
    // Debian's configuration listens on both families.
    await eventually('nginx answers', 15_000, () => visit('here', '127.0.0.1', 'ready'))
  }, 400_000)
  afterAll(async () => {
    await host.user.sampan(['rm', '-f', 'web'])
    await host[Symbol.asyncDispose]()
  })

  async function visit(from: 'here' | 'there', address: string, name: string, port = PUBLIC): Promise<void> {
    const url = `http://${address.includes(':') ? `[${address}]` : address}:${port}/`
    const { code, stderr } = await host[from](['curl', '-sS', '-m', '5', '-o', '/dev/null', '-A', name, url])
    if (code !== 0) throw new Error(`${url} from ${from}: ${stderr}`)
  }

  /** The address that the line of this visitor begins with. */
  const logged = (name: string) =>
    eventually(`${name} is in the log`, 5000, async () => {
      const line = (await host.user.ok(['logs', 'web'])).split('\n').find((one) => one.includes(`"${name}"`))
      expect(line).toBeDefined()
      return line?.split(' ')[0]
    })

  test.each([
    ['from another machine', 'there', cable.v4[0], cable.v4[1]],
    ['from another machine, IPv6', 'there', cable.v6[0], cable.v6[1]],
    ['from the host by its own address', 'here', cable.v4[0], cable.v4[0]],
    ['from the host by its own address, IPv6', 'here', cable.v6[0], cable.v6[0]],
    ['from 127.0.0.1: the network’s gateway', 'here', '127.0.0.1', '10.44.0.1'],
    ['from ::1: the network’s gateway', 'here', '::1', 'fd00:44::1'],
  ] as const)('%s', async (name, from, address, expected) => {
    const visitor = name.replaceAll(/[^\w]/g, '-')
    await visit(from, address, visitor)
    expect(await logged(visitor)).toBe(expected)
  })

  test('a port on 127.0.0.1 is for the host alone', async () => {
    await visit('here', '127.0.0.1', 'local', LOCAL)
    await expect(visit('here', cable.v4[0], 'outward', LOCAL)).rejects.toThrow(/Failed to connect|refused/)
    await expect(visit('there', cable.v4[0], 'stranger', LOCAL)).rejects.toThrow(/Failed to connect|refused/)
  })

  test('names of other places: a name server on the host’s own loopback is asked, over UDP and TCP', async () => {
    using _server = host.beside(answerAlways('192.0.2.9'))
    for (const way of ['udp', 'tcp'] as const) {
      const words = ['exec', '-i', 'web', ...ask('10.44.0.1', way)]
      await eventually(`an answer over ${way}`, 15_000, async () => {
        const { bytes } = await host.user.sampan(words, { input: question('example.com') })
        expect(parseAnswer(Buffer.from(bytes))).toMatchObject({ code: 0, data: ['192.0.2.9'] })
      })
    }
  })

  test('a container that is not published is not reached, not even by its address', async () => {
    const route = await host.there(['ip', 'route', 'add', '10.44.0.0/24', 'via', cable.v4[0]])
    expect(route.code).toBe(0)
    await expect(visit('there', '10.44.0.2', 'guest', 80)).rejects.toThrow()
    await expect(visit('here', '10.44.0.2', 'guest', 80)).rejects.toThrow()
  })
})
