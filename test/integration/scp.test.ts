/** An image from store to store, and over a program in the place of ssh that runs the words in another account. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
const other = () => join(user.folder, 'other')
const there = { SAMPAN_ROOT: join(user.folder, 'other') }
const PATH = `${join(user.folder, 'bin')}:${user.environment['PATH']}`

/** The other account has a store of its own, and the program in its PATH. */
beforeAll(async () => {
  const script = `#!/bin/sh
echo "$@" >> ${user.folder}/ssh.log
while [ "$1" != -- ]; do shift; done
[ "$2" = nowhere ] && { echo "ssh: Could not resolve hostname nowhere" >&2; exit 255; }
shift 2
SAMPAN_ROOT=${other()} exec sh -c "$*"
`
  user.file('bin/ssh', script, 0o755)
  await user.run(['ln', '-s', user.executable, join(user.folder, 'bin/sampan')])
  await user.ok(['tag', image, 'web:1'])
})

const names = async () =>
  (await user.ok(['images', '--format', '{{.Repository}}:{{.Tag}}'], { env: there })).split('\n')

test('to another folder and back', async () => {
  expect(await user.ok(['image', 'scp', 'web:1', `${other()}::`])).toBe('Loaded image: web:1')
  expect(await names()).toEqual(['web:1'])
  await user.ok(['tag', 'web:1', 'back:1'], { env: there })
  expect(await user.ok(['image', 'scp', `${other()}::back:1`])).toBe('Loaded image: back:1')
  const id = ['image', 'inspect', '-f', '{{.Id}}']
  expect(await user.ok([...id, 'back:1'])).toBe(await user.ok([...id, 'web:1']))
})

test('to another machine and from it', async () => {
  const env = { PATH }
  await user.ok(['tag', image, 'far:1'])
  expect(await user.ok(['image', 'scp', 'far:1', 'me@server::'], { env })).toBe('Loaded image: far:1')
  expect(await names()).toContain('far:1')
  await user.ok(['rmi', 'far:1'])
  expect(
    await user.ok(['image', 'scp', '-q', '--format', 'oci-archive', 'ssh://me@server:2222::far:1'], { env }),
  ).toBe('')
  expect(await user.ok(['images', '-q', 'far:1'])).not.toBe('')
  expect(readFileSync(join(user.folder, 'ssh.log'), 'utf8').split('\n').slice(0, 2)).toEqual([
    '-- me@server sampan load',
    '-p 2222 -- me@server sampan save --format oci-archive far:1',
  ])
})

test.each([
  ['an image that is not here', ['nothing:1', 'server::'], 1, /No such image: nothing:1/],
  ['an image that is not there', ['server::nothing:1'], 1, /No such image: nothing:1/],
  ['a host that does not answer', ['web:1', 'nowhere::'], 1, /Could not resolve hostname nowhere/],
  ['a place that is the same', ['web:1'], 125, /both ends are the same store/],
  ['no image', ['server::'], 125, /no image was named/],
  ['another format', ['--format', 'zip', 'web:1', 'server::'], 125, /unknown format "zip"/],
  ['another name', ['web:1', 'server::other:1'], 125, /the image keeps its name/],
])('%s: says so', async (_, args, expected, words) => {
  const { code, stdout, stderr } = await user.sampan(['image', 'scp', ...args], { env: { PATH } })
  expect(stderr).toMatch(words)
  expect({ code, stdout }).toEqual({ code: expected, stdout: '' })
})

test('without ssh it says what is missing', async () => {
  const thin = user.makeFolder('thin')
  for (const name of ['readlink', 'dirname']) await user.run(['ln', '-s', `/usr/bin/${name}`, thin])
  const { code, stderr } = await user.sampan(['image', 'scp', 'web:1', 'server::'], {
    env: { PATH: thin },
  })
  expect({ code, stderr }).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/cannot start ssh\nis ssh installed/),
  })
})
