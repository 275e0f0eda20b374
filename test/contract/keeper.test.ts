/** The keeper: who starts it, whom it serves, when it goes. Driven through the role `inside`, which leases it. */
import { existsSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { differentHost } from '../support/host.ts'
import { run, start } from '../support/process.ts'
import { asRoot, helper, type TestUser, testUser } from '../support/user.ts'

const user = testUser()

/** RUN of its own for each test: each has its own keeper. */
let runs = 0
const freshRun = () => join(user.runtime, `run-${runs++}`)

const inside = (runtime: string, ...words: string[]) => [helper, 'inside', '--runtime', runtime, ...words]
const namespace = (runtime: string, person: TestUser = user) =>
  person.run(inside(runtime, '--', 'readlink', '/proc/self/ns/user'))

/** Pids of the keepers of one RUN. */
async function keepers(runtime: string): Promise<number[]> {
  const { stdout } = await run(['pgrep', '-f', `^sampan-helper keep --runtime ${runtime}$`])
  return stdout.split('\n').filter(Boolean).map(Number)
}

async function until(condition: () => Promise<boolean> | boolean, milliseconds: number) {
  const end = Date.now() + milliseconds
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`not within ${milliseconds} ms`)
    await Bun.sleep(20)
  }
}

describe('starting', () => {
  test('twenty jobs at once start one keeper and share one namespace', async () => {
    const runtime = freshRun()
    const results = await Promise.all(Array.from({ length: 20 }, () => namespace(runtime)))
    expect(results.map(({ code, stderr }) => ({ code, stderr }))).toEqual(
      results.map(() => ({ code: 0, stderr: '' })),
    )
    expect(new Set(results.map(({ stdout }) => stdout)).size).toBe(1)
    expect(await keepers(runtime)).toHaveLength(1)
  })

  test('a job is root there, with every id of /etc/subuid and /etc/subgid', async () => {
    const runtime = freshRun()
    const { stdout } = await user.run(
      inside(runtime, '--', 'cat', '/proc/self/uid_map', '/proc/self/gid_map'),
    )
    const rows = stdout.trim().split('\n')
    const numbers = rows.map((row) => row.trim().split(/\s+/).map(Number))
    if (user.uid === 0) expect(numbers[0]?.slice(0, 2)).toEqual([0, 0])
    else {
      expect(numbers[0]).toEqual([0, user.uid, 1])
      const line = readFileSync('/etc/subuid', 'utf8').match(new RegExp(`^${user.name}:(\\d+):(\\d+)$`, 'm'))
      expect(numbers[1]).toEqual([1, Number(line?.[1]), Number(line?.[2])])
    }
    expect((await user.run(inside(runtime, '--', 'id', '-u'))).stdout).toBe('0\n')
  })

  test('a runtime folder that others prepared is refused', async () => {
    const open = user.makeFolder('open-run', 0o777)
    const link = join(user.folder, 'link-run')
    symlinkSync(user.makeFolder('real-run', 0o700), link)
    const wide = await namespace(open)
    expect(wide.code).toBe(125)
    expect(JSON.parse(wide.stderr)).toMatchObject({
      event: 'failed',
      message: expect.stringContaining(`${open} is not safe`),
      hint: expect.stringContaining('XDG_RUNTIME_DIR'),
    })
    expect((await namespace(link)).code).toBe(125)
    expect((await namespace('/nonsense/run')).stderr).toContain('make runtime folder /nonsense/run')
  })

  test('a long path of the runtime folder does not matter', async () => {
    const runtime = join(user.makeFolder(join('run', 'long-'.repeat(40))), 'run')
    expect(await namespace(runtime)).toMatchObject({ code: 0, stderr: '' })
    await until(async () => (await keepers(runtime)).length === 0, 10_000)
  })
})

