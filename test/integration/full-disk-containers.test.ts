/** A disk that is full in the middle of things: the error says so, what was there stays, and freeing space is enough. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type DifferentHost, differentHost } from '../support/host.ts'
import { busyboxArchive } from '../support/images.ts'
import { eventually } from '../support/process.ts'
import { asRoot, testUser } from '../support/user.ts'

const user = testUser()
const quiet = ['--network', 'none']

describe.skipIf(!asRoot)('a full disk in the middle of (only root can arrange one)', () => {
  let host: DifferentHost
  const small = (...args: string[]) => host.user.sampan(args)
  const ok = (...args: string[]) => host.user.ok(args)
  const shell = async (script: string) => (await host.user.run(['sh', '-c', script])).stdout.trim()
  const ballast = `${user.root}/ballast`
  /** Fills the disk but for so many kilobytes. */
  const leave = async (kilobytes: number) => {
    await shell(`dd if=/dev/zero of=${ballast} bs=4k 2>/dev/null`)
    if (kilobytes > 0) await shell(`truncate -s -${kilobytes}k ${ballast}`)
  }
  const free = () => shell(`rm -f ${ballast}`)
  const used = async () => Number(await shell(`df -k --output=used ${user.root} | tail -n1`))
  const said = /^Error: .*([Nn]o space left|the disk is full)/m

  beforeAll(async () => {
    host = await differentHost(user, { dataBytes: 32_000_000 })
    await ok('load', '-q', '-i', busyboxArchive)
    await ok('run', '-d', '--name', 'web', ...quiet, 'busybox', 'sleep', '1000')
    await ok('exec', 'web', 'dd', 'if=/dev/urandom', 'of=/change', 'bs=1M', 'count=6')
  }, 120_000)
  beforeEach(async () => {
    await free()
  })
  afterAll(async () => {
    await free()
    await small('rm', '-af', '-t', '0')
    await host[Symbol.asyncDispose]()
  })

  test('commit: no image, nothing left of it, and the container goes on', async () => {
    const before = [await ok('images', '-aq'), await used()]
    await leave(2000)
    const { code, stderr } = await small('commit', 'web', 'half:1')
    expect([code, stderr]).toEqual([1, expect.stringMatching(said)])
    await free()
    expect(await ok('images', '-aq')).toBe(before[0])
    expect(await used()).toBeLessThan(Number(before[1]) + 200)
    expect(await ok('inspect', '-f', '{{.State.Status}}', 'web')).toBe('running')
    await ok('commit', 'web', 'whole:1')
    await ok('rmi', 'whole:1')
  })

  test('cp into a container and out of it', async () => {
    await shell(`dd if=/dev/zero of=${user.folder}/large bs=1M count=6 2>/dev/null`)
    await ok('exec', 'web', 'sh', '-c', 'echo old > /there')
    await leave(1000)
    const into = await small('cp', `${user.folder}/large`, 'web:/copied')
    expect([into.code, into.stderr]).toEqual([1, expect.stringMatching(said)])
    expect(await ok('exec', 'web', 'cat', '/there')).toBe('old')
    const out = await small('cp', 'web:/change', `${user.root}/out`)
    expect([out.code, out.stderr]).toEqual([1, expect.stringMatching(said)])
    await free()
    await ok('cp', `${user.folder}/large`, 'web:/copied')
    expect(await ok('exec', 'web', 'sh', '-c', 'stat -c %s /copied; rm /copied')).toBe('6291456')
  })

  test('volume import', async () => {
    await shell(`tar -C ${user.folder} -cf ${user.folder}/large.tar large`)
    await ok('volume', 'create', 'data')
    await leave(1000)
    const { code, stderr } = await small('volume', 'import', 'data', `${user.folder}/large.tar`)
    expect([code, stderr]).toEqual([1, expect.stringMatching(said)])
    await free()
    await ok('volume', 'import', 'data', `${user.folder}/large.tar`)
    expect(
      await ok('run', '--rm', ...quiet, '-v', 'data:/d', 'busybox', 'stat', '-c', '%s', '/d/large'),
    ).toBe('6291456')
    await ok('volume', 'rm', 'data')
  })

  test.each(['false', 'true'])(
    'log rotation: the program goes on, and so does its log when there is room (compress=%s)',
    async (compress) => {
      const log = [
        '--log-opt',
        'max-size=64k',
        '--log-opt',
        'max-file=4',
        '--log-opt',
        `compress=${compress}`,
      ]
      const script =
        'i=0; while :; do i=$((i+1)); echo "line $i of a log on a full disk"; [ -e /calm ] && sleep 0.1; done'
      await ok('run', '-d', '--name', 'talker', ...quiet, ...log, 'busybox', 'sh', '-c', script)
      await eventually('it was rotated', 20_000, async () => {
        const folder = `${user.root}/containers/${await ok('inspect', '-f', '{{.Id}}', 'talker')}`
        expect(await shell(`ls ${folder} | grep -c '^container.log.[123]'`)).toBe('3')
      })
      await leave(0)
      await shell('sleep 1')
      expect(await ok('inspect', '-f', '{{.State.Status}}', 'talker')).toBe('running')
      await free()
      await ok('exec', 'talker', 'touch', '/calm')
      await eventually('it is written again', 20_000, async () => {
        const [first, second] = [
          await ok('logs', '--tail', '1', 'talker'),
          await ok('logs', '--tail', '1', 'talker'),
        ]
        expect(first).toMatch(/^line \d+ of a log on a full disk$/)
        expect(second).not.toBe(first)
      })
      await ok('rm', '-f', 'talker')
    },
  )

  test('state writes: what ended with no byte free has ended, and starts again', async () => {
    await ok(
      'run',
      '-d',
      '--name',
      'ends',
      ...quiet,
      'busybox',
      'sh',
      '-c',
      'trap "exit 9" TERM; sleep 1000 & wait',
    )
    await leave(0)
    await ok('stop', 'ends')
    expect(await ok('ps', '-a', '--format', '{{.State}}', '-f', 'name=ends')).toBe('exited')
    expect(await ok('inspect', '-f', '{{.State.Running}} {{.State.Pid}}', 'ends')).toBe('false 0')
    await free()
    await ok('start', 'ends')
    expect(await ok('inspect', '-f', '{{.State.Status}}', 'ends')).toBe('running')
    await ok('stop', 'ends')
    expect(await ok('inspect', '-f', '{{.State.ExitCode}}', 'ends')).toBe('9')
    await ok('rm', 'ends')
  })
})
