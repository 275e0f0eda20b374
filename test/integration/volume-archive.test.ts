/** volume export, import, mount, unmount; and cp where files have holes or the disk is full. */
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
const output = (...args: string[]) => user.ok(['run', '--rm', '--network', 'none', ...args])
const inVolume = (name: string, script: string) => output('-v', `${name}:/v`, image, 'sh', '-c', script)

test('what is exported can be imported elsewhere, with owners, modes and links', async () => {
  await inVolume(
    'from',
    'mkdir /v/sub; echo data > /v/sub/file; chown 33:34 /v/sub/file; chmod 4751 /v/sub/file; ln -s sub/file /v/link; ln /v/sub/file /v/twin; chmod 700 /v',
  )
  const archive = join(user.folder, 'volume.tar')
  await user.ok(['volume', 'export', '-o', archive, 'from'])
  await user.ok(['volume', 'create', 'to'])
  await user.ok(['volume', 'import', 'to', archive])
  const look = 'cd /v; stat -c "%n %u:%g %a %h %F" . sub link twin sub/file; cat link'
  expect(await inVolume('to', look)).toBe(await inVolume('from', look))
})

test('by pipes, over what is there, compressed', async () => {
  const piped = await user.run([
    'sh',
    '-c',
    `${user.executable} volume export from | gzip > ${user.folder}/v.tar.gz`,
  ])
  expect(piped.code).toBe(0)
  await user.ok(['volume', 'create', 'piped'])
  await inVolume('piped', 'mkdir /v/sub; echo old > /v/sub/file; echo kept > /v/kept')
  await user.ok(['volume', 'import', 'piped', '-'], { input: readFileSync(join(user.folder, 'v.tar.gz')) })
  expect(await inVolume('piped', 'cat /v/sub/file /v/kept')).toBe('data\nkept')
})

test('mount prints where the files are, unmount the name', async () => {
  const place = await user.ok(['volume', 'mount', 'from'])
  expect(place).toBe(await user.ok(['volume', 'inspect', '-f', '{{.Mountpoint}}', 'from']))
  expect(await user.ok(['unshare', 'cat', `${place}/sub/file`])).toBe('data')
  expect(await user.ok(['volume', 'unmount', 'from'])).toBe('from')
})

test.each([
  [['export', 'ghost'], 'No such volume: ghost'],
  [['import', 'ghost', '-'], 'No such volume: ghost'],
  [['mount', '../from'], 'No such volume: ../from'],
  [['import', 'from', '/no/such.tar'], 'open /no/such.tar: no such file or directory'],
])('volume %j fails with a sentence', async (words, sentence) => {
  const { code, stderr } = await user.sampan(['volume', ...words])
  expect([code, stderr]).toEqual([1, expect.stringContaining(sentence)])
})

test('an archive that is cut short, or none at all, says so; the volume can be used', async () => {
  const whole = readFileSync(join(user.folder, 'volume.tar'))
  for (const input of [whole.subarray(0, 1000), 'no archive at all'.repeat(100)]) {
    const { code, stderr } = await user.sampan(['volume', 'import', 'to', '-'], { input })
    expect([code, stderr]).toEqual([1, expect.stringContaining('volume to has what came before it')])
  }
  await user.ok(['volume', 'import', 'to', join(user.folder, 'volume.tar')])
  expect(await inVolume('to', 'cat /v/sub/file')).toBe('data')
})

test('a file with holes keeps them on every way', async () => {
  const host = join(user.folder, 'holes')
  await user.run([
    'sh',
    '-c',
    `truncate -s 300M ${host}; printf tail >> ${host}; printf head | dd of=${host} conv=notrunc`,
  ])
  await user.run(['truncate', '-s', '100M', join(user.folder, 'empty')])
  const disk = (path: string) => statSync(path).blocks * 512
  await user.ok(['run', '-d', '--name', 'sparse', image, 'sleep', '60'])
  await user.ok(['cp', host, 'sparse:/holes'])
  await user.ok(['cp', join(user.folder, 'empty'), 'sparse:/empty'])
  expect(
    await user.ok([
      'exec',
      'sparse',
      'sh',
      '-c',
      'du -k /holes /empty | cut -f1; head -c 4 /holes; tail -c 4 /holes',
    ]),
  ).toMatch(/^\d{1,3}\n0\nheadtail$/)
  await user.ok(['cp', 'sparse:/holes', join(user.folder, 'back')])
  expect([statSync(join(user.folder, 'back')).size, disk(join(user.folder, 'back')) < 1e6]).toEqual([
    300 * 1024 * 1024 + 4,
    true,
  ])
  expect((await user.run(['cmp', host, join(user.folder, 'back')])).code).toBe(0)
  await user.ok(['rm', '-f', 'sparse'])
})

test('within one container, running or not', async () => {
  await user.ok([
    'run',
    '--name',
    'within',
    image,
    'sh',
    '-c',
    'mkdir /a; echo x > /a/f; ln -s /etc/passwd /a/l',
  ])
  await user.ok(['cp', 'within:/a', 'within:/b'])
  await user.ok(['cp', '-L', 'within:/a/l', 'within:/b/copied'])
  await user.ok(['start', 'within'])
  await user.ok(['wait', 'within'])
  await user.ok(['cp', 'within:/b/copied', join(user.folder, 'passwd')])
  expect(readFileSync(join(user.folder, 'passwd'), 'utf8')).toContain('root')
  await user.ok(['rm', 'within'])
})

test('a disk that fills up in the middle: cp says so, and the container goes on', async () => {
  await user.ok(['run', '-d', '--name', 'small', '--tmpfs', '/t:size=2m', image, 'sleep', '60'])
  const big = user.file('big', new Uint8Array(8 << 20).fill(7))
  const { code, stderr } = await user.sampan(['cp', big, 'small:/t/'])
  expect([code, stderr]).toEqual([1, expect.stringMatching(/cannot copy "\/t\/big": the disk is full/)])
  expect(await user.ok(['exec', 'small', 'sh', '-c', 'rm -f /t/*; echo fine > /t/x; cat /t/x'])).toBe('fine')
  await user.ok(['cp', user.file('fits', 'fits'), 'small:/t/'])
  await user.ok(['rm', '-f', 'small'])
})