describe('living', () => {
  test('it stays while a job runs, and goes with its files five seconds after the last', async () => {
    const runtime = freshRun()
    using job = start(user.argv(inside(runtime, '--', 'sleep', '6')))
    await until(async () => (await keepers(runtime)).length === 1, 5_000)
    const [keeper] = await keepers(runtime)
    await Bun.sleep(5_800)
    expect(await keepers(runtime)).toEqual([keeper])
    expect(await job.exited()).toBe(0)
    expect(await keepers(runtime)).toEqual([keeper])
    await until(async () => (await keepers(runtime)).length === 0, 8_000)
    expect(existsSync(join(runtime, 'keeper.sock'))).toBe(false)
    expect(existsSync(join(runtime, 'keeper.lock'))).toBe(false)
  }, 30_000)

  test('a killed job is a lease given back, not the end of the keeper', async () => {
    const runtime = freshRun()
    using job = start(user.argv(inside(runtime, '--', 'sleep', '60')))
    await until(async () => (await keepers(runtime)).length === 1, 5_000)
    const first = await namespace(runtime)
    job.signalGroup('SIGKILL')
    expect((await namespace(runtime)).stdout).toBe(first.stdout)
    await until(async () => (await keepers(runtime)).length === 0, 9_000)
  }, 30_000)

  test('a killed keeper is replaced by the next job, over its stale socket', async () => {
    const runtime = freshRun()
    expect((await namespace(runtime)).code).toBe(0)
    const [keeper] = await keepers(runtime)
    expect((await user.run(['kill', '-9', String(keeper)])).code).toBe(0)
    expect(await namespace(runtime)).toMatchObject({ code: 0, stderr: '' })
    expect(await keepers(runtime)).not.toContain(keeper)
  })

  test('it answers requests with the mapping and hangs up on nonsense', async () => {
    const runtime = freshRun()
    await namespace(runtime)
    const say = (text: string) =>
      user.run(['socat', '-t1', 'STDIO', `UNIX-CONNECT:${join(runtime, 'keeper.sock')},type=5`], {
        input: text,
      })
    expect(JSON.parse((await say('{"want":"user"}')).stdout)).toEqual({
      mapping: user.uid === 0 ? 'identity' : 'full',
      uid: user.uid,
      gid: user.gid,
      why: '',
    })
    expect((await say('{"want":"the moon"}')).stdout).toBe('')
    expect((await say('nonsense')).stdout).toBe('')
    expect(await namespace(runtime)).toMatchObject({ code: 0 })
  })

  test('what it has for itself alone is small', async () => {
    const runtime = freshRun()
    await namespace(runtime)
    const [keeper] = await keepers(runtime)
    const { stdout } = await run(['grep', '^Anonymous:', `/proc/${keeper}/smaps_rollup`])
    expect(Number(stdout.match(/\d+/)?.[0])).toBeLessThan(100)
  })
})

/** Only root can make such hosts; root itself needs no ranges. */
describe.skipIf(!asRoot || user.uid === 0)('on a poor host', () => {
  const probed = async (person: TestUser) => {
    const { stdout } = await person.run([
      helper,
      'probe',
      '--runtime',
      freshRun(),
      '--data',
      user.makeFolder('probe'),
    ])
    return JSON.parse(stdout)
  }

  test('no ranges: our own id alone, and what to do about it', async () => {
    await using host = await differentHost(user, { noSubordinateIds: true })
    const answer = await probed(host.user)
    expect(answer).toMatchObject({ userNamespace: true, mapping: 'single', overlay: { native: true } })
    expect(answer.mappingError).toMatch(
      /no range for you in \/etc\/subuid; once, as root: usermod --add-subuids/,
    )
  })

  test('no newuidmap: our own id alone, and which package to install', async () => {
    await using host = await differentHost(user, { programs: ['newuidmap', 'newgidmap'] })
    const answer = await probed(host.user)
    expect(answer).toMatchObject({ mapping: 'single' })
    expect(answer.mappingError).toContain('apt-get install uidmap')
  })

  test('user namespaces forbidden: a sentence, and the sysctl', async () => {
    await using host = await differentHost(user, { noUserNamespaces: true })
    const { code, stderr } = await namespace(freshRun(), host.user)
    expect(code).toBe(125)
    expect(JSON.parse(stderr)).toMatchObject({
      step: 'make user namespace',
      hint: expect.stringContaining('sysctl -w user.max_user_namespaces'),
    })
  })
})
