/** What the name server of a network answers, byte by byte, and whom it asks. */
import { afterEach, describe, expect, test } from 'vitest'
import { type Answer, answerAlways, ask as asker, parseAnswer, question, type Type } from '../support/dns.ts'
import { busybox } from '../support/images.ts'
import { eventually } from '../support/process.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
/** socat and Perl, seen from inside. */
const hostPrograms = ['/usr', '/lib', '/lib64'].flatMap((path) => ['-v', `${path}:${path}:ro`])
const GATEWAY = '10.44.0.1'

afterEach(async () => {
  await user.sampan(['rm', '-f', '-a'])
  await user.sampan(['network', 'prune', '-f'])
})

const network = (...flags: string[]) =>
  user.ok(['network', 'create', '--subnet', '10.44.0.0/24', ...flags, 'mynet'])
const sleeper = (name: string, ...flags: string[]) =>
  user.ok([
    'run',
    '-d',
    '--name',
    name,
    '--network',
    'mynet',
    ...flags,
    ...hostPrograms,
    image,
    'sleep',
    '600',
  ])

async function exchange(from: string, way: 'udp' | 'tcp', message: Buffer): Promise<Answer> {
  const words = ['exec', '-i', from, ...asker(GATEWAY, way)]
  const { bytes } = await user.sampan(words, { input: message })
  return parseAnswer(Buffer.from(bytes))
}

const ask = (from: string, name: string, type: Type = 'A', room?: number) =>
  exchange(from, 'udp', question(name, type, room))
const askByTcp = (from: string, name: string) => exchange(from, 'tcp', question(name))

describe('names of containers', () => {
  test('an address, none of the other family, and no such name', async () => {
    await network('--ipv6=false')
    await sleeper('db', '--ip', '10.44.0.9')
    await sleeper('web')
    expect(await ask('web', 'db')).toMatchObject({ id: 0x1234, code: 0, data: ['10.44.0.9'], edns: false })
    expect(await ask('web', 'DB.mynet')).toMatchObject({ code: 0, data: ['10.44.0.9'] })
    // Nothing, and not "no such name": the asker must not give up on the other family.
    expect(await ask('web', 'db', 'AAAA')).toMatchObject({ code: 0, data: [] })
    expect(await askByTcp('web', 'db')).toMatchObject({ code: 0, data: ['10.44.0.9'] })
  })

  test('IPv6 beside IPv4', async () => {
    await network('--ipv6', '--subnet', 'fd00:44::/64')
    await sleeper('db', '--ip6', 'fd00:44::9')
    expect(await ask('db', 'db', 'AAAA')).toMatchObject({ data: ['fd000044000000000000000000000009'] })
  })

  test('backwards: the name of an address, and of its own only', async () => {
    await network('--ipv6', '--subnet', 'fd00:44::/64')
    await sleeper('db', '--ip', '10.44.0.9', '--ip6', 'fd00:44::9')
    const reverse6 = `9.${'0.'.repeat(23)}4.4.0.0.0.0.d.f.ip6.arpa`
    expect(await ask('db', '9.0.44.10.in-addr.arpa', 'PTR')).toMatchObject({ data: ['db.mynet'] })
    expect(await ask('db', reverse6, 'PTR')).toMatchObject({ data: ['db.mynet'] })
    expect(await ask('db', '77.0.44.10.in-addr.arpa', 'PTR')).toMatchObject({ code: 3, data: [] })
  })

  test('several behind one alias: all in each answer, first in turn', async () => {
    await network()
    for (const at of [1, 2, 3]) await sleeper(`c${at}`, '--ip', `10.44.0.1${at}`, '--network-alias', 'any')
    const firsts = new Set<string | undefined>()
    for (let round = 0; round < 6; round++) {
      const { data } = await ask('c1', 'any')
      expect([...data].sort()).toEqual(['10.44.0.11', '10.44.0.12', '10.44.0.13'])
      firsts.add(data[0])
    }
    expect(firsts.size).toBe(3)
  })

  test('what does not fit is cut off and said to be, unless the asker takes more', async () => {
    await network()
    await sleeper('web')
    // 45 answers of 16 bytes: more than 512. Containers on one network share their alias.
    const many = Array.from({ length: 45 }, (_, at) => at + 20)
    for (let at = 0; at < many.length; at += 5)
      await Promise.all(
        many
          .slice(at, at + 5)
          .map((host) =>
            user.ok([
              ...['run', '-d', '--network', `mynet:ip=10.44.0.${host},alias=any`, image, 'sleep', '600'],
            ]),
          ),
      )
    const short = await ask('web', 'any')
    expect(short).toMatchObject({ code: 0, truncated: true, edns: false })
    expect(short.data.length).toBeLessThan(45)
    expect(await ask('web', 'any', 'A', 4096)).toMatchObject({ truncated: false, edns: true })
    expect((await ask('web', 'any', 'A', 4096)).data).toHaveLength(45)
    expect((await askByTcp('web', 'any')).data).toHaveLength(45)
  }, 120_000)

  test('the host name that was given, alone and with its domain', async () => {
    await network()
    await sleeper('db', '--ip', '10.44.0.9', '--hostname', 'store', '--domainname', 'corp.test')
    await sleeper('web')
    for (const name of ['store', 'store.corp.test', 'db'])
      expect(await ask('web', name)).toMatchObject({ code: 0, data: ['10.44.0.9'] })
    expect((await ask('web', '9.0.44.10.in-addr.arpa', 'PTR')).data).toHaveLength(1)
  })

  test('a renamed container is found by its new name at once, and by its alias still', async () => {
    await network()
    await sleeper('db', '--ip', '10.44.0.9', '--network-alias', 'store')
    await sleeper('web')
    await user.ok(['rename', 'db', 'base'])
    expect(await ask('web', 'base')).toMatchObject({ data: ['10.44.0.9'] })
    expect(await ask('web', 'store')).toMatchObject({ data: ['10.44.0.9'] })
    expect((await ask('web', 'db')).data).toEqual([])
  })

  test('they are nobody else’s: a container of another network is answered as if there were none', async () => {
    await network('--internal')
    await user.ok(['network', 'create', '--subnet', '10.45.0.0/24', '--internal', 'other'])
    await sleeper('web')
    await user.ok(['run', '-d', '--name', 'db', '--network', 'other', image, 'sleep', '600'])
    expect(await ask('web', 'db')).toMatchObject({ code: 2, data: [] })
    expect(await ask('web', '2.0.45.10.in-addr.arpa', 'PTR')).toMatchObject({ code: 3, data: [] })
  })
})

