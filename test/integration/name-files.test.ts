/** Which files and variables by which programs find names and proxies a container gets, and which it keeps of its image. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
const inside = (words: readonly string[], script: string, env = {}) =>
  user.ok(['run', '--rm', ...words, image, 'sh', '-c', script], { env })

/** An image that has both files. */
const dockerfile = 'FROM busybox\nCOPY hosts hostname /etc/\n'

test('--no-hosts and --no-hostname: the image’s own files', async () => {
  const context = user.makeFolder('context')
  user.file('context/Dockerfile', dockerfile)
  user.file('context/hosts', '10.1.1.1 mine\n')
  user.file('context/hostname', 'kept\n')
  await user.ok(['build', '-q', '-t', 'named', context])
  const show = ['sh', '-c', 'cat /etc/hosts /etc/hostname; hostname']
  const kept = await user.ok(['run', '--rm', '-h', 'me', '--no-hosts', '--no-hostname', 'named', ...show])
  expect(kept).toBe('10.1.1.1 mine\nkept\nme')
  expect(await user.ok(['run', '--rm', '-h', 'me', 'named', ...show])).not.toMatch(/mine|kept/)
  await user.ok(['create', '--name', 'made', '--no-hosts', 'named', 'true'])
  expect(await user.ok(['inspect', '-f', '{{.HostsPath}}', 'made'])).toBe('')
  // The image's file as the beginning of ours.
  const image = await user.ok([
    'run',
    '--rm',
    '-h',
    'me',
    '--hosts-file',
    'image',
    'named',
    'cat',
    '/etc/hosts',
  ])
  expect(image).toMatch(/^10\.1\.1\.1 mine\n127\.0\.0\.1\tlocalhost\n/)
  expect(image).toMatch(/^\S+\tme$/m)
})

test('--hosts-file: a file of the host, as it is at each start; --add-host adds to it', async () => {
  const file = user.file('hosts', '127.0.0.1 localhost\n10.2.2.2 nas\n')
  const words = ['--name', 'reads', '--hosts-file', file, '--add-host', 'db:10.3.3.3']
  const first = await user.ok(['run', ...words, image, 'cat', '/etc/hosts'])
  expect(first).toMatch(/^127\.0\.0\.1 localhost\n10\.2\.2\.2 nas\n10\.3\.3\.3\tdb\n/)
  user.file('hosts', '10.2.2.9 nas\n')
  expect(await user.ok(['start', '-a', 'reads'])).toMatch(/^10\.2\.2\.9 nas\n127\.0\.0\.1\tlocalhost\n/)
  rmSync(file)
  const { code, stderr } = await user.sampan(['start', 'reads'])
  expect([code, stderr]).toEqual([1, expect.stringContaining(`--hosts-file ${file} cannot be read: ENOENT`)])
  const host = ['--network', 'host', '--hosts-file', 'none']
  expect(await inside(host, 'head -1 /etc/hosts')).toBe('127.0.0.1\tlocalhost')
})

test.each([
  [['--no-hosts', '--add-host', 'db:10.3.3.3'], 'conflicting options: --no-hosts and --add-host'],
  [['--hosts-file', 'relative'], 'an absolute path, image or none'],
])('%j is refused', async (words, message) => {
  const { code, stderr } = await user.sampan(['run', '--rm', ...words, image, 'true'])
  expect([code, stderr]).toEqual([125, expect.stringContaining(message)])
})

const printed = 'env | grep -i proxy | sort'
const own = { http_proxy: 'http://own:1', HTTPS_PROXY: 'http://own:2', NO_PROXY: 'lan' }

afterEach(() => rmSync(join(user.home, '.docker'), { recursive: true, force: true }))

test('proxies: those of docker’s config.json, in both spellings; -e wins', async () => {
  user.file('home/.docker/config.json', '{"proxies":{"default":{"httpProxy":"http://p:1","noProxy":"lan"}}}')
  const all = 'HTTP_PROXY=http://p:1\nNO_PROXY=lan\nhttp_proxy=http://p:1\nno_proxy=lan'
  expect(await inside([], printed, own)).toBe(all)
  expect(await inside(['-e', 'http_proxy=x', '-e', 'NO_PROXY='], printed)).toBe(
    'HTTP_PROXY=http://p:1\nNO_PROXY=\nhttp_proxy=x\nno_proxy=lan',
  )
  expect(await inside(['--http-proxy=false'], `${printed}; echo none`)).toBe('none')
  user.file('proxied/Dockerfile', `FROM ${image}\nRUN ${printed} >/seen\n`)
  await user.ok(['build', '-q', '-t', 'proxied', join(user.folder, 'proxied')])
  expect(await user.ok(['run', '--rm', '--http-proxy=false', 'proxied', 'cat', '/seen'])).toBe(all)
  expect(
    await user.ok(['run', '--rm', '--http-proxy=false', 'proxied', 'sh', '-c', `${printed}; echo none`]),
  ).toBe('none')
})

test('proxies: your own variables with --http-proxy, and as podman does it by default', async () => {
  const expected = 'HTTPS_PROXY=http://own:2\nNO_PROXY=lan\nhttp_proxy=http://own:1'
  expect(await inside([], `${printed}; echo none`, own)).toBe('none')
  expect(await inside(['--http-proxy'], printed, own)).toBe(expected)
  user.file('proxied/Dockerfile', `FROM ${image}\nRUN ${printed} >/seen\n`)
  await user.ok(
    ['build', '-q', '--http-proxy', '--no-cache', '-t', 'proxied', join(user.folder, 'proxied')],
    { env: own },
  )
  expect(await user.ok(['run', '--rm', 'proxied', 'cat', '/seen'])).toBe(expected)
})
