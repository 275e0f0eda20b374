/** From create to rm: what each command prints, what ps then says, and who may do what when. */
import { existsSync, readFileSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { eventually } from '../support/process.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
const quiet = ['--network', 'none']
const sleeper = (name: string, ...args: string[]) =>
  user.ok(['run', '-d', '--name', name, ...quiet, ...args, image, 'sleep', '600'])
const state = (name: string, field: string) => user.ok(['inspect', '-f', `{{.State.${field}}}`, name])
const listed = (...args: string[]) => user.ok(['ps', '--format', '{{.Names}}', ...args])

describe('create, start, stop, rm', () => {
  test('each prints what docker prints, and ps tells the state', async () => {
    const id = await user.ok(['create', '--name', 'life', ...quiet, image, 'sleep', '600'])
    expect(id).toMatch(/^[0-9a-f]{64}$/)
    expect(await user.ok(['ps', '-a', '--format', '{{.ID}} {{.Status}} {{.Image}}'])).toBe(
      `${id.slice(0, 12)} Created ${image}`,
    )
    expect(await listed()).toBe('')
    expect(await user.ok(['start', 'life'])).toBe('life')
    expect(await user.ok(['start', id.slice(0, 6)])).toBe(id.slice(0, 6))
    expect(await user.ok(['ps', '--format', '{{.State}} {{.Status}}'])).toMatch(/^running Up /)
    expect(await user.ok(['stop', '-t', '0', 'life'])).toBe('life')
    expect(await user.ok(['stop', 'life'])).toBe('life')
    expect(await user.ok(['ps', '-a', '--format', '{{.Status}}'])).toMatch(/^Exited \(137\) /)
    expect(await user.ok(['rm', 'life'])).toBe('life')
    expect(await user.ok(['ps', '-aq'])).toBe('')
  })

  test('what was written stays from one start to the next', async () => {
    await user.ok([
      'create',
      '--name',
      'diary',
      ...quiet,
      image,
      'sh',
      '-c',
      'date +%N >> /diary; wc -l < /diary',
    ])
    expect(await user.ok(['start', '-a', 'diary'])).toBe('1')
    expect(await user.ok(['start', '-a', 'diary'])).toBe('2')
    await user.ok(['rm', 'diary'])
  })

  test('start -a gives the exit code, start -ai the input', async () => {
    await user.ok([
      'create',
      '-i',
      '--name',
      'talk',
      ...quiet,
      image,
      'sh',
      '-c',
      'read x; echo "got $x"; exit 3',
    ])
    const { code, stdout } = await user.sampan(['start', '-ai', 'talk'], { input: 'word\n' })
    expect([code, stdout]).toEqual([3, 'got word\n'])
    await user.ok(['rm', 'talk'])
  })

  test('a running container is not removed without -f', async () => {
    await sleeper('busy')
    const { code, stderr } = await user.sampan(['rm', 'busy'])
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('cannot remove container "busy": container is running'),
    ])
    expect(await listed()).toBe('busy')
    expect(await user.ok(['rm', '-f', 'busy'])).toBe('busy')
  })

  test('names that are not there', async () => {
    for (const command of ['start', 'stop', 'kill', 'rm', 'logs', 'wait', 'attach']) {
      const { code, stderr } = await user.sampan([command, 'ghost'])
      expect([command, code, stderr]).toEqual([
        command,
        1,
        expect.stringContaining('No such container: ghost'),
      ])
    }
    expect(await user.sampan(['rm', '-f', 'ghost'])).toMatchObject({ code: 0, stdout: '' })
  })

  test('several at once: what can be done is done, the rest is said', async () => {
    await sleeper('one')
    await sleeper('two')
    const { code, stdout, stderr } = await user.sampan(['rm', '-f', 'one', 'ghost', 'two'])
    expect([code, stdout]).toEqual([0, 'one\ntwo\n'])
    await sleeper('one')
    const stopped = await user.sampan(['stop', '-t', '0', 'ghost', 'one'])
    expect([stopped.code, stopped.stdout, stderr]).toEqual([1, 'one\n', ''])
    await user.ok(['rm', 'one'])
    // Nor does an error that nobody foresaw.
    const odd = await user.ok(['create', '--name', 'odd', ...quiet, image, 'true'])
    await sleeper('one')
    const state = user.makeFolder(`data/containers/${odd}/state.json`)
    const tried = await user.sampan(['stop', '-t', '0', 'odd', 'one'])
    expect([tried.code, tried.stdout]).toEqual([1, 'one\n'])
    rmdirSync(state)
    await user.ok(['rm', 'one', 'odd'])
  })

  test('a name in use, in docker’s words', async () => {
    const id = await user.ok(['create', '--name', 'taken', image, 'true'])
    const { code, stderr } = await user.sampan(['create', '--name', 'taken', image, 'true'])
    expect(code).toBe(125)
    expect(stderr).toContain(
      `Conflict. The container name "/taken" is already in use by container "${id}". You have to remove (or rename) that container to be able to reuse that name.`,
    )
    expect(await user.ok(['create', '--replace', '--name', 'taken', image, 'true'])).not.toBe(id)
    await user.ok(['rm', 'taken'])
  })

  test('--rm takes everything with it', async () => {
    await user.ok(['run', '--rm', ...quiet, '-v', '/anonymous', image, 'touch', '/anonymous/x'])
    expect(await user.ok(['ps', '-aq'])).toBe('')
    expect((await user.run(['ls', join(user.root, 'volumes')])).stdout).toBe('')
  })
})

