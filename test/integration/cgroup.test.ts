/** Limits, the freezer and statistics of a container in a cgroup of its own: where the user's session has a delegated tree. */
import { existsSync, readdirSync } from 'node:fs'
import { expect } from 'vitest'
import { busybox } from '../support/images.ts'
import { delegatedCgroup, testNeeding } from '../support/machine.ts'
import { eventually } from '../support/process.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
const test = testNeeding(delegatedCgroup, user)
const run = (...args: string[]) => user.sampan(['run', '--network', 'none', ...args])
const start = (name: string, ...args: string[]) =>
  user.ok(['run', '-d', '--name', name, '--network', 'none', ...args, image, 'sleep', '600'])
const inside = (name: string, file: string) => user.ok(['exec', name, 'cat', `/sys/fs/cgroup/${file}`])

test('limits are the files of the cgroup that the container sees as its root', async () => {
  await start('limited', '-m', '64m', '--memory-swap', '96m', '--pids-limit', '20', '--cpus', '0.5')
  expect(await inside('limited', 'memory.max')).toBe(String(64 << 20))
  expect(await inside('limited', 'memory.swap.max')).toBe(String(32 << 20))
  expect(await inside('limited', 'pids.max')).toBe('20')
  expect(await inside('limited', 'cpu.max')).toBe('50000 100000')
  expect(await user.ok(['exec', 'limited', 'cat', '/proc/self/cgroup'])).toBe('0::/')
})

test('more memory than allowed: killed, 137, and inspect says why', async () => {
  const { code } = await run(
    '--name',
    'greedy',
    '-m',
    '32m',
    '--memory-swap',
    '32m',
    image,
    'tail',
    '/dev/zero',
  )
  expect([code, await user.ok(['inspect', '-f', '{{.State.OOMKilled}}', 'greedy'])]).toEqual([137, 'true'])
})

test('no more processes than allowed', async () => {
  const script = 'n=0; for i in $(seq 30); do sleep 60 & n=$((n + 1)); done; echo $n'
  const { stdout, stderr } = await run('--rm', '--pids-limit', '10', image, 'sh', '-c', script)
  expect(stdout).toBe('')
  expect(stderr).toMatch(/can't fork|Resource temporarily unavailable/)
})

test('pause is the freezer', async () => {
  await start('frozen', '-m', '64m')
  expect((await user.sampan(['pause', 'frozen'])).stderr).toMatch(/^frozen: paused by the cgroup freezer/)
  expect(await user.ok(['ps', '-f', 'name=frozen', '--format', '{{.Status}}'])).toMatch(/\(Paused\)$/)
  await user.ok(['unpause', 'frozen'])
  expect(await user.ok(['exec', 'frozen', 'echo', 'again'])).toBe('again')
})

test('update changes the limits of a running one, and stats shows them', async () => {
  await start('grows', '-m', '64m')
  await user.ok(['update', '-m', '48m', '--memory-swap', '48m', '--pids-limit', '7', 'grows'])
  expect([await inside('grows', 'memory.max'), await inside('grows', 'pids.max')]).toEqual([
    String(48 << 20),
    '7',
  ])
  expect(await user.ok(['stats', '--no-stream', '--format', '{{.MemUsage}}', 'grows'])).toMatch(/ \/ 48MiB$/)
})

test('the cgroup goes with the container', async () => {
  await start('brief', '-m', '64m')
  const [own] = (await user.ok(['inspect', '-f', '{{.State.Pid}}', 'brief'])).split('\n')
  const line = (await user.run(['cat', `/proc/${own}/cgroup`])).stdout.trim()
  const folder = `/sys/fs/cgroup${line.slice('0::'.length)}`
  expect(readdirSync(folder)).toContain('memory.max')
  await user.ok(['rm', '-f', 'brief'])
  await eventually('the folder is gone', 10_000, async () => expect(existsSync(folder)).toBe(false))
})
