/** update: what a container may use and what becomes of it when it ends, changed while it is there. */
import { expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { eventually } from '../support/process.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
const quiet = ['--network', 'none']
const field = (name: string, template: string) => user.ok(['inspect', '-f', template, name])

test('a restart policy given while it runs counts when it ends', async () => {
  const script =
    'echo x >> /runs; [ $(wc -l < /runs) -gt 1 ] && exec sleep 600; while [ ! -e /end ]; do sleep 0.02; done'
  await user.ok(['run', '-d', '--name', 'once', ...quiet, image, 'sh', '-c', script])
  expect(await user.ok(['update', '--restart', 'on-failure:3', 'once'])).toBe('once')
  expect(
    await field('once', '{{.HostConfig.RestartPolicy.Name}}:{{.HostConfig.RestartPolicy.MaximumRetryCount}}'),
  ).toBe('on-failure:3')
  await user.ok(['update', '--restart', 'always', 'once'])
  await user.ok(['exec', 'once', 'touch', '/end'])
  await eventually('it was started again', 10_000, async () =>
    expect(await field('once', '{{.RestartCount}} {{.State.Status}}')).toBe('1 running'),
  )
  await user.ok(['update', '--restart', 'no', 'once'])
  await user.ok(['kill', 'once'])
  expect(await field('once', '{{.State.Status}}')).toBe('exited')
})

test('limits of one that does not run are those of the next start; what was not named stays', async () => {
  await user.ok(['create', '--name', 'idle', ...quiet, image, 'true'])
  await user.ok(['update', '-m', '64m', '--cpus', '1.5', 'idle'])
  await user.ok(['container', 'update', '--pids-limit', '50', '--memory-swap', '128m', 'idle'])
  const limits =
    '{{.HostConfig.Memory}} {{.HostConfig.MemorySwap}} {{.HostConfig.NanoCpus}} {{.HostConfig.PidsLimit}}'
  expect(await field('idle', limits)).toBe('67108864 134217728 1500000000 50')
  await user.ok(['update', '--cpu-quota', '50000', 'idle'])
  expect(await field('idle', '{{.HostConfig.NanoCpus}} {{.HostConfig.CpuQuota}}')).toBe('0 50000')
})

test('variables, ulimits and the health check are those of the next start, and it says so', async () => {
  const script = 'echo "$KEPT $LEVEL $GONE $(ulimit -n)"'
  const words = ['-e', 'KEPT=yes', '-e', 'GONE=yes', '--ulimit', 'nofile=100', '--health-cmd', 'true']
  await user.ok(['create', '--name', 'talker', ...quiet, ...words, image, 'sh', '-c', script])
  const changes = [
    '-e',
    'LEVEL=debug',
    '--unsetenv',
    'GONE',
    '--ulimit',
    'nofile=200',
    '--health-retries',
    '7',
  ]
  await user.ok(['update', ...changes, '--memory-reservation', '32m', 'talker'])
  const health =
    '{{.Config.Healthcheck.Test}} {{.Config.Healthcheck.Retries}} {{.HostConfig.MemoryReservation}}'
  expect(await field('talker', health)).toBe('[CMD-SHELL true] 7 33554432')
  await user.ok(['update', '--no-healthcheck', '--memory-reservation', '0', 'talker'])
  expect(await field('talker', '{{json .Config.Healthcheck}}')).toMatch(/null|NONE/)
  expect(await user.ok(['start', '-a', 'talker'])).toBe('yes debug  200')

  await user.ok(['run', '-d', '--name', 'runs', ...quiet, image, 'sleep', '600'])
  const told = await user.sampan(['update', '-e', 'A=b', 'runs'])
  expect(told).toMatchObject({ code: 0, stderr: expect.stringContaining('with its next start') })
  expect(await user.ok(['exec', 'runs', 'sh', '-c', 'echo $A'])).toBe('b')
  await user.ok(['rm', '-f', 'talker', 'runs'])
})

test('what cannot be is refused, and changes nothing', async () => {
  await user.ok(['run', '-d', '--rm', '--name', 'brief', ...quiet, image, 'sleep', '600'])
  const cases: [string[], number, string][] = [
    [['--restart', 'always', 'brief'], 1, 'AutoRemove is enabled'],
    [['--restart', 'sometimes', 'idle'], 125, 'sometimes'],
    [['-m', '1k', 'idle'], 125, 'Minimum memory limit'],
    [['--memory-swap', '32m', 'idle'], 125, 'Minimum memoryswap limit'],
    [['--memory-reservation', '128m', 'idle'], 125, 'memory reservation'],
    [['--blkio-weight', '10', 'idle'], 125, 'is not supported'],
    [['--no-healthcheck', '--health-cmd', 'true', 'idle'], 125, 'conflicts'],
    [['--health-interval', '1s', '--health-on-failure', 'kill', 'idle'], 125, 'without a health check'],
    [['idle'], 125, 'one or more flags'],
    [['--restart', 'no', 'ghost'], 1, 'No such container: ghost'],
  ]
  for (const [words, exit, text] of cases) {
    const { code, stderr } = await user.sampan(['update', ...words])
    expect([words, code, stderr]).toEqual([words, exit, expect.stringContaining(text)])
  }
  expect(await field('idle', '{{.HostConfig.Memory}} {{.HostConfig.RestartPolicy.Name}}')).toBe('67108864 no')
})

test('limits of a running one are set, or refused where it has no cgroup', async () => {
  const { code, stderr } = await user.sampan(['update', '-m', '64m', 'brief'])
  expect([code, stderr]).toEqual([1, expect.stringContaining('it has no cgroup of its own')])
  expect(await field('brief', '{{.HostConfig.Memory}}')).toBe('0')
})