describe('stop and kill', () => {
  const trap = (signal: string) =>
    `trap 'echo caught; exit 5' ${signal}; echo ready; while :; do sleep 0.05; done`
  const ready = async (name: string) => {
    while ((await user.ok(['logs', name])) !== 'ready')
      await new Promise((resolve) => setTimeout(resolve, 20))
  }

  test('the stop signal is the image’s, the container’s, or the command’s', async () => {
    for (const [signal, create, stop] of [
      ['TERM', [], []],
      ['USR1', ['--stop-signal', 'USR1'], []],
      ['HUP', [], ['-s', 'HUP']],
    ] as const) {
      await user.ok(['run', '-d', '--name', 'polite', ...quiet, ...create, image, 'sh', '-c', trap(signal)])
      await ready('polite')
      await user.ok(['stop', ...stop, 'polite'])
      expect(await state('polite', 'ExitCode')).toBe('5')
      await user.ok(['rm', 'polite'])
    }
  })

  test('one that does not listen is killed after the time given', async () => {
    await user.ok([
      'run',
      '-d',
      '--name',
      'deaf',
      ...quiet,
      image,
      'sh',
      '-c',
      `trap 'echo no' TERM; echo ready; while :; do sleep 0.05; done`,
    ])
    await ready('deaf')
    const { elapsed } = await user.sampan(['stop', '-t', '1', 'deaf'])
    expect(elapsed).toBeGreaterThan(900)
    expect(elapsed).toBeLessThan(4000)
    expect(await state('deaf', 'ExitCode')).toBe('137')
    await user.ok(['rm', 'deaf'])
  })

  test('a first process without a handler is not waited for', async () => {
    await sleeper('careless')
    const { elapsed, stderr } = await user.sampan(['stop', 'careless'])
    expect(elapsed).toBeLessThan(3000)
    expect(stderr).toContain('no handler for the stop signal')
    await user.ok(['rm', 'careless'])
  })

  test('kill sends any signal, and says when there is nothing to send it to', async () => {
    await user.ok(['run', '-d', '--name', 'target', ...quiet, image, 'sh', '-c', trap('USR2')])
    await ready('target')
    expect(await user.ok(['kill', '-s', 'SIGUSR2', 'target'])).toBe('target')
    expect(await user.ok(['wait', 'target'])).toBe('5')
    const { code, stderr } = await user.sampan(['kill', 'target'])
    expect([code, stderr]).toEqual([1, expect.stringContaining('is not running')])
    const unknown = await user.sampan(['kill', '-s', 'NOPE', 'target'])
    expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining('Invalid signal: NOPE')])
    expect((await user.sampan(['create', '--stop-signal', 'NOPE', image])).code).toBe(125)
    await user.ok(['start', 'target'])
    await user.ok(['kill', 'target'])
    expect(await state('target', 'ExitCode')).toBe('137')
    await user.ok(['rm', 'target'])
  })

  test('--all stops what runs and leaves the rest', async () => {
    await sleeper('ll1')
    await user.ok(['create', '--name', 'll2', ...quiet, image, 'true'])
    expect((await user.ok(['stop', '-t', '0', '--all'])).length).toBe(64)
    expect(await user.ok(['ps', '-q'])).toBe('')
    await user.ok(['rm', '--all'])
    expect(await user.ok(['ps', '-aq'])).toBe('')
  })
})

