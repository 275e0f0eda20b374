/** The fourth tutorial: what a container is made of, images on their way between hosts, and the four kinds of network. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BadRegistry } from '../../support/bad-registry.ts'
import { ok } from '../../support/process.ts'
import { type Registry, startRegistry } from '../../support/registry.ts'
import { centos6 } from '../../support/tutorial.ts'
import { testUser } from '../../support/user.ts'

const user = testUser()
const image = centos6(user)
const password = 'secret'
let registry: Registry
let mirror: BadRegistry

beforeAll(async () => {
  registry = await startRegistry({ login: { user: 'anna', password } })
  mirror = await BadRegistry.start()
  user.file('home/.config/sampan/config.json', JSON.stringify({ registryMirrors: [`http://${mirror.host}`] }))
})
afterAll(async () => {
  await registry[Symbol.asyncDispose]()
  await mirror[Symbol.asyncDispose]()
})

test('a container has six namespaces of its own', async () => {
  const script = 'cd /proc/self/ns; for one in uts mnt ipc pid user net; do readlink $one; done'
  const outside = (await ok(['sh', '-c', script])).trim().split('\n')
  const inside = (await user.ok(['run', '--rm', image, 'sh', '-c', script])).split('\n')
  expect(inside.length).toBe(6)
  expect(inside.filter((name) => outside.includes(name))).toEqual([])
})

test('the events of a life, in their order', async () => {
  await user.ok(['run', '-d', '--name', 'life', image, 'sh', '-c', 'echo to the console; sleep 600'])
  await user.ok(['pause', 'life'])
  expect(await user.ok(['ps', '--format', '{{.Status}}', '-f', 'name=life'])).toMatch(/\(Paused\)$/)
  await user.ok(['unpause', 'life'])
  await user.ok(['restart', '-t', '0', 'life'])
  expect(await user.ok(['logs', 'life'])).toMatch(/^to the console\n/)
  await user.ok(['kill', 'life'])
  await user.ok(['wait', 'life'])
  await user.ok(['rm', 'life'])
  const until = String(Math.ceil(Date.now() / 1000) + 1)
  const asked = [
    'events',
    '--since',
    '5m',
    '--until',
    until,
    '-f',
    'container=life',
    '--format',
    '{{.Action}}',
  ]
  const [first, ...more] = (await user.ok(asked)).split('\n')
  expect(first).toBe('create')
  const wanted = ['start', 'pause', 'unpause', 'die', 'start', 'restart', 'kill', 'die', 'destroy']
  expect(inOrder(wanted, more)).toEqual(wanted)
})

/** As much of `wanted` as is found one after the other in `all`. */
function inOrder(wanted: readonly string[], all: readonly string[]): string[] {
  const found: string[] = []
  for (const one of all) if (one === wanted[found.length]) found.push(one)
  return found
}

test('info names the mirror of Docker Hub, and pull asks it', async () => {
  mirror.image('library/hello', 'latest', { layers: [Buffer.alloc(1024)] })
  expect(await user.ok(['info'])).toContain(` Registry Mirrors:\n  http://${mirror.host}`)
  const { stdout, stderr } = await user.sampan(['pull', 'hello'])
  expect(stdout + stderr).toContain('Using default tag: latest')
  expect(mirror.asked(/^GET .*blobs/)).toBeGreaterThan(0)
  await user.ok(['rmi', 'hello'])
})

