/** The name servers of the host: several, on its loopback, of which one does not answer, and others than before. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Answer, answerAlways, ask, parseAnswer, question } from '../support/dns.ts'
import { busyboxArchive } from '../support/images.ts'
import { type CabledHost, cable, cabledHost } from '../support/neighbour.ts'
import { eventually } from '../support/process.ts'
import { asRoot, testUser } from '../support/user.ts'

const user = testUser()
const hostPrograms = ['/usr', '/lib', '/lib64'].flatMap((path) => ['-v', `${path}:${path}:ro`])
const LOOPBACK = '127.0.0.53'

/** The tests follow each other on one host, with one container. */
describe.skipIf(!asRoot)('a host with a neighbour', () => {
  let host: CabledHost
  beforeAll(async () => {
    host = await cabledHost(user, `${LOOPBACK}\nnameserver ${cable.v4[1]}`)
    await host.user.ok(['load', '-q', '-i', busyboxArchive])
    await host.user.ok(['network', 'create', '--subnet', '10.44.0.0/24', 'mynet'])
    const on = ['--name', 'web', '--network', 'mynet']
    await host.user.ok(['run', '-d', ...on, ...hostPrograms, 'busybox', 'sleep', '600'])
  })
  afterAll(async () => {
    await host.user.sampan(['rm', '-f', '-t0', 'web'])
    await host[Symbol.asyncDispose]()
  })

  const answered = (way: 'udp' | 'tcp', expected: Partial<Answer>) =>
    eventually(`${JSON.stringify(expected)} over ${way}`, 30_000, async () => {
      const words = ['exec', '-i', 'web', ...ask('10.44.0.1', way)]
      const { bytes } = await host.user.sampan(words, { input: question('example.com') })
      expect(parseAnswer(Buffer.from(bytes))).toMatchObject(expected)
    })
  const nowAsking = (server: string) =>
    host.here(['sh', '-c', `echo nameserver ${server} > /etc/resolv.conf`])

  test('the first server, on the loopback, is mute: the second is asked, on another machine', async () => {
    using _far = host.besideThere(answerAlways('192.0.2.7'))
    for (const way of ['udp', 'tcp'] as const) await answered(way, { code: 0, data: ['192.0.2.7'] })
  })

  test('resolv.conf changes while the container runs', async () => {
    using _near = host.beside(answerAlways('192.0.2.8'))
    await answered('udp', { code: 0, data: ['192.0.2.8'] })
    using _far = host.besideThere(answerAlways('192.0.2.9'))
    await nowAsking(cable.v4[1])
    await answered('udp', { code: 0, data: ['192.0.2.9'] })
    await nowAsking(LOOPBACK)
    await answered('udp', { code: 0, data: ['192.0.2.8'] })
  })

  test('what the host’s server cuts off is fetched whole over TCP', async () => {
    using _server = host.beside(answerAlways('192.0.2.7', 'tcp'))
    await answered('udp', { code: 0, truncated: true, data: [] })
    await answered('tcp', { code: 0, truncated: false, data: ['192.0.2.7'] })
  })
})
