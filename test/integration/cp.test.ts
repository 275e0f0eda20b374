/** cp: in every direction, of containers that run and that do not, and never out of the container by a link. */
import { existsSync, lstatSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
const quiet = ['--network', 'none']
const there = (...path: string[]) => join(user.folder, ...path)
const text = (...path: string[]) => readFileSync(there(...path), 'utf8')

beforeAll(async () => {
  user.file('site/index.html', 'page\n')
  user.file('site/deep/er/file', 'deep\n', 0o640)
  await user.run(['ln', '-s', 'index.html', there('site/link')])
  await user.run(['ln', there('site/index.html'), there('site/twin')])
  user.makeFolder('out')
  await user.ok(['run', '-d', '--name', 'running', ...quiet, '-v', 'data:/data', image, 'sleep', '600'])
  await user.ok(['create', '--name', 'stopped', ...quiet, '-v', 'data2:/data', image, 'sh'])
}, 60_000)

/** What a container sees, whether it runs or not. */
const sees = async (name: string, path: string) =>
  name === 'running'
    ? await user.ok(['exec', name, 'cat', path])
    : (await user.run(['sh', '-c', `${user.executable} cp ${name}:${path} - | tar -xO`])).stdout.trimEnd()

describe.each(['running', 'stopped'])('a container that is %s', (name) => {
  test('a file: to a new name, into a folder, over a file; volumes included', async () => {
    const { code, stdout, stderr } = await user.sampan(['cp', there('site/index.html'), `${name}:/new`])
    expect([code, stdout, stderr]).toEqual([0, '', `Successfully copied 5B to ${name}:/new\n`])
    expect(await sees(name, '/new')).toBe('page')
    await user.ok(['cp', '-q', there('site/index.html'), `${name}:/data`])
    expect(await sees(name, '/data/index.html')).toBe('page')
    await user.ok(['cp', there('site/deep/er/file'), `${name}:/new`])
    expect(await sees(name, '/new')).toBe('deep')
  })

  test('a folder: made, put into one that is there, or only what is in it', async () => {
    await user.ok(['cp', there('site'), `${name}:/made`])
    await user.ok(['cp', there('site'), `${name}:/made`])
    await user.ok(['cp', `${there('site')}/.`, `${name}:/tmp`])
    for (const path of ['/made/deep/er/file', '/made/site/deep/er/file', '/tmp/deep/er/file'])
      expect(await sees(name, path)).toBe('deep')
  })

  test('and back: modes, links and hard links stay, and it belongs to the person', async () => {
    await user.ok(['cp', `${name}:/made`, there('out', name)])
    expect(text('out', name, 'deep/er/file')).toBe('deep\n')
    expect(statSync(there('out', name, 'deep/er/file')).mode & 0o777).toBe(0o640)
    expect(lstatSync(there('out', name, 'link')).isSymbolicLink()).toBe(true)
    expect(statSync(there('out', name, 'twin')).ino).toBe(statSync(there('out', name, 'index.html')).ino)
    expect(statSync(there('out', name, 'twin')).uid).toBe(user.uid)
    await user.ok(['cp', '-L', `${name}:/made/link`, there('out', `${name}-followed`)])
    expect(text('out', `${name}-followed`)).toBe('page\n')
  })

  test('archives on standard input and output', async () => {
    const tar = `tar -C ${there('site')} -c deep | ${user.executable} cp - ${name}:/data`
    expect((await user.run(['bash', '-o', 'pipefail', '-c', tar])).code).toBe(0)
    expect(await sees(name, '/data/deep/er/file')).toBe('deep')
    const list = await user.run(['sh', '-c', `${user.executable} cp ${name}:/data/deep - | tar -t`])
    expect(list.stdout).toBe('deep/\ndeep/er/\ndeep/er/file\n')
  })

  test('links that lead out of the container do not', async () => {
    const secret = user.file('secret', 'of the host\n')
    const trap = [
      `ln -s ${secret} /trap-file`,
      `ln -s ${user.folder} /trap-folder`,
      `ln -s ../../../../../..${user.folder} /trap-up`,
      'mkdir -p /inside',
    ].join('; ')
    const helper = `${name}-trapped`
    await user.ok(['run', '-d', '--name', helper, ...quiet, image, 'sh', '-c', `${trap}; sleep 600`])
    await user.ok(['exec', helper, 'sh', '-c', 'while [ ! -e /inside ]; do :; done'])
    if (name === 'stopped') await user.ok(['stop', '-t', '0', helper])
    for (const path of ['/trap-file', '/trap-folder/secret', '/trap-up/secret']) {
      const { code, stderr } = await user.sampan(['cp', '-L', `${helper}:${path}`, there('out/stolen')])
      expect([path, code, stderr]).toEqual([path, 1, expect.stringContaining('Could not find the file')])
    }
    expect(existsSync(there('out/stolen'))).toBe(false)
    for (const path of ['/trap-folder/planted', '/trap-up/planted'])
      expect((await user.sampan(['cp', there('site/index.html'), `${helper}:${path}`])).code).toBe(1)
    expect(existsSync(there('planted'))).toBe(false)
  })

  test('what is not there, and what does not fit', async () => {
    const cases: [string, string, string][] = [
      [`${name}:/ghost`, '.', `Could not find the file /ghost in container ${name}`],
      [there('ghost'), `${name}:/`, 'no such file or directory'],
      [there('site/index.html'), `${name}:/no/such/folder`, 'Could not find the file /no/such/folder'],
      [there('site/index.html'), `${name}:/nofolder/`, 'Could not find the file /nofolder/'],
      [there('site'), `${name}:/new`, 'cannot copy directory'],
      ['a', 'b', 'must specify at least one container source'],
      ['ghost:/x', '.', 'No such container: ghost'],
    ]
    for (const [from, to, words] of cases) {
      const { code, stderr } = await user.sampan(['cp', from, to])
      expect([from, to, code, stderr]).toEqual([from, to, 1, expect.stringContaining(words)])
    }
  })
})

test('owners: -a keeps them, without it all is root’s', async () => {
  await user.ok(['exec', 'running', 'sh', '-c', 'mkdir /own; echo x > /own/f; chown -R app /own'])
  for (const [flags, owner] of [
    [[], '0'],
    [['-a'], '1000'],
  ] as const) {
    await user.ok(['cp', ...flags, 'running:/own', `stopped:/own-${owner}`])
    await user.ok(['cp', '-a', `stopped:/own-${owner}/.`, 'running:/back'])
    expect(await user.ok(['exec', 'running', 'stat', '-c', '%u', '/back/f'])).toBe(owner)
    await user.ok(['exec', 'running', 'rm', '-r', '/back'])
  }
})

test('a stopped container starts right after a cp, with what was copied', async () => {
  await user.ok(['cp', there('site/index.html'), 'stopped:/started'])
  await user.ok(['create', '--name', 'later', ...quiet, image, 'cat', '/started'])
  await user.ok(['cp', 'stopped:/started', 'later:/started'])
  expect(await user.ok(['start', '-a', 'later'])).toBe('page')
})
