/** The one file: nothing around it makes it something else, and what it carries comes out whole. */
import { readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
const version = await user.ok(['--version'])

test.each([
  ['BUN_BE_BUN', '1'],
  ['BUN_OPTIONS', '--print 42'],
  ['BUN_OPTIONS', '--help'],
  ['BUN_OPTIONS', '--cpu-prof'],
  ['BUN_INSPECT', '127.0.0.1:0'],
  ['BUN_INSPECT_PRELOAD', '/nonexistent.js'],
  ['BUN_BYTECODE_ORDER_OUT', 'order'],
  ['NODE_OPTIONS', '--require=/nonexistent.js'],
  ['NODE_CHANNEL_FD', '99'],
  ['DEV', 'true'],
])('%s=%s changes nothing', async (name, value) => {
  const folder = user.makeFolder(`in-${name}`)
  const result = await user.sampan(['--version'], { env: { [name]: value }, cwd: folder })
  expect(result).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' })
  expect(readdirSync(folder)).toEqual([])
})

test('a folder with settings for Bun and a .env is a folder like others', async () => {
  user.file('project/.env', 'SAMPAN_ROOT=/nonexistent\n')
  user.file('project/bunfig.toml', 'preload = ["./nonexistent.ts"]\n')
  user.file('project/tsconfig.json', '{ "extends": "./nonexistent.json" }\n')
  user.file('project/package.json', '{ "type": 12 }')
  const { code, stderr } = await user.sampan(['ps'], { cwd: join(user.folder, 'project') })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
})

test('ten containers at once with an empty cache: what is embedded is unpacked once and whole', async () => {
  const cache = join(user.folder, 'fresh-cache')
  const results = await Promise.all(
    Array.from({ length: 10 }, (_, index) =>
      user.sampan(['run', '--rm', '--network', 'slirp', image, 'echo', String(index)], {
        env: { XDG_CACHE_HOME: cache },
      }),
    ),
  )
  expect(results.map(({ stdout, stderr }) => stdout + stderr)).toEqual(
    results.map((_, index) => `${index}\n`),
  )
  const unpacked = readdirSync(join(cache, 'sampan/embedded'))
  expect(unpacked.filter((name) => !/^[0-9a-f]{64}$/.test(name))).toEqual([])
  rmSync(cache, { recursive: true })
})

test('the licences of all it carries', async () => {
  const texts = await user.ok(['licenses'])
  const titles = [...texts.matchAll(/^(.+)\n={78}$/gm)].map(([, title = '']) => title.replace(/[ :].*/, ''))
  expect(titles).toEqual(
    expect.arrayContaining([
      ...['sampan', 'bun', 'ink', 'yargs', 'tar-stream', 'react'],
      ...['busybox-static', 'slirp4netns', 'passt', 'fuse-overlayfs'],
      ...['libc6', 'libslirp0', 'libglib2.0-0', 'libfuse3-3'],
      ...['musl-dev', 'libseccomp-dev', 'libyajl-dev'],
      ...['/usr/share/common-licenses/GPL-2', '/usr/share/common-licenses/GPL-3'],
    ]),
  )
})

test('a cache on a file system mounted noexec: a sentence and a way out', async () => {
  const cache = user.makeFolder('noexec')
  const { code, stderr } = await user.run([
    ...['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c'],
    'mount -t tmpfs -o noexec none "$0" && XDG_CACHE_HOME="$0" exec "$@"',
    ...[cache, user.executable, 'run', '--rm', '--network', 'none', image, 'true'],
  ])
  expect(code).toBe(125)
  expect(stderr).toContain('noexec')
  expect(stderr).toContain('XDG_CACHE_HOME=')
})

test('one file of a sensible size', () => {
  expect(statSync(user.executable).size).toBeLessThan(150_000_000)
})