describe('wait', () => {
  test('several: one code a line, those that have ended at once', async () => {
    await user.ok(['run', '-d', '--name', 'w1', ...quiet, image, 'sh', '-c', 'sleep 0.3; exit 1'])
    await user.ok(['run', '-d', '--name', 'w2', ...quiet, image, 'sh', '-c', 'exit 2'])
    expect(await user.ok(['wait', 'w1', 'w2'])).toBe('1\n2')
    await user.ok(['rm', 'w1', 'w2'])
  })

  /** Runs until it is told to end, and that only when `wait` holds on to it. */
  async function waitFor(name: string, code: number, ...words: string[]): Promise<[number, string]> {
    const script = `while [ ! -e /end ]; do sleep 0.02; done; exit ${code}`
    await user.ok(['run', '-d', '--rm', '--name', name, ...quiet, image, 'sh', '-c', script])
    using waits = user.start(['wait', ...words, name])
    // Its client of the monitor sleeps when it has been let in.
    const client = `cat $(pgrep -P ${waits.pid} | sed "s,.*,/proc/&/stat,")`
    await eventually('wait listens', 20_000, async () =>
      expect((await user.run(['sh', '-c', client])).stdout).toMatch(/^\d+ \(.*\) S /),
    )
    await user.ok(['exec', name, 'touch', '/end'])
    return [await waits.exited(20_000), waits.soFar.stdout]
  }

  test('one with --rm still tells its code', async () => {
    expect(await waitFor('w3', 7)).toEqual([0, '7\n'])
  })

  test('--condition removed', async () => {
    expect(await waitFor('w4', 0, '--condition', 'removed')).toEqual([0, '0\n'])
    expect(await user.ok(['ps', '-aq'])).toBe('')
    expect((await user.sampan(['wait', '--condition', 'nonsense', 'x'])).stderr).toContain(
      'invalid condition',
    )
  })
})

describe('wait for what is not an end', () => {
  const checked = (name: string, test: string, ...args: string[]) => {
    const health = ['--health-cmd', test, '--health-interval', '100ms', '--health-retries', '1']
    return sleeper(name, ...health, ...args)
  }

  test('healthy, unhealthy, paused: of several conditions one is enough', async () => {
    await checked('well', 'test -e /well')
    const { stdout } = await user.sampan([
      'wait',
      '--condition',
      'unhealthy',
      '--condition',
      'removed',
      'well',
    ])
    expect(stdout).toBe('0\n')
    using waits = user.start(['wait', '--condition=healthy', 'well'])
    await user.ok(['exec', 'well', 'touch', '/well'])
    expect([await waits.exited(10_000), waits.soFar.stdout]).toEqual([0, '0\n'])
    await user.ok(['pause', 'well'])
    expect(await user.ok(['wait', '--condition=paused', 'well'])).toBe('0')
    await user.ok(['rm', '-f', 'well'])
  })

  test('what cannot come true is said', async () => {
    await sleeper('plain')
    const { code, stderr } = await user.sampan(['wait', '--condition=healthy', 'plain'])
    expect([code, stderr]).toEqual([1, expect.stringContaining('has no defined healthcheck')])
    await checked('ends', 'false', '--timeout', '1')
    const ended = await user.sampan(['wait', '--condition=healthy', 'ends'])
    expect([ended.code, ended.stderr]).toEqual([1, expect.stringContaining('ended before it was healthy')])
    expect(await state('ends', 'Error')).toBe('killed: it ran longer than 1 seconds')
    await user.ok(['rm', '-f', 'plain', 'ends'])
  })

  test('--exit-first-match: the code of the first', async () => {
    await sleeper('long')
    await user.ok(['run', '-d', '--name', 'short', ...quiet, image, 'sh', '-c', 'exit 4'])
    expect(await user.ok(['wait', '--exit-first-match', 'long', 'short'])).toBe('4')
    await user.ok(['rm', '-f', 'long', 'short'])
  })
})

