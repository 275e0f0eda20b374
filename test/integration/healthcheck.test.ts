/** healthcheck run: the answer is the exit code. */
import { expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { eventually } from '../support/process.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
/** Never by itself: only when we ask. */
const quiet = ['--network', 'none', '--health-interval', '1h']

test('healthy is 0, unhealthy says so and is 1, unless that is to be ignored', async () => {
  const check = ['--health-cmd', 'test -e /well']
  await user.ok(['run', '-d', '--name', 'patient', ...quiet, ...check, image, 'sleep', '600'])
  const ill = await user.sampan(['healthcheck', 'run', 'patient'])
  expect([ill.code, ill.stdout]).toEqual([1, 'unhealthy\n'])
  expect((await user.sampan(['healthcheck', 'run', '--ignore-result', 'patient'])).code).toBe(0)
  await user.ok(['exec', 'patient', 'touch', '/well'])
  expect(await user.sampan(['healthcheck', 'run', 'patient'])).toMatchObject({
    code: 0,
    stdout: '',
    stderr: '',
  })
})

test('a check that hangs is ended after its time, with all it started', async () => {
  const check = ['--health-cmd', 'sleep 612', '--health-timeout', '300ms']
  await user.ok(['run', '-d', '--name', 'slow', ...quiet, ...check, image, 'sleep', '600'])
  const { code, elapsed } = await user.sampan(['healthcheck', 'run', 'slow'])
  expect(code).toBe(1)
  expect(elapsed).toBeLessThan(10_000)
  await eventually('it has gone', 5_000, async () =>
    expect(await user.ok(['top', 'slow', '-o', 'args'])).not.toContain('sleep 612'),
  )
})

test('no check, not running, not there', async () => {
  await user.ok(['create', '--name', 'none', '--network', 'none', image, 'true'])
  await user.ok(['create', '--name', 'idle', ...quiet, '--health-cmd', 'true', image, 'true'])
  const cases: [string, number, string][] = [
    ['none', 125, 'container none has no defined healthcheck'],
    ['idle', 1, 'is not running'],
    ['ghost', 125, 'No such container: ghost'],
  ]
  for (const [name, exit, words] of cases) {
    const { code, stderr } = await user.sampan(['healthcheck', 'run', name])
    expect([name, code, stderr]).toEqual([name, exit, expect.stringContaining(words)])
  }
})
