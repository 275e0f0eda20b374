/** What outlives one run: restarts, health checks, rotation, locks, bad luck. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { eventually } from '../support/process.ts'
import { testUser } from '../support/user.ts'
import { type Bundle, bundleMaker, health, seconds } from './bundle.ts'

const user = testUser()
const bundle = bundleMaker(user)

const sh = (script: string) => ['sh', '-c', script]
const stop = (c: Bundle) => user.file(join('data/containers', c.id, 'stop-requested'), '')

describe('one monitor a container', () => {
  test('a second start is refused and changes nothing', async () => {
    const c = bundle({ args: ['sleep', '1000'] })
    await c.start()
    const before = c.state()
    const { code, event } = await c.start()
    expect(event).toMatchObject({ event: 'failed', exitCode: 125 })
    expect(event['message']).toMatch(/^container c-\w+ is already running$/)
    expect(code).toBe(125)
    expect(c.state()).toEqual(before)
  })

  test('ten starts at once: one wins', async () => {
    const c = bundle({ args: ['sleep', '1000'] })
    const codes = await Promise.all(Array.from({ length: 10 }, async () => (await c.start()).code))
    expect(codes.sort((a, b) => a - b)).toEqual([0, ...Array(9).fill(125)])
  })

  test('it starts again after its end, and its files are still there', async () => {
    const c = bundle({ args: sh('cat /kept; echo kept > /kept') })
    await c.run('monitor', ['--attach'])
    expect(await c.run('monitor', ['--attach'])).toMatchObject({ code: 0, stdout: 'kept\n' })
  })

  test('a killed monitor takes the container with it, and a new one starts', async () => {
    const c = bundle({ args: ['sleep', '1000'] })
    await c.start()
    const { monitorPid, pid } = c.state()
    process.kill(monitorPid, 'SIGKILL')
    await eventually('the container dies', 5000, () => expect(isAlive(pid)).toBe(false))
    expect((await c.start()).code).toBe(0)
  })

  test('SIGTERM to the monitor stops the container in order', async () => {
    const c = bundle({
      args: sh('trap "echo bye; exit 9" TERM; echo ready; while :; do sleep 0.05; done'),
      sampan: { restart: { policy: 'always', retries: 0 } },
    })
    await c.start()
    await eventually('is ready', 3000, () => expect(c.logText()).toBe('ready\n'))
    process.kill(c.state().monitorPid, 'SIGTERM')
    await eventually('ends', 3000, () => expect(c.state()).toMatchObject({ status: 'exited', exitCode: 9 }))
    expect(c.logText()).toBe('ready\nbye\n')
  })

  test('a program killed by a signal: 128 and its number', async () => {
    const c = bundle({ args: ['sleep', '1000'] })
    await c.start()
    process.kill(c.state().pid, 'SIGKILL')
    await eventually('ends', 3000, () =>
      expect(c.state()).toMatchObject({ status: 'exited', exitCode: 137, signal: 9, pid: 0 }),
    )
  })

  test('30 containers at once start, run and go', async () => {
    const all = Array.from({ length: 30 }, () => bundle({ args: ['echo', 'hi'], remove: true }))
    const results = await Promise.all(all.map((each) => each.run('monitor', ['--attach'])))
    expect(results.map(({ code, stdout, stderr }) => `${code}${stdout}${stderr}`)).toEqual(
      Array(30).fill('0hi\n'),
    )
    expect(all.some((each) => each.exists())).toBe(false)
  })
})

describe('restart policy', () => {
  test('always: again and again, until a stop is requested', async () => {
    const c = bundle({ args: sh('echo run; exit 1'), sampan: { restart: { policy: 'always', retries: 0 } } })
    await c.start()
    await eventually('runs three times', 5000, () => expect(c.log().length).toBe(3))
    stop(c)
    await eventually('stays', 5000, () => expect(c.state().status).toBe('exited'))
    const runs = c.log().length
    expect(c.state().restartCount).toBe(runs - 1)
    await Bun.sleep(500)
    expect(c.log().length).toBe(runs)
  })

  test('on-failure: so often, with growing pauses', async () => {
    const c = bundle({
      args: sh('echo run; exit 1'),
      sampan: { restart: { policy: 'on-failure', retries: 2 } },
    })
    await c.start()
    await eventually('gives up', 5000, () =>
      expect(c.state()).toMatchObject({ status: 'exited', exitCode: 1, restartCount: 2 }),
    )
    const [first = 0, second = 0, third = 0] = c.log().map((record) => Date.parse(record.time))
    expect(second - first).toBeGreaterThanOrEqual(100)
    expect(third - second).toBeGreaterThanOrEqual(200)
  })

  test('on-failure: not after success', async () => {
    const c = bundle({ args: ['true'], sampan: { restart: { policy: 'on-failure', retries: 0 } } })
    await c.start()
    await eventually('ends', 3000, () =>
      expect(c.state()).toMatchObject({ status: 'exited', restartCount: 0 }),
    )
  })

  test('a start is a new beginning: the request to stop is forgotten', async () => {
    const c = bundle({ args: ['sleep', '1000'] })
    stop(c)
    await c.start()
    expect(existsSync(join(c.folder, 'stop-requested'))).toBe(false)
  })
})

describe('health checks', () => {
  test('a good one makes it healthy, with its output on record', async () => {
    const c = bundle({
      args: ['sleep', '1000'],
      sampan: { health: health(['CMD-SHELL', 'echo fine; echo $0']) },
    })
    await c.start()
    expect(c.state().health).toEqual({ status: 'starting', failingStreak: 0, log: [] })
    await eventually('healthy', 3000, () => expect(c.state().health?.status).toBe('healthy'))
    expect(c.state().health?.log[0]).toMatchObject({ exitCode: 0, output: 'fine\n/bin/sh\n' })
  })

  test('bad ones make it unhealthy after the retries; five are kept', async () => {
    const c = bundle({ args: ['sleep', '1000'], sampan: { health: health(['CMD', 'false']) } })
    await c.start()
    await eventually('unhealthy', 5000, () =>
      expect(c.state().health?.failingStreak).toBeGreaterThanOrEqual(7),
    )
    expect(c.state().health).toMatchObject({ status: 'unhealthy' })
    expect(c.state().health?.log.length).toBe(5)
  })

  test('it sees the container change', async () => {
    const c = bundle({
      args: ['sleep', '1000'],
      sampan: { health: health(['CMD-SHELL', '! test -e /sick']) },
    })
    await c.start()
    await eventually('healthy', 3000, () => expect(c.state().health?.status).toBe('healthy'))
    await c.exec(['touch', '/sick'])
    await eventually('unhealthy', 3000, () => expect(c.state().health?.status).toBe('unhealthy'))
  })

  test('failures in the start period do not count', async () => {
    const plan = health(['CMD', 'false'], { startPeriod: seconds(1), startInterval: seconds(0.1) })
    const c = bundle({ args: ['sleep', '1000'], sampan: { health: plan } })
    await c.start()
    await eventually('checked', 3000, () => expect(c.state().health?.log.length).toBeGreaterThan(3))
    expect(c.state().health).toMatchObject({ status: 'starting', failingStreak: 0 })
    await eventually('unhealthy', 3000, () => expect(c.state().health?.status).toBe('unhealthy'))
  })

  test('one that takes too long is killed with all it started', async () => {
    const plan = health(['CMD-SHELL', 'sleep 301 & setsid sleep 302 & sleep 303'], {
      timeout: seconds(0.2),
      retries: 1,
    })
    const c = bundle({ args: ['sleep', '1000'], sampan: { health: { ...plan, interval: seconds(0.5) } } })
    await c.start()
    await eventually('unhealthy', 3000, () => expect(c.state().health?.status).toBe('unhealthy'))
    expect(c.state().health?.log[0]).toMatchObject({
      exitCode: -1,
      output: expect.stringContaining('exceeded timeout'),
    })
    await expect.poll(async () => (await c.exec(['ps', '-o', 'args'])).stdout).not.toMatch(/sleep 30[123]/)
  })

  test('a check that cannot be run is a failure with its reason', async () => {
    const c = bundle({
      args: ['sleep', '1000'],
      sampan: { health: health(['CMD', 'nonsense'], { retries: 1 }) },
    })
    await c.start()
    await eventually('unhealthy', 3000, () => expect(c.state().health?.status).toBe('unhealthy'))
    expect(c.state().health?.log[0]?.output).toContain('executable file not found')
  })
})

describe('what is done about an unhealthy one', () => {
  const ill = (onFailure: 'kill' | 'restart' | 'stop') => ({
    health: health(['CMD', 'false'], { retries: 1, onFailure }),
  })
  const listens = sh('trap "exit 3" TERM; while :; do sleep 0.05; done')

  test('kill: as if it had died by itself', async () => {
    const c = bundle({ args: listens, sampan: ill('kill') })
    await c.start()
    await eventually('ends', 5000, () => expect(c.state()).toMatchObject({ status: 'exited', exitCode: 137 }))
  })

  test('stop: the stop signal, and no policy brings it back', async () => {
    const c = bundle({
      args: listens,
      sampan: { ...ill('stop'), restart: { policy: 'always', retries: 0 } },
    })
    await c.start()
    await eventually('ends', 5000, () => expect(c.state()).toMatchObject({ status: 'exited', exitCode: 3 }))
    expect(c.state().restartCount).toBe(0)
  })

  test('restart: it comes back without any policy', async () => {
    const c = bundle({ args: listens, sampan: ill('restart') })
    await c.start()
    await eventually('comes back', 8000, () => expect(c.state().restartCount).toBeGreaterThan(0))
    stop(c)
  })
})

describe('a run with an end', () => {
  test('it is killed after its time, and the record says why', async () => {
    const c = bundle({ args: ['sleep', '1000'], sampan: { timeout: 1 } })
    await c.start()
    await eventually('ends', 5000, () =>
      expect(c.state()).toMatchObject({
        status: 'exited',
        exitCode: 137,
        error: 'killed: it ran longer than 1 seconds',
      }),
    )
  })

  test('the pid file is there while it runs, of every run', async () => {
    const pidFile = join(user.home, 'my.pid')
    const c = bundle({
      args: ['sleep', '1000'],
      sampan: { pidFile, restart: { policy: 'always', retries: 0 } },
    })
    await c.start()
    const first = c.state().pid
    expect(readFileSync(pidFile, 'utf8')).toBe(`${first}\n`)
    process.kill(first, 'SIGKILL')
    await eventually('runs again', 5000, () => expect(c.state().restartCount).toBe(1))
    expect(readFileSync(pidFile, 'utf8')).toBe(`${c.state().pid}\n`)
    stop(c)
    process.kill(c.state().pid, 'SIGKILL')
    await eventually('ends', 5000, () => expect(c.state().status).toBe('exited'))
    expect(existsSync(pidFile)).toBe(false)
  })

  test('a pid file that cannot be written: nothing starts', async () => {
    const c = bundle({ args: ['sleep', '1000'], sampan: { pidFile: join(user.home, 'no/such/folder') } })
    const { code, event } = await c.start()
    expect([code, event['message']]).toEqual([125, expect.stringContaining('write the pid file')])
  })
})

describe('the log', () => {
  test('is rotated by size and follows along without a gap', async () => {
    const log = { driver: 'json-file', maxSize: 20_000, maxFiles: 3 } as const
    const c = bundle({ args: sh('sleep 0.3; seq 1 3000'), sampan: {} })
    c.change({ log: { ...log, path: join(c.folder, 'container.log') } })
    await c.start()
    using follower = c.beside('logs', ['--follow'])
    expect(await follower.exited(10_000)).toBe(0)
    const files = readdirSync(c.folder).filter((name) => name.startsWith('container.log'))
    expect(files.sort()).toEqual(['container.log', 'container.log.1', 'container.log.2'])
    for (const name of files) expect(statSync(join(c.folder, name)).size).toBeLessThan(20_200)
    const tail = c.logText().trimEnd().split('\n')
    expect(tail.at(-1)).toBe('3000')
    expect(follower.soFar.stdout.endsWith(`${tail.join('\n')}\n`)).toBe(true)
  })

  test('a follower gets both streams, times if wished, and ends with the container', async () => {
    const c = bundle({ args: sh('echo one; sleep 0.2; echo two >&2; sleep 0.2; printf three; exit 4') })
    await c.start()
    using plain = c.beside('logs', ['--follow'])
    using timed = c.beside('logs', ['--follow', '--timestamps'])
    expect(await plain.exited(5000)).toBe(0)
    expect(plain.soFar).toEqual({ stdout: 'one\nthree', stderr: 'two\n' })
    expect(await timed.exited(5000)).toBe(0)
    expect(timed.soFar.stdout).toMatch(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z one\n20\S+Z three$/)
  })

  test('a follower begins where the tail does and ends with its reader', async () => {
    const c = bundle({ args: sh('echo one; sleep 0.3; while :; do echo more; sleep 0.1; done') })
    await c.start()
    await eventually('first line', 3000, () => expect(c.log().length).toBeGreaterThan(0))
    using follower = c.beside('logs', ['--follow', '--tail', '0'])
    await follower.waitFor('more')
    expect(follower.soFar.stdout).toMatch(/^(more\n)+$/)
    follower.signal('SIGINT')
    expect(await follower.exited(3000)).toBe(130)
  })

  test('a follower outlives restarts, and ends when the monitor is killed', async () => {
    const c = bundle({
      args: sh('echo run; sleep 0.1'),
      sampan: { restart: { policy: 'always', retries: 0 } },
    })
    await c.start()
    using follower = c.beside('logs', ['--follow'])
    await follower.waitFor('run\nrun\n')
    process.kill(c.state().monitorPid, 'SIGKILL')
    expect(await follower.exited(5000)).toBe(0)
  })

  test('in the shape of kubernetes: the same bytes come out', async () => {
    const long = `printf 'no end'; head -c 20000 /dev/zero | tr '\\0' x; echo`
    async function logged(script: string) {
      const c = bundle({ args: sh(script) })
      const path = join(c.folder, 'container.log')
      c.change({ log: { driver: 'k8s-file', path, maxSize: 10_000_000, maxFiles: 3 } })
      await c.run('monitor', ['--attach'])
      return { c, path }
    }
    const { c, path } = await logged(`echo one; printf 'a\\\\b"\\377\\n' >&2; ${long}`)
    const lines = readFileSync(path, 'latin1').trimEnd().split('\n')
    expect(lines[0]).toMatch(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z stdout F one$/)
    expect(lines.map((line) => line.slice(31, 39)).sort()).toEqual([
      'stderr F',
      'stdout F',
      'stdout F',
      'stdout P',
    ])
    const { stdout, stderr } = await c.run('logs', [])
    expect(stdout).toBe(`one\nno end${'x'.repeat(20000)}\n`)
    expect(stderr).toBe('a\\b"\ufffd\n')
    // Of one stream: a line of the other may stand between the parts of a long one.
    const alone = await logged(`echo one; ${long}`)
    expect((await alone.c.run('logs', ['--tail', '1'])).stdout).toBe(`no end${'x'.repeat(20000)}\n`)
  })

  test('nobody’s log is no obstacle', async () => {
    const c = bundle({ args: ['echo', 'hi'] })
    c.change({ log: { driver: 'json-file', path: '/nonexistent/container.log', maxSize: 0, maxFiles: 1 } })
    expect(await c.run('monitor', ['--attach'])).toMatchObject({ code: 0, stdout: 'hi\n' })
  })
})

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