test('--pidfile: the pid as the host sees it, while it runs', async () => {
  await sleeper('filed', '--pidfile', 'filed.pid')
  const path = join(user.folder, 'filed.pid')
  expect(readFileSync(path, 'utf8').trim()).toBe(await state('filed', 'Pid'))
  await user.ok(['rm', '-f', 'filed'])
  expect(existsSync(path)).toBe(false)
})

describe('restart policies', () => {
  test('on-failure gives up after its number, and counts', async () => {
    await user.ok([
      'run',
      '-d',
      '--name',
      'again',
      '--restart',
      'on-failure:2',
      ...quiet,
      image,
      'sh',
      '-c',
      'echo try; exit 4',
    ])
    await user.ok(['wait', 'again'])
    expect(await user.ok(['logs', 'again'])).toBe('try\ntry\ntry')
    expect(await user.ok(['inspect', '-f', '{{.RestartCount}} {{.State.ExitCode}}', 'again'])).toBe('2 4')
    await user.ok(['rm', 'again'])
  })

  test('always comes back, until it is stopped', async () => {
    await user.ok([
      'run',
      '-d',
      '--name',
      'always',
      '--restart',
      'always',
      ...quiet,
      image,
      'sh',
      '-c',
      'echo try; exit 0',
    ])
    while ((await user.ok(['logs', 'always'])).split('\n').length < 3)
      await new Promise((resolve) => setTimeout(resolve, 50))
    await user.ok(['stop', 'always'])
    expect(await state('always', 'Status')).toBe('exited')
    await user.ok(['rm', 'always'])
  })
})

