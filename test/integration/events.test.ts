/** events: a container's life as it is told, by commands and by its monitor. */
import { expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
const quiet = ['--network', 'none']
const past = (...args: string[]) => user.ok(['events', '--since', '1h', '--until', '0s', ...args])

test('a whole life, in order, with who and what', async () => {
  const id = await user.ok([
    'run',
    '-d',
    '--name',
    'life',
    '--label',
    'team=a',
    ...quiet,
    image,
    'sleep',
    '600',
  ])
  await user.ok(['pause', 'life'])
  await user.ok(['unpause', 'life'])
  await user.ok(['rename', 'life', 'second'])
  await user.ok(['kill', '-s', 'USR1', 'second'])
  await user.ok(['stop', '-t', '0', 'second'])
  await user.ok(['start', 'second'])
  await user.ok(['rm', '-f', 'second'])
  const actions = (await past('--filter', `container=${id}`, '--format', '{{.Action}}')).split('\n')
  expect(actions).toEqual([
    'create',
    'start',
    'pause',
    'unpause',
    'rename',
    'kill',
    'kill',
    'kill',
    'die',
    'stop',
    'start',
    'kill',
    'die',
    'destroy',
  ])
  const [created, , , , , , , , died] = (await past('--filter', `container=${id}`)).split('\n')
  expect(created).toMatch(
    new RegExp(
      `^\\d{4}-\\d\\d-\\d\\dT[\\d:]+\\.\\d{9}Z container create ${id} \\(image=busybox, name=life, team=a\\)$`,
    ),
  )
  expect(died).toMatch(/ container die .* \(exitCode=137, image=busybox, name=second, team=a\)$/)
})

test('filters, JSON, and volumes', async () => {
  await user.ok(['volume', 'create', 'data'])
  await user.ok(['volume', 'rm', 'data'])
  expect(await past('-f', 'type=volume', '--format', '{{.Action}} {{.Actor.ID}}')).toBe(
    'create data\ndestroy data',
  )
  expect(await past('-f', 'label=team=b')).toBe('')
  const [line = ''] = (await past('-f', 'event=die', '--format', 'json')).split('\n')
  expect(JSON.parse(line)).toMatchObject({
    Type: 'container',
    Action: 'die',
    Actor: { Attributes: { exitCode: '137' } },
  })
  const { code, stderr } = await user.sampan(['events', '-f', 'color=red'])
  expect([code, stderr]).toEqual([1, expect.stringContaining("invalid filter 'color'")])
})

test('who waits is told what happens, and only that: --rm and health included', async () => {
  using watch = user.start(['events', '--format', '{{.Action}} {{.Actor.Attributes.name}}'])
  await Bun.sleep(300)
  const health = ['--health-cmd', 'true', '--health-interval', '100ms']
  await user.ok(['run', '-d', '--rm', '--name', 'brief', ...quiet, ...health, image, 'sleep', '600'])
  await watch.waitFor('health_status: healthy brief')
  await user.ok(['kill', 'brief'])
  await watch.waitFor('destroy brief')
  expect(watch.soFar.stdout.trim().split('\n')).toEqual([
    'create brief',
    'start brief',
    'health_status: healthy brief',
    'kill brief',
    'die brief',
    'destroy brief',
  ])
  watch.signal('SIGTERM')
  await watch.exited(5_000)
})

test('exec, attach, top, commit and export are told, with how the program ended', async () => {
  const id = await user.ok(['run', '-d', '--name', 'busy', ...quiet, image, 'sleep', '600'])
  expect((await user.sampan(['exec', 'busy', 'sh', '-c', 'exit 3'])).code).toBe(3)
  await user.ok(['exec', '-d', 'busy', 'sh', '-c', 'sleep 0.1; exit 4'])
  await expect
    .poll(() =>
      past('-f', `container=${id}`, '-f', 'event=exec_die', '--format', '{{.Actor.Attributes.exitCode}}'),
    )
    .toBe('3\n4')
  await user.ok(['top', 'busy'])
  await user.ok(['export', '-o', `${user.folder}/busy.tar`, 'busy'])
  await user.ok(['commit', 'busy', 'busy:saved'])
  await user.ok(['cp', 'busy:/etc/passwd', `${user.folder}/passwd`])
  await user.ok(['rm', '-f', 'busy'])
  const [, , created, started, ...rest] = (
    await past('-f', `container=${id}`, '--format', '{{.Action}}')
  ).split('\n')
  expect([created, started]).toEqual(['exec_create: sh -c exit 3', 'exec_start: sh -c exit 3'])
  expect(rest.filter((action) => !action.startsWith('exec_'))).toEqual(
    expect.arrayContaining(['top', 'export', 'commit', 'die', 'destroy']),
  )
  const ids = await past(
    '-f',
    `container=${id}`,
    '-f',
    'event=exec_start',
    '-f',
    'event=exec_die',
    '--format',
    '{{.Actor.Attributes.execID}}',
  )
  expect(new Set(ids.split('\n')).size).toBe(2)
})

test('images and networks have events, too', async () => {
  await user.ok(['tag', image, 'other:one'])
  await user.ok(['save', '-o', `${user.folder}/one.tar`, 'other:one'])
  await user.ok(['rmi', 'other:one'])
  await user.ok(['load', '-i', `${user.folder}/one.tar`])
  await user.ok(['untag', 'other:one', 'other:one'])
  const actions = (await past('-f', 'type=image', '--format', '{{.Action}}')).split('\n')
  expect(actions.slice(-5)).toEqual(['tag', 'save', 'untag', 'load', 'untag'])
  expect(await past('-f', 'image=other', '-f', 'event=tag', '--format', '{{.Actor.Attributes.name}}')).toBe(
    'other:one',
  )
  await user.ok(['network', 'create', 'lan'])
  const id = await user.ok(['create', '--name', 'wired', '--network', 'bridge', image, 'true'])
  await user.ok(['network', 'connect', 'lan', 'wired'])
  await user.ok(['network', 'disconnect', 'lan', 'wired'])
  await user.ok(['network', 'rm', 'lan'])
  const lines = (await past('-f', 'network=lan', '--format', 'json'))
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(
    lines.map(({ Action, Actor: { Attributes } }) => [Action, Attributes.name, Attributes.container]),
  ).toEqual([
    ['create', 'lan', undefined],
    ['connect', 'lan', id],
    ['disconnect', 'lan', id],
    ['destroy', 'lan', undefined],
  ])
  await user.ok(['rm', 'wired'])
})

test('volumes are told of while they are used, where docker tells of them', async () => {
  const mounts = ['-v', 'used:/x', '-v', 'read:/longer:ro']
  await user.ok(['run', '--rm', '--name', 'user', ...quiet, ...mounts, image, 'true'])
  const id = await past('-f', 'event=destroy', '-f', 'container=user', '--format', '{{.Actor.ID}}')
  const lines = (await past('--format', '{{.Type}} {{.Action}} {{json .Actor}}')).split('\n')
  const first = lines.findIndex((line) => line.startsWith('volume mount '))
  const attributes = (destination: string, write: boolean) =>
    `"Attributes":{"container":"${id}","destination":"${destination}","driver":"local","read/write":"${write}"}`
  expect(lines.slice(first, first + 2)).toEqual([
    `volume mount {"ID":"used",${attributes('/x', true)}}`,
    `volume mount {"ID":"read",${attributes('/longer', false)}}`,
  ])
  const rest = lines.slice(first + 2, first + 6).map((line) => line.split(',')[0])
  expect(rest).toEqual([
    `container start {"ID":"${id}"`,
    `container die {"ID":"${id}"`,
    'volume unmount {"ID":"used"',
    'volume unmount {"ID":"read"',
  ])
})

test('a template may name what an event lacks', async () => {
  const template = '{{.Type}}|{{.From}}|{{.Actor.Attributes.exitCode}}|{{index .Actor.Attributes "none"}}|'
  const lines = (await past('-f', 'image=busybox', '--format', template)).split('\n')
  expect(lines).toContain('image||<no value>||')
  expect(lines).toContain('container|busybox|<no value>||')
})

test('a terminal’s new size, and leaving by the detach keys', async () => {
  const id = await user.ok(['run', '-dit', '--name', 'shell', ...quiet, image])
  {
    using session = user.terminal(['attach', 'shell'])
    session.resize(33, 101)
    await expect.poll(() => past('-f', `container=${id}`, '-f', 'event=resize')).toContain('height=33')
    session.type('\x10\x11')
    await session.exited()
  }
  {
    using session = user.terminal(['exec', '-it', 'shell', 'sh'])
    await session.waitFor('# ')
    session.type('\x10\x11')
    await session.exited()
  }
  const told = await past('-f', `container=${id}`, '-f', 'event=detach', '-f', 'event=exec_detach')
  expect(told).toMatch(/ container detach .*\n.* container exec_detach .*execID=[0-9a-f]{64}/)
  await user.ok(['rm', '-f', 'shell'])
})
