/** What goes through a published port: every byte, both ways, to the end, and the ends themselves. */
import { createSocket } from 'node:dgram'
import { connect, type Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import { afterEach, describe, expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { eventually, start } from '../support/process.ts'
import { freePort } from '../support/registry.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
/** busybox has no server for UDP and none that closes one direction: the host's socat, seen from inside. */
const hostPrograms = ['/usr', '/lib', '/lib64'].flatMap((path) => ['-v', `${path}:${path}:ro`])

async function serve(ports: readonly string[], ...program: string[]): Promise<void> {
  const published = ports.flatMap((port) => ['-p', port])
  await user.ok(['run', '-d', '--name', 'server', ...published, ...hostPrograms, image, ...program])
}

afterEach(async () => {
  await user.sampan(['rm', '-f', 'server'])
})

/** Sends all, closes its direction, reads to the end. */
function exchange(port: number, sent: Uint8Array, host = '127.0.0.1'): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const came: Buffer[] = []
    const socket = connect({ port, host, allowHalfOpen: true })
    socket.on('error', reject)
    socket.on('data', (chunk) => came.push(Buffer.from(chunk)))
    socket.on('end', () => resolve(Buffer.concat(came)))
    socket.end(sent)
  })
}

const listening = (port: number) =>
  eventually('the server answers', 10_000, async () =>
    expect(await exchange(port, Buffer.from('?'))).toHaveLength(1),
  )

describe('TCP', () => {
  test('an echo server: all sizes, many at once, each direction closed by itself', async () => {
    const port = await freePort()
    await serve([`${port}:80`], 'socat', '-t10', 'TCP-LISTEN:80,fork,reuseaddr,backlog=128', 'EXEC:cat')
    await listening(port)
    const sizes = [0, 1, 1000, 65_536, 1_500_000]
    const results = await Promise.all(
      Array.from({ length: 40 }, async (_, index) => {
        const sent = Buffer.alloc(sizes[index % sizes.length] ?? 0, `${index} `)
        return (await exchange(port, sent, index % 2 === 0 ? '127.0.0.1' : '::1')).equals(sent)
      }),
    )
    expect(results).toEqual(Array(40).fill(true))
  })

  test('the program does not take the client for one on its own 127.0.0.1', async () => {
    const port = await freePort()
    await serve(
      [`127.0.0.1:${port}:80`],
      'socat',
      'TCP-LISTEN:80,fork,reuseaddr',
      'SYSTEM:echo $SOCAT_PEERADDR',
    )
    const peer = await eventually('the server answers', 10_000, async () => {
      const answer = String(await exchange(port, new Uint8Array()))
      expect(answer).not.toBe('')
      return answer
    })
    expect(peer).not.toContain('127.0.0.1')
  })

  test('nobody listens inside: the connection is reset, not left hanging', async () => {
    const port = await freePort()
    await serve([`127.0.0.1:${port}:80`], 'sleep', '60')
    await expect(exchange(port, Buffer.from('anybody?'))).rejects.toMatchObject({ code: 'ECONNRESET' })
  })

  test('what the program wrote last arrives, though the container has ended', async () => {
    const port = await freePort()
    await serve(
      [`127.0.0.1:${port}:80`],
      'sh',
      '-c',
      'head -c 300000 /dev/zero | socat -u - TCP-LISTEN:80,reuseaddr',
    )
    const socket = await eventually('the server listens', 10_000, () => slowly(port))
    expect(await socket).toBe(300_000)
  })

  /** Connects, reads nothing for a while, then counts what comes. Rejects when nobody listens inside yet. */
  async function slowly(port: number): Promise<Promise<number>> {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.pause()
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject)
      socket.once('connect', () => setTimeout(resolve, 200))
    })
    socket.removeAllListeners('error')
    return count(socket)
  }

  function count(socket: Socket): Promise<number> {
    return new Promise((resolve, reject) => {
      let bytes = 0
      socket.on('data', (chunk) => {
        bytes += chunk.length
      })
      socket.on('error', reject)
      socket.on('end', () => resolve(bytes))
      socket.resume()
    })
  }
})

