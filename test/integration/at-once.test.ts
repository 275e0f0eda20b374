/** Many commands at once, and commands killed half-way: nothing lost, nothing leaked, the next command works. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { eventually } from '../support/process.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
const run = (...args: string[]) => ['run', '--network', 'none', ...args]
const names = async () =>
  (await user.ok(['ps', '-a', '--format', '{{.Names}}'])).split('\n').filter((name) => name !== '')

/** One story's misfortune is not the next one's. */
afterEach(async () => {
  const left = await names()
  if (left.length > 0) await user.sampan(['rm', '-f', ...left])
})

describe('many at once', () => {
  test('50 run --rm in parallel: each prints its own line and is gone', async () => {
    const many = Array.from({ length: 50 }, (_, n) => user.sampan(run('--rm', image, 'echo', `number ${n}`)))
    const results = await Promise.all(many)
    expect(results.map(({ code, stdout, stderr }) => `${code} ${stdout}${stderr}`)).toEqual(
      Array.from({ length: 50 }, (_, n) => `0 number ${n}\n`),
    )
    expect(await names()).toEqual([])
    expect(await user.leftovers()).toEqual([])
  }, 180_000)

  test('20 run -d in parallel, then stopped and removed by one command', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => user.ok(run('-d', image, 'sleep', '600'))))
    expect(new Set(ids).size).toBe(20)
    expect((await user.ok(['ps', '-q', '--no-trunc'])).split('\n').sort()).toEqual([...ids].sort())
    await user.ok(['rm', '-f', ...ids], { timeout: 120_000 })
    expect(await names()).toEqual([])
    expect(await user.leftovers()).toEqual([])
  }, 180_000)

  test('ten want one name: one gets it, nine are told who has it', async () => {
    const all = await Promise.all(
      Array.from({ length: 10 }, () => user.sampan(['create', '--name', 'prize', image, 'true'])),
    )
    const [winner] = all.filter(({ code }) => code === 0)
    const losers = all.filter(({ code }) => code === 125)
    expect(losers).toHaveLength(9)
    for (const { stderr } of losers) {
      expect(stderr).toContain(
        `The container name "/prize" is already in use by container "${winner?.stdout.trim()}"`,
      )
    }
    expect(await user.ok(['rm', 'prize'])).toBe('prize')
  })

  test('two rm at once: the container is gone, and nobody waits for ever', async () => {
    for (const flags of [[], ['-f']]) {
      const command =
        flags.length === 0
          ? run('-d', '--name', 'twice', image, 'true')
          : run('-d', '--name', 'twice', image, 'sleep', '600')
      await user.ok(command)
      if (flags.length === 0) await user.ok(['wait', 'twice'])
      const both = await Promise.all([
        user.sampan(['rm', ...flags, 'twice']),
        user.sampan(['rm', ...flags, 'twice']),
      ])
      expect(both.some(({ code }) => code === 0)).toBe(true)
      for (const { code, stderr } of both) {
        if (code !== 0) expect(stderr).toMatch(/No such container|already in progress/)
      }
      expect(await names()).toEqual([])
    }
    expect(await user.leftovers()).toEqual([])
  })

  test('start and rm at once: either it runs or it is gone, and both commands say which', async () => {
    for (let round = 0; round < 8; round++) {
      await user.ok(['create', '--name', 'contested', '--network', 'none', image, 'sleep', '600'])
      const [started, removed] = await Promise.all([
        user.sampan(['start', 'contested']),
        user.sampan(['rm', 'contested']),
      ])
      const left = await user.ok(['ps', '-a', '--format', '{{.State}}'])
      if (removed.code === 0) {
        expect(left).toBe('')
        expect(started.code, 'removed before or while it was started').toBe(1)
      } else {
        expect(left).toBe('running')
        expect(started.code).toBe(0)
        expect(removed.stderr).toMatch(/running|stop the container/)
        await user.ok(['rm', '-f', 'contested'])
      }
    }
    expect(await user.leftovers()).toEqual([])
  })

  test('two start at once: it runs once', async () => {
    await user.ok([
      'create',
      '--name',
      'once',
      '--network',
      'none',
      image,
      'sh',
      '-c',
      'echo started; sleep 600',
    ])
    const both = await Promise.all([user.sampan(['start', 'once']), user.sampan(['start', 'once'])])
    expect(both.map(({ code }) => code)).toContain(0)
    await eventually('it has printed', 5000, async () =>
      expect(await user.ok(['logs', 'once'])).toBe('started'),
    )
    await user.ok(['rm', '-f', 'once'])
    expect(await user.leftovers()).toEqual([])
  })
})