describe('names of other places', () => {
  const server = (name: string, ip: string, answer: string, way: 'udp' | 'tcp' = 'udp') =>
    user.ok([
      ...['run', '-d', '--name', name, '--network', `mynet:ip=${ip}`, ...hostPrograms, image],
      ...answerAlways(answer, way),
    ])
  const answers = (from: string, address: string) =>
    eventually(`the answer is ${address}`, 10_000, async () =>
      expect(await ask(from, 'example.com')).toMatchObject({ code: 0, data: [address] }),
    )

  test('--dns says whom to ask; a second one is asked when the first does not answer', async () => {
    await network()
    await server('dns', '10.44.0.53', '192.0.2.7')
    await sleeper('mute', '--ip', '10.44.0.54')
    await sleeper('web', '--dns', '10.44.0.54', '--dns', '10.44.0.53')
    await answers('web', '192.0.2.7')
    expect(await user.ok(['exec', 'web', 'cat', '/etc/resolv.conf'])).toContain(`nameserver ${GATEWAY}`)
  })

  test('a name server of IPv6', async () => {
    await network('--subnet', 'fd00:44::/64')
    const both = ['sh', '-c', 'socat UDP6-LISTEN:53,ipv6-v6only,fork UDP4:127.0.0.1:53 & exec "$@"', 'sh']
    await user.ok([
      ...['run', '-d', '--name', 'dns', '--network', 'mynet:ip6=fd00:44::53', ...hostPrograms, image],
      ...both,
      ...answerAlways('192.0.2.7'),
    ])
    await sleeper('web', '--dns', 'fd00:44::53')
    await answers('web', '192.0.2.7')
  })

  test('over TCP, too, when the server knows UDP only', async () => {
    await network()
    await server('dns', '10.44.0.53', '192.0.2.7')
    await sleeper('web', '--dns', '10.44.0.53')
    await answers('web', '192.0.2.7')
    expect(await askByTcp('web', 'example.com')).toMatchObject({ code: 0, data: ['192.0.2.7'] })
  })

  test('over TCP what its server cuts off over UDP', async () => {
    await network()
    await server('dns', '10.44.0.53', '192.0.2.7', 'tcp')
    await sleeper('web', '--dns', '10.44.0.53')
    await eventually('the server answers', 10_000, async () =>
      expect(await ask('web', 'example.com')).toMatchObject({ code: 0, truncated: true, data: [] }),
    )
    const whole = { code: 0, truncated: false, data: ['192.0.2.7'] }
    await eventually('its other half answers', 10_000, async () =>
      expect(await askByTcp('web', 'example.com')).toMatchObject(whole),
    )
  })

  test('servers that never answer: a failure in the end, and everybody else is answered meanwhile', async () => {
    await network()
    await sleeper('mute', '--ip', '10.44.0.54')
    await sleeper('web', '--dns', '10.44.0.54')
    const lost = ask('web', 'example.com')
    const slow = askByTcp('web', 'example.com')
    expect(await ask('web', 'mute')).toMatchObject({ data: ['10.44.0.54'] })
    expect(await lost).toMatchObject({ id: 0x1234, code: 2, data: [] })
    expect(await slow).toMatchObject({ id: 0x1234, code: 2, data: [] })
  })

  test('network update changes whom running containers ask', async () => {
    await network('--dns', '10.44.0.53')
    await server('dns', '10.44.0.53', '192.0.2.7')
    await server('better', '10.44.0.54', '192.0.2.8')
    await sleeper('web')
    await answers('web', '192.0.2.7')
    const update = ['network', 'update', '--dns-drop', '10.44.0.53', '--dns-add', '10.44.0.54', 'mynet']
    expect(await user.ok(update)).toBe('')
    await answers('web', '192.0.2.8')
    expect(await user.ok(['network', 'inspect', '-f', '{{.NetworkDNSServers}}', 'mynet'])).toBe(
      '[10.44.0.54]',
    )
    expect(await user.sampan(update)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('network mynet does not ask 10.44.0.53 for names'),
    })
    expect((await user.sampan(['network', 'update', 'mynet'])).stderr).toContain('nothing to change')
  })

  test('search domains, options and hosts of the command line', async () => {
    await network()
    await sleeper('db', '--ip', '10.44.0.9')
    const flags = ['--dns-search', 'mynet', '--dns-option', 'ndots:2', '--add-host', 'far:192.0.2.1']
    await sleeper('web', ...flags)
    const files = await user.ok(['exec', 'web', 'cat', '/etc/resolv.conf', '/etc/hosts'])
    expect(files).toMatch(/^nameserver 10\.44\.0\.1\nsearch mynet\noptions ndots:2\n/)
    expect(files).toMatch(/^192\.0\.2\.1\tfar$/m)
    // Nobody has to say it: names of containers go to no search domain first.
    expect(await user.ok(['exec', 'db', 'cat', '/etc/resolv.conf'])).toMatch(/^options .*\bndots:0$/m)
  })
})
