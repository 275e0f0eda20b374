/** Networks change under containers that run: what their name files and their programs see of it. */
import { afterEach, describe, expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { eventually } from '../support/process.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)

afterEach(async () => {
  await user.sampan(['rm', '-f', '-a'])
  await user.sampan(['network', 'prune', '-f'])
})

const sleeper = (name: string, ...flags: string[]) =>
  user.ok(['run', '-d', '--name', name, ...flags, image, 'sleep', '600'])
const file = (name: string, path: string) => user.ok(['exec', name, 'cat', path])
const address = (name: string, network: string) =>
  user.ok(['inspect', '-f', `{{(index .NetworkSettings.Networks "${network}").IPAddress}}`, name])
const line = (ip: string, name: string) => new RegExp(`^${ip.replaceAll('.', '\\.')}\\t${name}( |$)`, 'm')

describe('/etc/hosts and /etc/resolv.conf', () => {
  test('follow connect and disconnect, and keep what the program wrote', async () => {
    await user.ok(['network', 'create', '--internal', 'inner'])
    await user.ok(['network', 'create', 'outer'])
    await sleeper('web', '--hostname', 'me', '--network', 'inner')
    await user.ok(['exec', 'web', 'sh', '-c', 'echo "192.0.2.1 mine" >> /etc/hosts'])
    const before = await file('web', '/etc/hosts')
    expect(before).toMatch(line(await address('web', 'inner'), 'me'))
    expect(before).not.toContain('host.docker.internal')

    await user.ok(['network', 'connect', 'outer', 'web'])
    const both = await file('web', '/etc/hosts')
    expect(both).toMatch(line(await address('web', 'inner'), 'me'))
    expect(both).toMatch(line(await address('web', 'outer'), 'me'))
    expect(both).toContain('host.docker.internal')
    expect(both).toContain('192.0.2.1 mine')

    const inner = await address('web', 'inner')
    await user.ok(['network', 'disconnect', 'inner', 'web'])
    const left = await file('web', '/etc/hosts')
    expect(left).not.toContain(inner)
    expect(left).toContain('192.0.2.1 mine')
    const gateway = await user.ok(['network', 'inspect', '-f', '{{(index .IPAM.Config 0).Gateway}}', 'outer'])
    expect(await file('web', '/etc/resolv.conf')).toMatch(new RegExp(`^nameserver ${gateway}$`, 'm'))
  })

  test('network reload makes them as they should be', async () => {
    await sleeper('web', '--network', 'bridge', '--hostname', 'me')
    const [hosts, servers] = [await file('web', '/etc/hosts'), await file('web', '/etc/resolv.conf')]
    await user.ok(['exec', 'web', 'sh', '-c', 'echo nonsense | tee /etc/hosts > /etc/resolv.conf'])
    const id = await user.ok(['inspect', '-f', '{{.Id}}', 'web'])
    expect(await user.ok(['network', 'reload', 'web'])).toBe(id)
    expect([await file('web', '/etc/hosts'), await file('web', '/etc/resolv.conf')]).toEqual([hosts, servers])
    await user.ok(['create', '--name', 'db', image, 'true'])
    expect(await user.ok(['network', 'reload', '--all'])).toBe(id)
    expect(await user.sampan(['network', 'reload', 'db'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('container db is not running'),
    })
  })
})

describe('links', () => {
  test('a linked container that starts again is found where it is now', async () => {
    await sleeper('db')
    await sleeper('web', '--link', 'db:store')
    const first = await address('db', 'bridge')
    expect(await file('web', '/etc/hosts')).toMatch(line(first, 'store'))
    await user.ok(['stop', '-t', '0', 'db'])
    await sleeper('third', '--ip', first)
    await user.ok(['start', 'db'])
    const second = await address('db', 'bridge')
    expect(second).not.toBe(first)
    const hosts = await file('web', '/etc/hosts')
    expect(hosts).toMatch(line(second, 'store'))
    expect(hosts).not.toMatch(line(first, 'store'))
  })

  test('network reload tells those that are linked where it is after a start in the foreground', async () => {
    await sleeper('db')
    await sleeper('web', '--link', 'db:store')
    const first = await address('db', 'bridge')
    await user.ok(['stop', '-t', '0', 'db'])
    await sleeper('third', '--ip', first)
    using _db = user.start(['start', '-a', 'db'])
    await user.ok(['wait', '--condition', 'running', 'db'])
    await user.ok(['network', 'reload', 'db'])
    const second = await address('db', 'bridge')
    expect(second).not.toBe(first)
    expect(await file('web', '/etc/hosts')).toMatch(line(second, 'store'))
  })

  test('a container that is on none of its networks cannot be linked to, until it is', async () => {
    await user.ok(['network', 'create', 'mynet'])
    await sleeper('db', '--network', 'bridge')
    const run = ['run', '-d', '--name', 'web', '--network', 'mynet', '--link', 'db', image, 'sleep', '60']
    const { code, stderr } = await user.sampan(run)
    expect([code, stderr]).toEqual([
      125,
      expect.stringContaining('Cannot link to /db, as it does not belong to network mynet'),
    ])
    await user.ok(['network', 'connect', 'mynet', 'db'])
    await user.ok(['start', 'web'])
    expect(await file('web', '/etc/hosts')).toMatch(line(await address('db', 'mynet'), 'db'))
  })

  test('network connect --link: a name of its own, on this network', async () => {
    await user.ok(['network', 'create', 'mynet'])
    await sleeper('db', '--network', 'mynet')
    await sleeper('web', '--network', 'bridge')
    await user.ok(['network', 'connect', '--link', 'db:store', 'mynet', 'web'])
    expect(await file('web', '/etc/hosts')).toMatch(line(await address('db', 'mynet'), 'store'))
    await user.ok(['restart', '-t', '0', 'web'])
    expect(await file('web', '/etc/hosts')).toMatch(line(await address('db', 'mynet'), 'store'))
    expect(await user.sampan(['network', 'connect', '--link', 'nobody', 'bridge', 'db'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('nobody'),
    })
  })
})

test('connect and disconnect under traffic: the other network goes on', async () => {
  await user.ok(['network', 'create', 'mynet'])
  await user.ok(['network', 'create', 'other'])
  const script = 'mkdir /www; head -c 50000000 /dev/zero > /www/big; exec httpd -f -p 80 -h /www'
  await user.ok(['run', '-d', '--name', 'db', '--network', 'mynet', image, 'sh', '-c', script])
  await sleeper('web', '--network', 'mynet')
  await eventually('db serves', 10_000, () =>
    user.ok(['exec', 'web', 'wget', '-q', '-O', '/dev/null', 'http://db/big']),
  )
  const reads = 'until [ -e /enough ]; do wget -q -O - http://db/big | wc -c; done'
  const traffic = user.ok(['exec', 'web', 'sh', '-c', reads])
  for (let round = 0; round < 3; round++) {
    await user.ok(['network', 'connect', 'other', 'db'])
    await user.ok(['network', 'connect', 'other', 'web'])
    await user.ok(['network', 'disconnect', 'other', 'web'])
    await user.ok(['network', 'disconnect', 'other', 'db'])
  }
  await user.ok(['exec', 'web', 'touch', '/enough'])
  expect([...new Set((await traffic).split('\n'))]).toEqual(['50000000'])
})

test('network graph draws what there is', async () => {
  await user.ok(['network', 'create', '--ipv6=false', '--subnet', '10.44.0.0/24', 'mynet'])
  await sleeper('web', '--network', 'mynet:ip=10.44.0.9', '-p', '127.0.0.1::80')
  await user.ok(['create', '--name', 'db', '--network', 'mynet', image, 'true'])
  await sleeper('alone', '--network', 'none')
  const port = (await user.ok(['port', 'web', '80'])).trim()
  expect(await user.ok(['network', 'graph', 'mynet'])).toBe(
    `mynet  10.44.0.0/24\n├─ db   (not running)\n└─ web  10.44.0.9      ${port} → 80/tcp`,
  )
  const all = await user.ok(['network', 'graph'])
  expect(all).toMatch(/^bridge {2}172\.\d+\.0\.0\/16( {2}fd\S+)?\n/)
  expect(all).toMatch(/\nnone\n└─ alone$/)
  expect(await user.ok(['network', 'graph', '--format', 'mermaid', 'mynet'])).toMatch(/^graph LR\n/)
  expect(await user.ok(['network', 'graph', '--format', 'svg'])).toMatch(/^<svg [\s\S]*<\/svg>$/)
  expect(await user.sampan(['network', 'graph', 'nothing'])).toMatchObject({ code: 1 })
})
