/** boot: what starts with the machine, who makes it so, and what is left alone. The reboot itself is test/guest's. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { testUser } from '../support/user.ts'

const booted = existsSync('/run/systemd/system')
const user = testUser()
const image = busybox(user)
const quiet = ['--network', 'none']
const make = (name: string, restart: string) =>
  user.sampan(['run', '-d', '--name', name, ...quiet, '--restart', restart, image, 'sleep', '600'])
const status = (field: string) => user.sampan(['boot', 'status', '--format', `{{.${field}}}`])
const state = (name: string) => user.ok(['inspect', '-f', '{{.State.Status}}', name])

/** The machine went down: the monitor with its container, and the next boot has another id. */
async function goDown(name: string): Promise<void> {
  const [id = '', pid = '0'] = (await user.ok(['inspect', '-f', '{{.Id}} {{.State.ConmonPid}}', name])).split(
    ' ',
  )
  const folder = join(user.root, 'containers', id)
  if (Number(pid) > 0) process.kill(Number(pid), 'SIGKILL')
  await user.run(['flock', '--timeout', '10', join(folder, 'monitor.lock'), 'true'])
  const path = join(folder, 'state.json')
  const text = readFileSync(path, 'utf8')
  writeFileSync(path, text.replace(/"bootId":"[^"]*"/, '"bootId":"of-the-day-before"'))
}

describe('the hook', () => {
  test('the first container that outlives the machine sets it up and says so, once', async () => {
    expect(await status('Enabled')).toMatchObject({ code: 1, stdout: 'false\n' })
    await make('plain', 'on-failure')
    expect((await status('Enabled')).code).toBe(1)
    const { code, stderr } = await make('always', 'always')
    expect([code, stderr]).toEqual([0, expect.stringContaining('come back')])
    expect((await make('unless', 'unless-stopped')).stderr).toBe('')
    expect((await status('Enabled')).code).toBe(0)
    const path = (await status('Path')).stdout.trim()
    expect(path.startsWith(user.home) && readFileSync(path, 'utf8')).toContain(
      `"${user.executable}" "--root" "${user.root}" "boot" "run"`,
    )
    const text = await user.ok(['boot', 'status'])
    expect(text).toMatch(/^Enabled: +yes$/m)
    expect(text).toMatch(/^Containers: +(always \(always\)|, |unless \(unless-stopped\)){3}$/m)
  })

  test('disable takes it away, and no container brings it back; enable does', async () => {
    const path = (await status('Path')).stdout.trim()
    await user.ok(['boot', 'disable'])
    expect(existsSync(path)).toBe(false)
    expect((await make('later', 'always')).stderr).toBe('')
    expect(existsSync(path)).toBe(false)
    expect((await user.sampan(['boot', 'status'])).code).toBe(1)
    expect(await user.ok(['boot', 'enable'])).toMatch(/^Enabled: +yes$/m)
    expect(existsSync(path)).toBe(true)
  })

  test.skipIf(booted)(
    'without systemd it is a line of the crontab, beside those that were there',
    async () => {
      const tab = user.file('tab', '0 5 * * * backup\n')
      const bin = user.makeFolder('bin')
      user.file(
        'bin/crontab',
        `#!/bin/sh\nif [ "$1" = -l ]; then cat ${tab}; else cat >${tab}.new; mv ${tab}.new ${tab}; fi\n`,
        0o755,
      )
      const env = { PATH: `${bin}:${user.environment['PATH']}` }
      await user.ok(['boot', 'enable'], { env })
      await user.ok(['boot', 'enable'], { env })
      const lines = readFileSync(tab, 'utf8').trimEnd().split('\n')
      expect(lines).toEqual([
        '0 5 * * * backup',
        expect.stringMatching(/^@reboot '.*' 'boot' 'run' # sampan-boot/),
      ])
      expect((await user.sampan(['boot', 'status'], { env })).code).toBe(0)
      await user.ok(['boot', 'disable'], { env })
      expect(readFileSync(tab, 'utf8')).toBe('0 5 * * * backup\n')
    },
  )

  test('a home that may not be written keeps no container from running', async () => {
    const home = user.file('no-home', '')
    const env = { HOME: home, XDG_CACHE_HOME: user.makeFolder('cache') }
    await user.sampan(['boot', 'disable'])
    const data = user.makeFolder('other')
    const words = ['--root', data, 'create', '--restart', 'always', 'sampan/busybox', 'true']
    const { code, stderr } = await user.sampan(words, { env })
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining('WARNING: nothing will start it after a reboot'),
    ])
    await user.run(['unshare', '--map-auto', '--map-root-user', 'rm', '-rf', data])
  })
})

describe('after a reboot', () => {
  test('starts what its policy says, and only that', async () => {
    await make('manual', 'unless-stopped')
    await user.ok(['stop', '-t', '0', 'manual', 'plain'])
    await user.ok(['create', '--name', 'never', ...quiet, '--restart', 'always', image, 'sleep', '600'])
    await user.ok(['run', '-d', '--name', 'no', ...quiet, image, 'sleep', '600'])
    for (const name of ['always', 'unless', 'manual', 'plain', 'no']) await goDown(name)
    expect(await state('always')).toBe('exited')
    expect((await user.ok(['boot', 'run'])).split('\n').sort()).toEqual(['always', 'unless'])
    const states = Object.fromEntries(
      await Promise.all(
        ['always', 'unless', 'manual', 'plain', 'never', 'no'].map(async (name) => [name, await state(name)]),
      ),
    )
    expect(states).toEqual({
      always: 'running',
      unless: 'running',
      manual: 'exited',
      plain: 'exited',
      never: 'created',
      no: 'exited',
    })
  })

  test('one that was stopped since then stays stopped', async () => {
    await user.ok(['stop', '-t', '0', 'always'])
    expect(await user.ok(['boot', 'run'])).toBe('')
    expect(await state('always')).toBe('exited')
  })

  test('one that joins another waits for it; one that cannot start is named', async () => {
    const made = await make('second', 'always')
    await user.ok([
      'run',
      '-d',
      '--name',
      'first',
      '--restart',
      'always',
      '--network',
      `container:${made.stdout.trim()}`,
      image,
      'sleep',
      '600',
    ])
    for (const name of ['second', 'first']) await goDown(name)
    expect((await user.ok(['boot', 'run'])).split('\n')).toEqual(['second', 'first'])
    const pids = user.makeFolder('pids')
    await user.ok([
      'run',
      '-d',
      '--name',
      'broken',
      ...quiet,
      '--restart',
      'always',
      '--pidfile',
      `${pids}/pid`,
      image,
      'sleep',
      '600',
    ])
    await goDown('broken')
    await goDown('second')
    rmSync(pids, { recursive: true })
    const { code, stdout, stderr } = await user.sampan(['boot', 'run'])
    expect([code, stdout, stderr]).toEqual([
      1,
      'second\n',
      expect.stringContaining('Error: broken: write the pid file'),
    ])
    await user.ok(['rm', '-f', 'first', 'second', 'broken'])
  })
})