test('proxy=v2: the program is told who asked and where, before the first byte', async () => {
  const port = await freePort()
  const program = ['socat', 'TCP-LISTEN:80,fork,reuseaddr', 'SYSTEM:od -An -v -tx1']
  await serve([`${port}:80,proxy=v2`, '127.0.0.1::81'], ...program)
  const said = async (host: string) => {
    const text = await eventually('the server answers', 10_000, async () => {
      const answer = String(await exchange(port, Buffer.from('GET'), host))
      expect(answer).not.toBe('')
      return answer
    })
    return text.replace(/\s+/g, '')
  }
  const signature = '0d0a0d0a000d0a515549540a'
  const port16 = port.toString(16).padStart(4, '0')
  const get = Buffer.from('GET').toString('hex')
  expect(await said('127.0.0.1')).toMatch(
    new RegExp(`^${signature}2111000c7f0000017f000001....${port16}${get}$`),
  )
  const loopback = `${'0'.repeat(31)}1`
  expect(await said('::1')).toMatch(
    new RegExp(`^${signature}21210024${loopback}${loopback}....${port16}${get}$`),
  )
  expect(await user.ok(['port', 'server', '80'])).toBe(`0.0.0.0:${port}\n[::]:${port}`)
})

/** A client of a fixed port or a free one; resends what may be lost, at the latest while the server starts. */
function question(text: string, port: number, host: string, from?: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
    const end = (finish: () => void) => {
      clearInterval(again)
      clearTimeout(deadline)
      socket.close()
      finish()
    }
    const again = setInterval(() => socket.send(text, port, host), 200)
    const deadline = setTimeout(() => end(() => reject(new Error(`no answer to ${text}`))), 10_000)
    socket.once('message', (message) => end(() => resolve(String(message))))
    if (from !== undefined) socket.bind(from, host)
  })
}

describe('UDP', () => {
  // One process for all: socat would start one for each datagram.
  const echo = [
    'perl',
    '-MSocket',
    '-e',
    'socket S, PF_INET, SOCK_DGRAM, 0; bind S, sockaddr_in(9, INADDR_ANY) or die $!; while ($from = recv S, $text, 65535, 0) { send S, $text, 0, $from }',
  ]

  test('each client gets its own answers, over both families', async () => {
    const port = await freePort()
    await serve([`${port}:9/udp`], ...echo)
    const hosts = ['127.0.0.1', '::1']
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => question(`question ${index}`, port, hosts[index % 2] ?? '')),
    )
    expect(answers).toEqual(answers.map((_, index) => `question ${index}`))
  })

  test('clients that all come from the gateway, with one and the same port, neither', async () => {
    const [port, from] = [await freePort(), await freePort()]
    await serve([`${port}:9/udp`], ...echo)
    const hosts = ['127.0.0.1', '::1', '127.0.0.2']
    for (let round = 0; round < 3; round++)
      expect(await Promise.all(hosts.map((host) => question(host, port, host, from)))).toEqual(hosts)
  })

  test('one client that asks by two ports is answered by the one it asked', async () => {
    const ports = [await freePort(), await freePort()]
    await serve(
      ports.map((port) => `${port}:9/udp`),
      ...echo,
    )
    const socket = createSocket('udp4')
    const answers = new Set<string>()
    socket.on('message', (text, { port }) => answers.add(`${text} by ${port}`))
    await eventually('both answer', 10_000, () => {
      for (const port of ports) socket.send(`asked ${port}`, port, '127.0.0.1')
      expect(answers.size).toBeGreaterThan(1)
    })
    socket.close()
    expect([...answers].sort()).toEqual(ports.map((port) => `asked ${port} by ${port}`).sort())
  })
})

