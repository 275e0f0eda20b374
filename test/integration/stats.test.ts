/** stats: figures that follow what the container does. */
import { expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { eventually } from '../support/process.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
const quiet = ['--network', 'none']

test('docker’s table: what is busy uses a processor, what sleeps does not, what does not run nothing', async () => {
  // Short-lived children: their time counts too.
  await user.ok(['run', '-d', '--name', 'busy', ...quiet, image, 'sh', '-c', 'while :; do true | true; done'])
  await user.ok(['run', '-d', '--name', 'lazy', ...quiet, image, 'sleep', '600'])
  await user.ok(['create', '--name', 'idle', ...quiet, image, 'true'])
  const [heading, ...lines] = (await user.ok(['stats', '--no-stream'])).split('\n')
  expect(heading?.split(/\s{2,}/)).toEqual([
    'CONTAINER ID',
    'NAME',
    'CPU %',
    'MEM USAGE / LIMIT',
    'MEM %',
    'NET I/O',
    'BLOCK I/O',
    'PIDS',
  ])
  expect(lines.map((line) => line.split(/\s{2,}/)[1])).toEqual(['lazy', 'busy'])
  const of = async (name: string, template: string) =>
    await user.ok(['stats', '--no-stream', '--format', template, name])
  expect(Number.parseFloat(await of('busy', '{{.CPUPerc}}'))).toBeGreaterThan(5)
  expect(Number.parseFloat(await of('lazy', '{{.CPUPerc}}'))).toBe(0)
  expect(await of('lazy', '{{.PIDs}} {{.NetIO}}')).toBe('1 0B / 0B')
  expect(await of('lazy', '{{.MemUsage}}')).toMatch(/^[\d.]+[KM]iB \/ [\d.]+GiB$/)
  expect(await of('idle', '{{.Name}} {{.CPUPerc}} {{.MemUsage}} {{.PIDs}}')).toBe('idle 0.00% 0B / 0B 0')
  expect((await user.ok(['stats', '-a', '--no-stream', '--format', '{{.Name}}'])).split('\n').sort()).toEqual(
    ['busy', 'idle', 'lazy'],
  )
  await user.ok(['rm', '-f', 'busy'])
})

test('it goes on until nobody reads; memory that is filled shows', async () => {
  const script = 'x=$(head -c 8000000 /dev/zero | tr "\\0" x); echo full; while :; do sleep 1; done'
  await user.ok(['run', '-d', '--name', 'full', ...quiet, image, 'sh', '-c', script])
  await eventually('it is full', 10_000, async () => expect(await user.ok(['logs', 'full'])).toBe('full'))
  using watch = user.start(['stats', '--format', '{{.MemUsageBytes}}', 'full'])
  await watch.waitFor(/\d+B \/ .*\n\d+B \/ .*\n/, 15_000)
  const last = watch.soFar.stdout.trim().split('\n').at(-1) ?? ''
  expect(Number.parseInt(last, 10)).toBeGreaterThan(7_000_000)
  watch.signal('SIGTERM')
  await watch.exited(5_000)
})

test('a name that is not there', async () => {
  const { code, stderr } = await user.sampan(['stats', '--no-stream', 'ghost'])
  expect([code, stderr]).toEqual([1, expect.stringContaining('No such container: ghost')])
})
