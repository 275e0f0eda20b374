/** Looking into images: whether one is here, what its layers are, what they changed. */
import { beforeAll, expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)

beforeAll(async () => {
  const changes = 'mkdir /d && echo hi > /d/f && rm /bin/vi && rm -r /home && echo x >> /etc/passwd'
  await user.ok(['run', '--name', 'one', '--network', 'none', image, 'sh', '-c', changes])
  await user.ok(['commit', 'one', 'made:1'])
  await user.ok(['run', '--name', 'two', '--network', 'none', 'made:1', 'sh', '-c', 'rm -r /d && ln -s x /y'])
  await user.ok(['commit', 'two', 'made:2'])
})

const lines = (text: string) => text.split('\n')

test('image exists answers by its exit code alone', async () => {
  for (const [name, expected] of [
    ['made:1', 0],
    ['nowhere', 1],
    ['BAD NAME', 125],
  ] as const) {
    const { code, stdout } = await user.sampan(['image', 'exists', name])
    expect({ name, code, stdout }).toEqual({ name, code: expected, stdout: '' })
  }
})

test('image diff tells what the top layer changed, added and deleted', async () => {
  expect(lines(await user.ok(['image', 'diff', 'made:1']))).toEqual([
    'D /home',
    'C /bin',
    'D /bin/vi',
    'A /d',
    'A /d/f',
    'C /etc',
    'C /etc/passwd',
  ])
  expect(lines(await user.ok(['image', 'diff', 'made:2']))).toEqual(expect.arrayContaining(['D /d', 'A /y']))
  expect(await user.ok(['image', 'diff', 'made:1', 'made:1'])).toBe('')
})

test('image diff of two images, as JSON', async () => {
  const { changed, ...rest } = JSON.parse(
    await user.ok(['image', 'diff', '--format', 'json', image, 'made:2']),
  )
  expect(rest).toMatchObject({ deleted: ['/y'], added: expect.arrayContaining(['/home', '/bin/vi']) })
  expect(changed).toEqual(expect.arrayContaining(['/bin', '/etc/passwd']))
  const { code, stderr } = await user.sampan(['image', 'diff', '--format', 'xml', 'made:1'])
  expect({ code, stderr }).toMatchObject({ code: 125, stderr: expect.stringMatching(/--format is json/) })
})

test('image tree names the images that end at each layer', async () => {
  expect((await user.ok(['image', 'tree', 'made:2'])).split('\n')).toEqual([
    expect.stringMatching(/^Image ID: [0-9a-f]{12}$/),
    'Tags:     [made:2]',
    expect.stringMatching(/^Size: {5}1\.98MB$/),
    'Image layers',
    expect.stringMatching(/^├── ID: [0-9a-f]{12} Size: {2}1\.98MB Top Layer of: \[busybox:latest\]$/),
    expect.stringMatching(/^├── ID: [0-9a-f]{12} Size: .*B Top Layer of: \[made:1\]$/),
    expect.stringMatching(/^└── ID: [0-9a-f]{12} Size: .*B Top Layer of: \[made:2\]$/),
  ])
})

test('image tree --whatrequires names the images on top, with the layers they add', async () => {
  const shown = (await user.ok(['image', 'tree', '--whatrequires', 'made:1'])).split('\n')
  expect(shown.slice(3)).toEqual([
    'Images on top',
    expect.stringMatching(/^└── Image: [0-9a-f]{12} \[made:2\]$/),
    expect.stringMatching(/^ {4}└── ID: [0-9a-f]{12} Size: .*B$/),
  ])
  expect(await user.ok(['image', 'tree', '--whatrequires', 'made:2'])).toMatch(/No Images on top$/)
})