describe('a killed command', () => {
  // From before the first file is written to after the program runs.
  const moments = [0, 2, 5, 8, 11, 14, 17, 20, 25, 30, 40, 60]

  test.each(['SIGKILL', 'SIGINT'] as const)(
    'run -d killed by %s at any moment leaves all or nothing',
    async (signal) => {
      for (const moment of moments) {
        const name = `killed-${moment}`
        const command = user.start(run('-d', '--name', name, image, 'sleep', '600'))
        await Bun.sleep(moment)
        command.signalGroup(signal)
        await command.exited()
        // Whatever was left of it, the name can be freed and used by the next command.
        const next = await user.sampan(run('--rm', '--name', name, image, 'true'))
        if (next.code !== 0) {
          expect(next.stderr).toContain(`The container name "/${name}" is already in use`)
          await user.ok(['rm', '-f', name])
          expect((await user.sampan(run('--rm', '--name', name, image, 'true'))).code).toBe(0)
        }
      }
      expect(await names()).toEqual([])
      expect(await user.leftovers()).toEqual([])
    },
    120_000,
  )

  test('a killed foreground run leaves its container running', async () => {
    const command = user.start(run('--name', 'survivor', image, 'sh', '-c', 'echo up; sleep 600'))
    await command.waitFor('up')
    command.signalGroup('SIGKILL')
    await command.exited()
    expect(await user.ok(['ps', '--format', '{{.Names}}'])).toBe('survivor')
    expect(await user.ok(['exec', 'survivor', 'echo', 'alive'])).toBe('alive')
    await user.ok(['rm', '-f', 'survivor'])
    expect(await user.leftovers()).toEqual([])
  })

  test('rm killed at any moment is finished by the next rm', async () => {
    for (const moment of [0, 5, 10, 15, 20, 30]) {
      await user.ok(run('-d', '--name', 'half-gone', image, 'sleep', '600'))
      const command = user.start(['rm', '-f', 'half-gone'])
      await Bun.sleep(moment)
      command.signalGroup('SIGKILL')
      await command.exited()
      const again = await user.sampan(['rm', '-f', 'half-gone'])
      expect(again.code, again.stderr).toBe(0)
      expect(await user.ok(['create', '--name', 'half-gone', image, 'true'])).toMatch(/^[0-9a-f]{64}$/)
      await user.ok(['rm', 'half-gone'])
    }
    expect(await names()).toEqual([])
    expect(await user.leftovers()).toEqual([])
  })
})

describe('a killed monitor', () => {
  test('killed with its container in the middle of a start: start works again', async () => {
    const id = await user.ok(['create', '--name', 'unlucky', '--network', 'none', image, 'sleep', '600'])
    for (let round = 0; round < 5; round++) {
      await user.ok(['start', 'unlucky'])
      const { monitorPid } = JSON.parse(readFileSync(join(user.root, 'containers', id, 'state.json'), 'utf8'))
      process.kill(monitorPid, 'SIGKILL')
      await eventually('nobody holds the container', 5000, async () =>
        expect(await user.ok(['ps', '-a', '--format', '{{.State}}'])).toBe('exited'),
      )
    }
    await user.ok(['rm', 'unlucky'])
    expect(await user.leftovers()).toEqual([])
  })
})
