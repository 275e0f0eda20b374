/** volume create, ls, inspect, rm, prune, exists, rename: data that lives longer than containers. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
const quiet = ['--network', 'none']
const names = async (...args: string[]) =>
  (await user.ok(['volume', 'ls', '-q', ...args])).split('\n').filter((line) => line !== '')

describe('make and show', () => {
  test('create prints the name, is idempotent, and ls shows docker’s table', async () => {
    expect(await user.ok(['volume', 'create', '--label', 'app=shop', 'data'])).toBe('data')
    expect(await user.ok(['volume', 'create', 'data'])).toBe('data')
    expect(await user.ok(['volume', 'create'])).toMatch(/^[0-9a-f]{64}$/)
    expect((await user.ok(['volume', 'ls'])).split('\n')[0]).toBe('DRIVER    VOLUME NAME')
    expect(await user.ok(['volume', 'ls', '-f', 'name=data'])).toBe('DRIVER    VOLUME NAME\nlocal     data')
    expect(
      await user.ok(['volume', 'list', '-f', 'label=app=shop', '--format', '{{.Name}} {{.Label "app"}}']),
    ).toBe('data shop')
  })

  test('inspect has docker’s members, and the files are at Mountpoint', async () => {
    const [object] = JSON.parse(await user.ok(['volume', 'inspect', 'data']))
    expect(object).toMatchObject({ Name: 'data', Driver: 'local', Scope: 'local', Labels: { app: 'shop' } })
    await user.ok(['run', '--rm', ...quiet, '-v', 'data:/d', image, 'sh', '-c', 'echo kept > /d/file'])
    expect((await user.run(['cat', join(object.Mountpoint, 'file')])).stdout).toBe('kept\n')
    expect(await user.ok(['volume', 'inspect', '-f', '{{.Name}}', 'data'])).toBe('data')
    const { code, stdout, stderr } = await user.sampan(['volume', 'inspect', 'ghost'])
    expect([code, stdout, stderr]).toEqual([1, '[]\n', expect.stringContaining('No such volume: ghost')])
  })

  test('names and drivers that cannot be', async () => {
    const cases: [string[], number, string][] = [
      [['../data'], 1, 'includes invalid characters'],
      [['-d', 'nfs', 'x1'], 125, 'is not supported'],
      [['-o', 'type=nfs', 'x1'], 125, 'is not supported'],
    ]
    for (const [words, exit, text] of cases) {
      const { code, stderr } = await user.sampan(['volume', 'create', ...words])
      expect([words, code, stderr]).toEqual([words, exit, expect.stringContaining(text)])
    }
  })
})

describe('take away', () => {
  test('one that a container has stays, whether that runs or not', async () => {
    const id = await user.ok(['create', '--name', 'keeper', ...quiet, '-v', 'data:/d', image, 'true'])
    for (const words of [['rm'], ['rm', '-f']]) {
      const { code, stderr } = await user.sampan(['volume', ...words, 'data'])
      expect([code, stderr]).toEqual([1, expect.stringContaining(`volume is in use - [${id}]`)])
    }
    expect(await names('-f', 'dangling=false')).toEqual(['data'])
    await user.ok(['rm', 'keeper'])
    expect(await user.ok(['volume', 'rm', 'data'])).toBe('data')
    expect(existsSync(join(user.root, 'volumes/data'))).toBe(false)
  })

  test('what is not there: an error without -f; a path is no name', async () => {
    for (const name of ['ghost', '..', '../containers']) {
      const { code, stderr } = await user.sampan(['volume', 'rm', name])
      expect([name, code, stderr]).toEqual([name, 1, expect.stringContaining(`No such volume: ${name}`)])
    }
    expect((await user.sampan(['volume', 'rm', '-f', 'ghost'])).code).toBe(0)
    expect(existsSync(join(user.root, 'containers'))).toBe(true)
  })

  test('prune takes anonymous ones nobody has, -a those with names; files of other users included', async () => {
    await user.ok(['volume', 'create', 'named'])
    await user.ok([
      'run',
      '--rm',
      ...quiet,
      '-v',
      'named:/d',
      image,
      'sh',
      '-c',
      'echo x > /d/f; chown app /d/f; chmod 700 /d',
    ])
    await user.ok(['create', '--name', 'user', ...quiet, '-v', '/anonymous', image, 'true'])
    const [anonymous] = await names('-f', 'anonymous=true', '-f', 'dangling=true')
    expect(await user.ok(['volume', 'prune', '--dry-run'])).toContain(anonymous)
    const { code, stdout } = await user.sampan(['volume', 'prune'], { input: 'n\n' })
    expect([code, stdout]).toEqual([0, expect.not.stringContaining('Deleted')])
    expect(await user.ok(['volume', 'prune', '-f'])).toBe(
      `Deleted Volumes:\n${anonymous}\n\nTotal reclaimed space: 0B`,
    )
    expect(await names()).toContain('named')
    expect(await user.ok(['volume', 'prune', '-af'])).toBe(
      'Deleted Volumes:\nnamed\n\nTotal reclaimed space: 2B',
    )
    expect(await names()).toHaveLength(1)
    await user.ok(['rm', '-v', 'user'])
    expect(await names()).toEqual([])
  })

  test('what a killed command left goes with the next rm', async () => {
    await user.ok(['volume', 'create', 'last'])
    await user.run(['mkdir', join(user.root, 'volumes/.gone.rm-4194303')])
    await user.ok(['volume', 'rm', 'last'])
    expect(readdirSync(join(user.root, 'volumes'))).toEqual([])
  })
})

describe('exists and rename', () => {
  test('the exit code tells; a renamed volume keeps its files', async () => {
    await user.ok(['run', '--rm', ...quiet, '-v', 'before:/d', image, 'sh', '-c', 'echo kept > /d/file'])
    expect(await user.ok(['volume', 'rename', 'before', 'after'])).toBe('')
    expect((await user.sampan(['volume', 'exists', 'before'])).code).toBe(1)
    expect((await user.sampan(['volume', 'exists', 'after'])).code).toBe(0)
    expect((await user.sampan(['volume', 'exists', '..'])).code).toBe(1)
    expect(await user.ok(['run', '--rm', ...quiet, '-v', 'after:/d', image, 'cat', '/d/file'])).toBe('kept')
    expect(await user.ok(['volume', 'inspect', '-f', '{{.Name}}', 'after'])).toBe('after')
  })

  test('not over another one, and not while a container has it', async () => {
    await user.ok(['volume', 'create', 'other'])
    await user.ok(['create', '--name', 'holder', ...quiet, '-v', 'after:/d', image, 'true'])
    const cases: [string, string, string][] = [
      ['other', 'after', 'exists already'],
      ['after', 'third', 'volume is in use'],
      ['ghost', 'third', 'No such volume: ghost'],
    ]
    for (const [from, to, words] of cases) {
      const { code, stderr } = await user.sampan(['volume', 'rename', from, to])
      expect([from, to, code, stderr]).toEqual([from, to, 1, expect.stringContaining(words)])
    }
    expect(await names()).toEqual(['after', 'other'])
  })
})