test.each(['udp4', 'udp6'] as const)("UDP: the container sees the client's own address, %s", async (type) => {
  const family = type === 'udp4' ? 'IPv4' : 'IPv6'
  const own = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .find((each) => each.family === family && !each.internal && !each.address.startsWith('fe80:'))?.address
  if (own === undefined) return // A machine without such an address has no such client either.
  const port = await freePort()
  const listen = type === 'udp4' ? 'UDP4-RECVFROM' : 'UDP6-RECVFROM'
  await serve([`${port}:9/udp`], 'socat', `${listen}:9,fork`, 'SYSTEM:echo $SOCAT_PEERADDR $SOCAT_PEERPORT')
  const said = await new Promise<{ text: string; local: number }>((resolve, reject) => {
    const socket = createSocket(type)
    const end = (finish: () => void) => {
      clearInterval(again)
      clearTimeout(deadline)
      socket.close()
      finish()
    }
    const again = setInterval(() => socket.send('who am I?', port, own), 200)
    const deadline = setTimeout(() => end(() => reject(new Error('no answer'))), 10_000)
    socket.once('message', (message) => {
      const local = socket.address().port
      end(() => resolve({ text: String(message).trim(), local }))
    })
  })
  const [address = '', from] = said.text.split(' ')
  // socat writes all eight groups, and brackets.
  const plain = address.replace(/[[\]]/g, '')
  expect(
    new URL(`http://${plain.includes(':') ? `[${plain}]` : plain}/`).hostname.replace(/[[\]]/g, ''),
  ).toBe(own)
  expect(Number(from)).toBe(said.local)
})

test('the port is free again the moment the container is stopped', async () => {
  const port = await freePort()
  for (let round = 0; round < 3; round++) {
    await serve([`127.0.0.1:${port}:80`], 'sleep', '60')
    await user.ok(['stop', '-t', '0', 'server'])
    await user.ok(['rm', 'server'])
  }
})

test('a restart keeps the published port and gives a random one again', async () => {
  const port = await freePort()
  await serve(
    [`127.0.0.1:${port}:80`, '127.0.0.1::81'],
    'socat',
    '-t10',
    'TCP-LISTEN:80,fork,reuseaddr',
    'EXEC:cat',
  )
  await user.ok(['stop', '-t', '0', 'server'])
  expect(await user.ok(['ps', '-a', '--format', '{{.Ports}}'])).toBe('')
  await user.ok(['start', 'server'])
  await listening(port)
  expect(await user.ok(['ps', '--format', '{{.Ports}}'])).toMatch(
    new RegExp(`^127\\.0\\.0\\.1:${port}->80/tcp, 127\\.0\\.0\\.1:\\d+->81/tcp$`),
  )
})

test('one port on a range: the first that is free, again at each start, until there is none', async () => {
  const [first, second] = neighbours()
  const [low, high] = [Number(first.port), Number(second.port)]
  const range = `127.0.0.1:${low}-${high}:80`
  const full = await user.sampan(['run', '--rm', '-p', range, image, 'true'])
  expect(full.stderr).toContain(`Bind for 127.0.0.1:${low} failed: port is already allocated`)
  expect(full.stderr).toContain(`So are all others up to ${high}`)
  second.stop(true)
  await serve([range], 'sleep', '60')
  expect(await user.ok(['port', 'server', '80'])).toBe(`127.0.0.1:${high}`)
  first.stop(true)
  await user.ok(['run', '-d', '--name', 'two', '-p', range, image, 'sleep', '60'])
  expect(await user.ok(['port', 'two', '80'])).toBe(`127.0.0.1:${low}`)
  const asked = '{{(index (index .HostConfig.PortBindings "80/tcp") 0).HostPort}}'
  expect(await user.ok(['inspect', '-f', asked, 'two'])).toBe(`${low}-${high}`)
  await user.ok(['stop', '-t0', 'server', 'two'])
  await user.ok(['start', 'server'])
  expect(await user.ok(['port', 'server', '80'])).toBe(`127.0.0.1:${low}`)
  await user.ok(['run', '-d', '--name', 'three', image, 'sleep', '60'])
  expect(await user.ok(['port', 'add', 'three', range])).toBe(`80/tcp -> 127.0.0.1:${high}`)
  await user.ok(['port', 'rm', 'three', '80'])
  expect(await user.ok(['inspect', '-f', '{{len .HostConfig.PortBindings}}', 'three'])).toBe('0')
  await user.ok(['rm', '-f', '-t0', 'two', 'three'])
})

