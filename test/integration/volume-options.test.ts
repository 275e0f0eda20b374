/** volume create -o: folders of the host, memory, and owners, as docker's local driver and podman have them. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
const output = (...args: string[]) => user.ok(['run', '--rm', '--network', 'none', ...args])
const create = (...args: string[]) => user.ok(['volume', 'create', ...args])

test('a volume that is a folder of the host, and stays when the volume goes', async () => {
  const folder = user.makeFolder('data of mine')
  user.file('data of mine/old', 'old')
  await create('-o', 'type=none', '-o', 'o=bind', '-o', `device=${folder}`, 'bound')
  expect(await output('-v', 'bound:/d', image, 'sh', '-c', 'cat /d/old; echo new > /d/new')).toBe('old')
  expect(readFileSync(join(folder, 'new'), 'utf8')).toBe('new\n')
  // Not empty, so nothing of the image comes into it.
  expect(
    await output('-v', 'bound:/etc', image, 'sh', '-c', 'ls /etc | grep -v ^host | grep -v resolv'),
  ).toBe('new\nold')
  expect(JSON.parse(await user.ok(['volume', 'inspect', 'bound']))[0].Options).toEqual({
    type: 'none',
    o: 'bind',
    device: folder,
  })
  expect(await user.ok(['volume', 'ls', '-q', '-f', `opt=device=${folder}`, '-f', 'opt=type'])).toBe('bound')
  expect(await user.ok(['system', 'df', '-v'])).toMatch(/^bound +0 +0B$/m)
  await user.ok(['create', '--name', 'still', '-v', 'bound:/d', image])
  await user.ok(['cp', user.file('file', 'copied'), 'still:/d/copied'])
  expect(readFileSync(join(folder, 'copied'), 'utf8')).toBe('copied')
  await user.ok(['rm', 'still'])
  expect(await user.ok(['volume', 'rm', 'bound'])).toBe('bound')
  expect(existsSync(join(folder, 'new'))).toBe(true)
})

test('its mount options hold for every container', async () => {
  const folder = user.makeFolder('still')
  await create('--opt', 'type=none', '--opt', 'o=bind,ro,noexec', '--opt', `device=${folder}`, 'still')
  const script = 'touch /d/x 2>&1; grep " /d " /proc/mounts'
  expect(await output('-v', 'still:/d', image, 'sh', '-c', script)).toMatch(
    /Read-only file system\n.* ro,.*noexec/,
  )
})

test('a volume that is memory: size and owner, filled from the image, new in each run', async () => {
  await create('-o', 'type=tmpfs', '-o', 'device=tmpfs', '-o', 'o=size=1m,uid=1000,mode=700', 'memory')
  const script = 'stat -c %u:%a /d; df -k /d | tail -1; ls /d; touch /d/mine'
  const seen = await output('-v', 'memory:/d', image, 'sh', '-c', script)
  expect(seen).toMatch(/^1000:700\ntmpfs +1024 .*\/d$/)
  expect(await output('-v', 'memory:/d', image, 'ls', '/d')).toBe('')
  expect(await output('-v', 'memory:/etc', image, 'ls', '/etc/passwd')).toBe('/etc/passwd')
})

test('two containers that run do not share memory, and are told so', async () => {
  const run = ['run', '-d', '--network', 'none', '-v', 'memory:/d']
  await user.ok([...run, '--name', 'first', image, 'sleep', '1000'])
  const second = await user.sampan([...run, '--name', 'second', image, 'sleep', '1000'])
  expect([second.code, second.stderr]).toEqual([
    125,
    expect.stringContaining('volume memory is memory (type=tmpfs), and container first runs with it'),
  ])
  await user.ok(['stop', '-t', '0', 'first'])
  await user.ok(['start', 'second'])
})

test('--uid and --gid own it, whatever the image has there', async () => {
  await create('--uid', '1000', '--gid', '29', 'owned')
  expect(await output('-v', 'owned:/etc', image, 'stat', '-c', '%u:%g', '/etc')).toBe('1000:29')
  expect(await output('-u', '1000', '-v', 'owned:/d', image, 'sh', '-c', 'touch /d/x && echo may')).toBe(
    'may',
  )
})

test('--mount makes a volume with options and labels', async () => {
  const words =
    'source=made,target=/d,volume-opt=type=tmpfs,"volume-opt=o=size=1m,mode=711",volume-label=app=shop'
  expect(await output('--mount', words, image, 'stat', '-c', '%a', '/d')).toBe('711')
  expect(await user.ok(['volume', 'ls', '-q', '-f', 'label=app=shop'])).toBe('made')
})

test.each([
  [['type=nfs', 'device=:/x'], 'a volume of type nfs is not supported'],
  [['size=5m'], 'invalid option: "size"'],
  [['o=size=5m'], 'a volume with size= is not supported'],
  [['type=none', 'o=bind'], 'missing required option: "device"'],
  [['type=none', 'o=bind', 'device=x'], 'must be an absolute path'],
  [['device=/x'], 'missing mount options for device /x'],
  [['o=uid=me'], 'invalid uid "me"'],
  [['type=tmpfs', 'o=nonsense'], 'invalid mount option: "nonsense"'],
])('-o %s is refused', async (options, sentence) => {
  const { code, stderr } = await user.sampan([
    'volume',
    'create',
    ...options.flatMap((option) => ['-o', option]),
    'never',
  ])
  expect([code, stderr]).toEqual([125, expect.stringContaining(sentence)])
  expect((await user.sampan(['volume', 'exists', 'never'])).code).toBe(1)
})