describe('ps', () => {
  test('filters: one key is or, two keys are and', async () => {
    await user.ok([
      'run',
      '-d',
      '--name',
      'fa',
      '--label',
      'kind=x',
      '--label',
      'bare',
      ...quiet,
      image,
      'sleep',
      '600',
    ])
    await user.ok(['create', '--name', 'fb', '--label', 'kind=y', '-v', 'shared:/data', image, 'true'])
    await user.ok(['run', '--name', 'fc', ...quiet, image, 'sh', '-c', 'exit 3']).catch(() => {})
    const filtered = async (...filters: string[]) =>
      (await listed('-a', ...filters.flatMap((filter) => ['-f', filter])))
        .split('\n')
        .filter(Boolean)
        .sort()
        .join(' ')
    const cases: [string[], string][] = [
      [['name=^/?f'], 'fa fb fc'],
      [['name=fa', 'name=fb'], 'fa fb'],
      [['name=f', 'status=created'], 'fb'],
      [['status=exited'], 'fc'],
      [['status=running', 'status=exited'], 'fa fc'],
      [['exited=3'], 'fc'],
      [['exited=4'], ''],
      [['label=bare'], 'fa'],
      [['label=kind=y'], 'fb'],
      [['label=kind', 'label=bare'], 'fa'],
      [['ancestor=busybox'], 'fa fb fc'],
      [['ancestor=other'], ''],
      [['volume=shared'], 'fb'],
      [['volume=/data'], 'fb'],
      [['network=none'], 'fa fc'],
      [['since=fa'], 'fb fc'],
      [['before=fb'], 'fa'],
      [['until=1h'], ''],
      [['health=none', 'name=fa'], 'fa'],
    ]
    for (const [filters, expected] of cases)
      expect([filters, await filtered(...filters)]).toEqual([filters, expected])
    expect(await listed('-l')).toBe('fc')
    expect(await listed('-n', '2')).toBe('fc\nfb')
    expect((await user.sampan(['ps', '-f', 'nope=1'])).stderr).toContain("invalid filter 'nope'")
    await user.ok(['rm', '-f', 'fa', 'fb', 'fc'])
  })

  test('the table, and a container whose record is damaged', async () => {
    const id = await user.ok(['create', '--name', 'whole', image, 'echo', 'a', 'rather', 'long', 'command'])
    const [heading, line] = (await user.ok(['ps', '-a'])).split('\n')
    expect(heading).toMatch(/^CONTAINER ID {3}IMAGE {5}COMMAND {18}CREATED {2,}STATUS {2,}PORTS {5}NAMES$/)
    expect(line).toMatch(/^[0-9a-f]{12} {3}busybox {3}"echo a rather long …" .* Created {2,}whole$/)
    expect(await user.ok(['ps', '-a', '--no-trunc', '--format', '{{.ID}} {{.Command}}'])).toBe(
      `${id} "echo a rather long command"`,
    )
    const other = await user.ok(['create', '--name', 'torn', image, 'true'])
    const path = join(user.root, 'containers', other, 'container.json')
    await user.run(['sh', '-c', `head -c 100 ${path} > ${path}.x; mv ${path}.x ${path}`])
    const { code, stdout, stderr } = await user.sampan(['ps', '-a', '--format', '{{.Names}}'])
    expect([code, stdout]).toEqual([0, 'whole\n'])
    expect(stderr).toContain('container.json is damaged')
    await user.ok(['rm', '-f', 'torn', 'whole'])
    expect(existsSync(join(user.root, 'names/torn'))).toBe(false)
  })
})

describe('a killed monitor', () => {
  test('ps tells the truth, start works again, rm cleans up', async () => {
    const id = await sleeper('orphan')
    const { monitorPid } = JSON.parse(readFileSync(join(user.root, 'containers', id, 'state.json'), 'utf8'))
    process.kill(monitorPid, 'SIGKILL')
    while ((await state('orphan', 'Status')) === 'running')
      await new Promise((resolve) => setTimeout(resolve, 20))
    expect(await user.ok(['ps', '-a', '--format', '{{.Status}}'])).toMatch(/^Exited \(255\)/)
    expect(await state('orphan', 'Error')).toContain('its monitor was killed')
    expect((await user.sampan(['exec', 'orphan', 'true'])).code).toBe(1)
    await user.ok(['start', 'orphan'])
    expect(await state('orphan', 'Status')).toBe('running')
    await user.ok(['rm', '-f', 'orphan'])
    expect(await user.leftovers()).toEqual([])
  })
})

describe('health', () => {
  test('starting, healthy, unhealthy: in ps, in inspect, as a filter', async () => {
    await sleeper(
      'patient',
      '--health-cmd',
      'test -e /well',
      '--health-interval',
      '100ms',
      '--health-retries',
      '2',
      '--health-start-period',
      '10s',
      '--health-start-interval',
      '100ms',
    )
    expect(await user.ok(['ps', '--format', '{{.Status}}'])).toMatch(/\(health: starting\)$/)
    await user.ok(['exec', 'patient', 'touch', '/well'])
    const become = async (status: string) => {
      while ((await state('patient', 'Health.Status')) !== status)
        await new Promise((resolve) => setTimeout(resolve, 50))
    }
    await become('healthy')
    expect(await user.ok(['ps', '-f', 'health=healthy', '--format', '{{.Status}}'])).toMatch(/\(healthy\)$/)
    await user.ok(['exec', 'patient', 'rm', '/well'])
    await become('unhealthy')
    await user.ok(['rm', '-f', 'patient'])
  })
})
