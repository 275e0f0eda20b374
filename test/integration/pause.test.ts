/** pause and unpause: everything stands still, and goes on as if nothing had been. */
import { expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { eventually } from '../support/process.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
const quiet = ['--network', 'none']
/** Two processes that count as fast as they can sleep. */
const counting =
  'n=0; (while :; do sleep 0.01; done) & while :; do n=$((n + 1)); echo $n > /count; sleep 0.01; done'
const start = (name: string, ...args: string[]) =>
  user.ok(['run', '-d', '--name', name, ...quiet, ...args, image, 'sh', '-c', counting])
const field = (name: string, template: string) => user.ok(['inspect', '-f', template, name])
/** Read through the process, since nothing can be executed in a paused container. */
const count = async (name: string) => {
  const pid = await field(name, '{{.State.Pid}}')
  return (await user.run(['cat', `/proc/${pid}/root/count`])).stdout
}

test('nothing moves while it is paused, all goes on afterwards, and ps tells', async () => {
  await start('counter')
  const { stdout, stderr } = await user.sampan(['pause', 'counter'])
  expect(stdout).toBe('counter\n')
  expect(stderr).toMatch(/^counter: paused by (the cgroup freezer|signals to all its processes)/)
  expect(await field('counter', '{{.State.Status}} {{.State.Paused}} {{.State.Running}}')).toBe(
    'paused true true',
  )
  expect(await user.ok(['ps', '-f', 'status=paused', '--format', '{{.Names}} {{.Status}}'])).toMatch(
    /^counter Up .* \(Paused\)$/,
  )
  const before = await count('counter')
  await Bun.sleep(150)
  expect(await count('counter')).toBe(before)
  const exec = await user.sampan(['exec', 'counter', 'true'])
  expect([exec.code, exec.stderr]).toEqual([1, expect.stringContaining('is paused')])
  expect(await user.ok(['unpause', 'counter'])).toBe('counter')
  expect(await field('counter', '{{.State.Status}}')).toBe('running')
  await eventually('it counts again', 5_000, async () => expect(await count('counter')).not.toBe(before))
})

test('twice, not at all, and when it does not run: each says why', async () => {
  await start('twice')
  await user.ok(['pause', 'twice'])
  await user.ok(['create', '--name', 'idle', ...quiet, image, 'true'])
  const cases: [string, string, string][] = [
    ['pause', 'twice', 'is already paused'],
    ['pause', 'idle', 'is not running'],
    ['unpause', 'idle', 'is not running'],
    ['pause', 'ghost', 'No such container: ghost'],
  ]
  for (const [command, name, words] of cases) {
    const { code, stderr } = await user.sampan([command, name])
    expect([command, name, code, stderr]).toEqual([command, name, 1, expect.stringContaining(words)])
  }
  await user.ok(['unpause', 'twice'])
  const { code, stderr } = await user.sampan(['unpause', 'twice'])
  expect([code, stderr]).toEqual([1, expect.stringContaining('is not paused')])
})

test('a paused container is stopped, killed, removed and restarted like any other', async () => {
  for (const name of ['halted', 'killed', 'removed', 'again']) {
    await start(name)
    await user.ok(['pause', name])
  }
  await user.ok(['stop', '-t', '5', 'halted'])
  await user.ok(['kill', 'killed'])
  await user.ok(['rm', '-f', 'removed'])
  await user.ok(['restart', '-t', '0', 'again'])
  expect(await field('halted', '{{.State.Status}}')).toBe('exited')
  expect(await field('killed', '{{.State.Status}} {{.State.ExitCode}}')).toBe('exited 137')
  expect(await field('again', '{{.State.Status}}')).toBe('running')
})

test('what the program had stopped itself stays stopped', async () => {
  const script = 'sleep 600 & echo $! > /child; kill -STOP $!; sleep 600'
  await user.ok(['run', '-d', '--name', 'job', ...quiet, image, 'sh', '-c', script])
  const states = async () =>
    (await user.ok(['exec', 'job', 'sh', '-c', 'cat /proc/$(cat /child)/stat'])).split(' ')[2]
  await eventually('the child is stopped', 5_000, async () => expect(await states()).toBe('T'))
  await user.ok(['pause', 'job'])
  await user.ok(['unpause', 'job'])
  expect(await states()).toBe('T')
})

test('--all pauses what runs and unpauses what is paused', async () => {
  await user.ok(['pause', '--all'])
  expect(await user.ok(['ps', '-q', '-f', 'status=running'])).toBe('')
  await user.ok(['unpause', '--all'])
  expect(await user.ok(['ps', '-q', '-f', 'status=paused'])).toBe('')
})

test('health checks wait while it is paused', async () => {
  const health = ['--health-cmd', 'date +%s%N >> /checks', '--health-interval', '200ms']
  await user.ok(['run', '-d', '--name', 'patient', ...quiet, ...health, image, 'sleep', '600'])
  await eventually('a check was made', 5_000, async () =>
    expect(await field('patient', '{{.State.Health.Status}}')).toBe('healthy'),
  )
  await user.ok(['pause', 'patient'])
  await Bun.sleep(300)
  const last = await field('patient', '{{json .State.Health.Log}}')
  await Bun.sleep(700)
  expect(await field('patient', '{{json .State.Health.Log}}')).toBe(last)
  await user.ok(['unpause', 'patient'])
  await eventually('checks go on', 5_000, async () =>
    expect(await field('patient', '{{json .State.Health.Log}}')).not.toBe(last),
  )
})