/** Two servers on ports one after the other. */
function neighbours() {
  const open = (port: number) => Bun.serve({ hostname: '127.0.0.1', port, fetch: () => new Response('') })
  for (;;) {
    const first = open(0)
    try {
      return [first, open(Number(first.port) + 1)] as const
    } catch {
      first.stop(true)
    }
  }
}

describe('a port in use', () => {
  const publish = (port: number, ...flags: string[]) =>
    user.sampan(['run', '--rm', ...flags, '-p', `127.0.0.1:${port}:80`, image, 'true'])

  test('says which container has it, under the name it has now', async () => {
    const port = await freePort()
    await serve([`127.0.0.1:${port}:80`], 'sleep', '60')
    const sentence = 'Container server has it: stop it, choose another host port'
    expect((await publish(port)).stderr).toContain(sentence)
    expect((await publish(port, '-d')).stderr).toContain(sentence)
    await user.ok(['rename', 'server', 'renamed'])
    expect((await publish(port)).stderr).toContain('Container renamed has it')
    await user.ok(['run', '-d', '--name', 'server', image, 'sleep', '60'])
    const added = await user.sampan(['port', 'add', 'server', `127.0.0.1:${port}:80`])
    expect(added).toMatchObject({ code: 1, stderr: expect.stringContaining('Container renamed has it') })
    await user.sampan(['rm', '-f', 'renamed'])
  })

  test('says which program of the user has it', async () => {
    const port = await freePort()
    using _other = start(user.argv(['socat', `UDP-RECV:${port},bind=127.0.0.1`, 'PIPE']))
    const said = await eventually('socat has the port', 5000, async () => {
      const { code, stderr } = await user.sampan([
        ...['run', '--rm', '-p', `127.0.0.1:${port}:80/udp`, image, 'true'],
      ])
      expect(code).toBe(125)
      return stderr
    })
    expect(said).toMatch(/socat \(process \d+\) has it: choose another host port/)
  })

  test.skipIf(user.uid === 0 || process.getuid?.() !== 0)(
    'says whose it is where it is not the user’s',
    async () => {
      using taken = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response('') })
      expect((await publish(taken.port ?? 0)).stderr).toContain('A program of user root has it')
    },
  )
})

test('more ports on one side than on the other, and none at all', async () => {
  for (const [given, words] of [
    ['8000-8002:80-81', 'invalid ranges specified for container and host Ports'],
    ['8000:80-81', 'invalid ranges specified for container and host Ports'],
    ['81-80:81-80', 'invalid containerPort'],
    ['0:70000', 'invalid containerPort'],
    ['80/sctp', 'tcp and udp are forwarded'],
  ] as const) {
    const { code, stderr } = await user.sampan(['run', '--rm', '-p', given, image, 'true'])
    expect([given, code, stderr]).toEqual([given, 125, expect.stringContaining(words)])
  }
})

test('one port of several in use: the others are free again, and the sentence says which', async () => {
  using taken = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response('') })
  const port = await freePort()
  const { code, stderr } = await user.sampan([
    ...['run', '--name', 'server', '-p', `127.0.0.1:${port}:80`, '-p', `127.0.0.1:${taken.port}:81`],
    ...[image, 'true'],
  ])
  expect(code).toBe(125)
  expect(stderr).toContain(`Bind for 127.0.0.1:${taken.port} failed: port is already allocated`)
  using free = Bun.serve({ hostname: '127.0.0.1', port, fetch: () => new Response('') })
  expect(free.port).toBe(port)
})
