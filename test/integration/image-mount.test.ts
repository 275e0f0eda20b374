/** The files of images where a person's own programs can read them. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)

beforeAll(async () => {
  const changes = 'echo hi > /file && rm -r /home && chown app /file && ln -s /file /link'
  await user.ok(['run', '--name', 'one', '--network', 'none', image, 'sh', '-c', changes])
  await user.ok(['commit', 'one', 'made:1'])
})

test('mount gives a folder with the files, unmount takes it away', async () => {
  const folder = await user.ok(['image', 'mount', 'made:1'])
  expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('hi\n')
  expect(existsSync(join(folder, 'home'))).toBe(false)
  expect(existsSync(join(folder, 'bin/busybox'))).toBe(true)
  expect(statSync(join(folder, 'bin')).mode & 0o777).toBe(0o755)
  expect((await user.run(['cat', join(folder, 'etc/passwd')])).stdout).toMatch(/^root:/)
  expect(await user.ok(['image', 'mount', 'made:1'])).toBe(folder)
  expect(await user.ok(['image', 'mount'])).toBe(`made:1 ${folder}`)
  const id = (await user.ok(['image', 'inspect', '-f', '{{.Id}}', 'made:1'])).slice(7)
  expect(JSON.parse(await user.ok(['image', 'mount', '--format', 'json']))).toEqual([
    { id, Repositories: ['made:1'], mountpoint: folder },
  ])
  expect(await user.ok(['image', 'unmount', 'made:1'])).toBe(id)
  expect(existsSync(folder)).toBe(false)
  const { code, stderr } = await user.sampan(['image', 'unmount', 'made:1'])
  expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringMatching(/is not mounted/) })
  expect(await user.ok(['image', 'umount', '-f', 'made:1'])).toBe('')
})

test('what is written there changes no image', async () => {
  const folder = await user.ok(['image', 'mount', 'made:1'])
  await user.run(['sh', '-c', 'echo changed > "$0"', join(folder, 'etc/passwd')])
  const cat = ['run', '--rm', '--network', 'none', 'made:1', 'cat', '/etc/passwd']
  expect(await user.ok(cat)).toMatch(/^root:/)
  await user.ok(['image', 'unmount', '--all'])
})

test('many at once make one folder; all can go at once, also of images that are gone', async () => {
  const folders = await Promise.all(Array.from({ length: 4 }, () => user.ok(['image', 'mount', 'made:1'])))
  expect(new Set(folders).size).toBe(1)
  await user.ok(['image', 'mount', '--all'])
  await user.ok(['rm', 'one'])
  await user.ok(['rmi', 'made:1'])
  expect((await user.ok(['image', 'unmount', '--all'])).split('\n')).toHaveLength(2)
  expect(readdirSync(join(user.root, 'image-mounts'))).toEqual([])
})
