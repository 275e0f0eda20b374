/** container clone, init, cleanup. */
import { rmSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
const quiet = ['--network', 'none']
const field = (name: string, template: string) => user.ok(['inspect', '-f', template, name])

describe('container clone', () => {
  test('the same settings, an own name, id, host name, anonymous volume and files', async () => {
    const words = ['-e', 'A=b', '-l', 'team=x', '-v', 'shared:/s', '-v', '/own', '-w', '/tmp']
    await user.ok([
      'run',
      '-d',
      '--name',
      'first',
      ...quiet,
      ...words,
      image,
      'sh',
      '-c',
      'echo $A >/s/a; touch /own/x /y; sleep 600',
    ])
    const id = await user.ok(['container', 'clone', '--run', 'first'])
    expect(
      await field('first-clone', '{{.Id}} {{.State.Status}} {{.Config.WorkingDir}} {{.Config.Labels.team}}'),
    ).toBe(`${id} running /tmp x`)
    expect(await user.ok(['exec', 'first-clone', 'hostname'])).toBe(id.slice(0, 12))
    const volumes = async (name: string) =>
      (await field(name, '{{range .Mounts}}{{.Destination}}={{.Name}} {{end}}')).trim().split(' ')
    const [first, second] = [await volumes('first'), await volumes('first-clone')]
    expect(first.filter((one) => second.includes(one))).toEqual(['/s=shared'])
    expect(await user.ok(['container', 'clone', 'first'])).toMatch(/^[0-9a-f]{64}$/)
    expect(await field('first-clone1', '{{.State.Status}}')).toBe('created')
    await user.ok(['rm', '-f', '-v', 'first-clone', 'first-clone1'])
  })

  test('--destroy takes the first away, a running one with --force only; a name in use changes nothing', async () => {
    const { code, stderr } = await user.sampan(['container', 'clone', '--destroy', 'first', 'next'])
    expect([code, stderr]).toEqual([1, expect.stringContaining('it is running')])
    const taken = await user.sampan(['container', 'clone', '--name', 'first', 'first'])
    expect([taken.code, taken.stderr]).toEqual([125, expect.stringContaining('already in use')])
    expect((await user.ok(['volume', 'ls', '-q'])).split('\n').length).toBe(2)
    await user.ok(['container', 'clone', '--destroy', '-f', 'first', 'next'])
    expect(await user.ok(['ps', '-a', '--format', '{{.Names}} {{.State}}'])).toBe('next created')
    await user.ok(['rm', '-v', 'next'])
  })
})

test('container clone with another image and other limits', async () => {
  await user.ok([
    'create',
    '--name',
    'source',
    ...quiet,
    '--memory',
    '64m',
    '-e',
    'A=b',
    image,
    'cat',
    '/mark',
  ])
  await user.ok(['create', '--name', 'marked', ...quiet, image])
  await user.ok(['cp', user.file('mark', 'of the other image\n'), 'marked:/mark'])
  await user.ok(['commit', 'marked', 'other:1'])
  await user.ok(['container', 'clone', '--cpus', '0.5', '--memory-swap', '128m', 'source', 'copy', 'other:1'])
  const limits =
    '{{.HostConfig.Memory}} {{.HostConfig.MemorySwap}} {{.HostConfig.NanoCpus}} {{.Config.Image}}'
  expect(await field('copy', limits)).toBe('67108864 134217728 500000000 other:1')
  await user.ok([
    'container',
    'clone',
    '--memory',
    '0',
    '--memory-swap',
    '0',
    '--run',
    'source',
    'free',
    'other:1',
  ])
  await user.ok(['wait', 'free'])
  expect(await user.ok(['logs', 'free'])).toBe('of the other image')
  const refused = await user.sampan(['container', 'clone', 'source', 'none', 'no-such-image:1'])
  expect(refused.code).toBe(1)
  expect((await user.sampan(['container', 'exists', 'none'])).code).toBe(1)
  await user.ok(['rm', 'source', 'marked', 'copy', 'free'])
})

describe('container init', () => {
  test('says what would keep it from starting, and starts nothing', async () => {
    const folder = user.makeFolder('bound')
    await user.ok(['create', '--name', 'ready', ...quiet, '-v', `${folder}:/b`, image, 'sleep', '600'])
    expect(await user.ok(['container', 'init', 'ready'])).toBe('ready')
    expect(await field('ready', '{{.State.Status}}')).toBe('created')
    rmSync(folder, { recursive: true })
    const { code, stderr } = await user.sampan(['container', 'init', 'ready'])
    expect([code !== 0, stderr]).toEqual([true, expect.stringContaining(folder)])
    user.makeFolder('bound')
    await user.ok(['start', 'ready'])
    expect(await user.sampan(['container', 'init', 'ready'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('already been started'),
    })
    await user.ok(['rm', '-f', 'ready'])
  })
})

describe('container cleanup', () => {
  test('clears what a killed monitor left, leaves alone what runs, and removes with --rm', async () => {
    await user.ok(['run', '-d', '--name', 'lost', ...quiet, '--pidfile', 'lost.pid', image, 'sleep', '600'])
    await user.ok(['run', '-d', '--name', 'well', ...quiet, image, 'sleep', '600'])
    const [id = '', monitor = '0'] = (await field('lost', '{{.Id}} {{.State.ConmonPid}}')).split(' ')
    process.kill(Number(monitor), 'SIGKILL')
    await user.ok(['wait', 'lost'])
    expect(await user.ok(['container', 'cleanup', '--all'])).toBe(id)
    expect((await user.run(['ls', `${user.runtime}/sampan/c`, 'lost.pid'])).stdout).not.toMatch(
      /lost.pid|^[0-9a-f]{64}\n[0-9a-f]{64}/,
    )
    const { code, stderr } = await user.sampan(['container', 'cleanup', 'well'])
    expect([code, stderr]).toEqual([1, expect.stringContaining('is running')])
    await user.ok(['container', 'cleanup', '--rm', 'lost'])
    expect(await user.ok(['ps', '-a', '--format', '{{.Names}}'])).toBe('well')
    await user.ok(['rm', '-f', 'well'])
  })
})
