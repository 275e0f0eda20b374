/** One more process in a running container. */
import { beforeAll, describe, expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
const exec = (...args: string[]) => user.ok(['exec', ...args])

beforeAll(async () => {
  await user.ok([
    'run',
    '-d',
    '--name',
    'host',
    '--network',
    'none',
    '-h',
    'host-box',
    '-e',
    'OWN=1',
    '-w',
    '/tmp',
    image,
    'sleep',
    '600',
  ])
})

describe('exec', () => {
  test.each([
    [['host', 'sh', '-c', 'exit 12'], 12, ''],
    [['host', 'nope'], 127, 'exec: "nope": executable file not found in $PATH'],
    [['host', '/etc'], 126, 'is a directory'],
    [['ghost', 'true'], 1, 'No such container: ghost'],
    [['--nope', 'host', 'true'], 125, 'unknown flag: --nope'],
    [['host'], 1, 'requires at least 2 arguments'],
    [['-u', 'nobody', 'host', 'true'], 125, 'unable to find user nobody'],
    [['-it', 'host', 'true'], 1, 'the input device is not a TTY'],
  ])('%j', async (args, code, message) => {
    const result = await user.sampan(['exec', ...args])
    expect(result.stderr).toContain(message)
    expect(result.code).toBe(code)
  })

  test('has the container’s environment, folder and host name, and what is added', async () => {
    expect(await exec('-e', 'MORE=2 3', 'host', 'sh', '-c', 'echo $OWN $MORE $PWD $(hostname) $HOME')).toBe(
      '1 2 3 /tmp host-box /root',
    )
    expect(await exec('-w', '/etc', 'host', 'pwd')).toBe('/etc')
  })

  test('another user: by the image’s names, and by names added meanwhile', async () => {
    expect(await exec('-u', 'app', 'host', 'sh', '-c', 'id -u; echo $HOME')).toBe('1000\n/home/app')
    await exec('host', 'sh', '-c', 'echo late:x:1234:1234::/late:/bin/sh >> /etc/passwd')
    expect(await exec('-u', 'late', 'host', 'id', '-u')).toBe('1234')
    expect(await exec('-u', 'app', 'host', 'grep', 'CapEff', '/proc/self/status')).toMatch(
      /0000000000000000$/,
    )
  })

  test('sees the same processes, files and namespaces', async () => {
    expect(await exec('host', 'cat', '/proc/1/cmdline')).toContain('sleep')
    for (const kind of ['pid', 'net', 'ipc', 'uts', 'cgroup']) {
      expect(await exec('host', 'readlink', `/proc/self/ns/${kind}`)).toBe(
        await exec('host', 'readlink', `/proc/1/ns/${kind}`),
      )
    }
    expect(await exec('host', 'grep', 'Seccomp:', '/proc/self/status')).toMatch(/2$/)
    expect(await exec('--privileged', 'host', 'grep', 'CapEff', '/proc/self/status')).toMatch(
      /[1-9a-f]ffffffff$/,
    )
  })

  test('-i passes input on, and its end', async () => {
    expect(await user.ok(['exec', '-i', 'host', 'wc', '-c'], { input: 'x'.repeat(300_000) })).toBe('300000')
    expect(await user.ok(['exec', 'host', 'wc', '-c'], { input: 'ignored' })).toBe('0')
  })

  test('-d does not wait, and what it starts goes on', async () => {
    expect(await user.sampan(['exec', '-d', 'host', 'sh', '-c', 'sleep 0.3; touch /tmp/done'])).toMatchObject(
      { code: 0, stdout: '' },
    )
    while ((await user.sampan(['exec', 'host', 'test', '-e', '/tmp/done'])).code !== 0) {
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    expect((await user.sampan(['exec', '-d', 'host', 'nope'])).code).toBe(127)
  })

  test('-it is a terminal of its own size', async () => {
    const shell = user.terminal(['exec', '-it', 'host', 'sh'], { rows: 33, columns: 101 })
    shell.type('stty size\r')
    await shell.waitFor('33 101')
    shell.type('exit 8\r')
    expect(await shell.exited()).toBe(8)
  })

  test('twenty at once', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, (_, n) => exec('host', 'echo', String(n))))
    expect(all).toEqual(Array.from({ length: 20 }, (_, n) => String(n)))
  })

  test('not in one that has stopped', async () => {
    await user.ok(['create', '--name', 'idle', image, 'true'])
    const { code, stderr } = await user.sampan(['exec', 'idle', 'true'])
    expect([code, stderr]).toEqual([1, expect.stringMatching(/container [0-9a-f]{64} is not running/)])
    await user.ok(['rm', 'idle'])
  })
})