describe('images', () => {
  test('a container committed with another CMD, its name given later', async () => {
    await user.ok(['run', '-d', '--name', 'worked', image, 'sh', '-c', 'echo done > /work; sleep 600'])
    await user.ok(['exec', 'worked', 'sh', '-c', 'until [ -s /work ]; do sleep 0.1; done'])
    const id = await user.ok(['commit', '-p', '-c', 'CMD ["cat", "/work"]', 'worked'])
    expect(await user.ok(['inspect', '-f', '{{.State.Status}}', 'worked'])).toBe('running')
    await user.ok(['rm', '-f', 'worked'])
    await user.ok(['tag', id, 'worked:1'])
    expect(await user.ok(['run', '--rm', 'worked:1'])).toBe('done')
    expect(await user.ok(['images', '--no-trunc', 'worked'])).toContain(id)
  })

  test('many are saved to one file, and loaded where there were none', async () => {
    const file = join(user.folder, 'many.tar')
    const listed = () => user.ok(['images', '--no-trunc', '--format', '{{.Repository}}:{{.Tag}} {{.ID}}'])
    const lines = async () =>
      (await listed())
        .split('\n')
        .filter((line) => /^(worked|centos):/.test(line))
        .sort()
    const before = await lines()
    expect(before.length).toBe(3)
    await user.ok(['save', '-o', file, 'worked:1', 'centos:6', 'centos:centos6'])
    await user.ok(['rmi', 'worked:1', 'centos:6', 'centos:centos6'])
    expect(await lines()).toEqual([])
    expect(await user.ok(['load', '-i', file])).toContain('Loaded image: worked:1')
    expect(await lines()).toEqual(before)
  })

  test('a push wants a login, and the name of the place it goes to', async () => {
    const name = `${registry.host}/anna/worked:1`
    const nameless = await user.sampan(['push', name])
    expect(nameless.code).toBe(1)
    expect(nameless.stderr).toContain('An image does not exist locally with the tag')
    await user.ok(['tag', 'worked:1', name])
    const denied = await user.sampan(['push', name])
    expect(denied.code).toBe(1)
    expect(denied.stderr).toContain('login')

    const login = ['login', '-u', 'anna', '--password-stdin', registry.host]
    expect(await user.ok(login, { input: password })).toBe('Login Succeeded')
    await user.ok(['push', name])
    await user.ok(['rmi', name, 'worked:1'])
    await user.ok(['pull', name])
    expect(await user.ok(['run', '--rm', name])).toBe('done')
    await user.ok(['logout', registry.host])
    expect((await user.sampan(['push', name])).code).toBe(1)
  })
})

describe('networks', () => {
  const interfaces = async (...flags: string[]) =>
    (await user.ok(['run', '--rm', ...flags, image, 'ls', '/sys/class/net'])).split('\n')

  test('there are three from the start; the bridge has the pool of addresses', async () => {
    const [head = '', ...rows] = (await user.ok(['network', 'ls'])).split('\n')
    expect(head).toMatch(/^NETWORK ID +NAME +DRIVER +SCOPE$/)
    expect(rows.map((row) => row.split(/ +/).slice(1).join(' '))).toEqual(
      expect.arrayContaining(['bridge bridge local', 'host host local', 'none null local']),
    )
    const [{ Driver, IPAM }] = JSON.parse(await user.ok(['network', 'inspect', 'bridge']))
    expect(Driver).toBe('bridge')
    expect(IPAM.Config[0]).toMatchObject({ Subnet: expect.stringMatching(/^172\.\d+\.0\.0\/16$/) })
  })

  test('closed: the loopback alone', async () => {
    expect(await interfaces('--network', 'none')).toEqual(['lo'])
  })

  test('open: the interfaces of the host', async () => {
    expect((await interfaces('--network', 'host')).sort()).toEqual(readdirSync('/sys/class/net').sort())
  })

  test('bridged: an address of the pool; joined: the same one', async () => {
    await user.ok(['run', '-d', '--name', 'owner', image, 'sleep', '600'])
    const ip = await user.ok(['inspect', '-f', '{{.NetworkSettings.Networks.bridge.IPAddress}}', 'owner'])
    expect(ip).toMatch(/^172\.\d+\.0\.\d+$/)
    const shown = ['sh', '-c', 'ip -o -4 addr show eth0; hostname']
    const owner = await user.ok(['exec', 'owner', ...shown])
    expect(owner).toContain(` ${ip}/16 `)
    expect(await user.ok(['run', '--rm', '--network', 'container:owner', image, ...shown])).toBe(owner)
    await user.ok(['rm', '-f', 'owner'])
  })
})
