/** Images that nobody wants: which go, what is said, and that a rehearsal changes nothing. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
const list = (path: string) => (existsSync(join(user.root, path)) ? readdirSync(join(user.root, path)) : [])
/** Everything on disk that an image could have left. */
const onDisk = () => [...list('layers'), ...list('oci/blobs/sha256'), ...list('l')].sort()
const ids = async (...args: string[]) =>
  (await user.ok(['images', '-q', '--no-trunc', ...args])).split('\n').filter(Boolean)

/** An image of its own content; with the same `name` twice the first one is dangling. */
async function make(content: string, name?: string, ...changes: string[]) {
  await user.ok(['rm', '-f', 'maker'])
  await user.ok(['run', '--name', 'maker', '--network', 'none', image, 'sh', '-c', `echo ${content} > /made`])
  const options = changes.flatMap((change) => ['-c', change])
  return await user.ok(['commit', ...options, 'maker', ...(name === undefined ? [] : [name])])
}

beforeEach(async () => {
  const containers = (await user.ok(['ps', '-aq'])).split('\n').filter(Boolean)
  if (containers.length > 0) await user.ok(['rm', '-f', ...containers])
  const others = (await ids()).filter((id, at, all) => all.indexOf(id) === at)
  const base = await user.ok(['image', 'inspect', '-f', '{{.Id}}', image])
  for (const id of others) if (id !== base) await user.ok(['rmi', '-f', id])
})

describe('image prune', () => {
  test('removes images without a name, and everything only they had', async () => {
    const before = onDisk()
    const first = await make('one', 'made:1')
    const second = await make('two', 'made:1')
    const said = await user.ok(['image', 'prune', '-f'])
    expect(said).toMatch(
      new RegExp(
        `^Deleted Images:\ndeleted: ${first}\ndeleted: sha256:[0-9a-f]{64}\n\nTotal reclaimed space: \\d.*B$`,
      ),
    )
    expect(await ids('made')).toEqual([second])
    await user.ok(['rm', 'maker'])
    await user.ok(['rmi', 'made:1'])
    expect(onDisk()).toEqual(before)
  })

  test('--all also those with names that no container uses', async () => {
    await make('one', 'made:1')
    await user.ok(['tag', 'made:1', 'made:2'])
    await make('two', 'used:1')
    await user.ok(['create', '--name', 'user', '--network', 'none', 'used:1', 'true'])
    const said = await user.ok(['image', 'prune', '--all', '--force'])
    expect(said).toMatch(/^Deleted Images:\nuntagged: made:1\nuntagged: made:2\ndeleted: sha256:/)
    const left = await user.ok(['images', '--format', '{{.Repository}}:{{.Tag}}'])
    // `maker`, which made used:1, stands on busybox.
    expect(left.split('\n').sort()).toEqual(['busybox:latest', 'used:1'])
    expect(await user.ok(['start', '-a', 'user'])).toBe('')
  })

  test('only what matches the filters', async () => {
    const old = await make('old')
    const kept = await make('kept', undefined, 'LABEL keep=yes')
    expect(await user.ok(['image', 'prune', '-f', '--filter', 'until=1h'])).toBe('Total reclaimed space: 0B')
    expect(await user.ok(['image', 'prune', '-f', '--filter', 'label!=keep'])).toContain(`deleted: ${old}`)
    expect(await ids('-f', 'dangling=true')).toEqual([kept])
    expect(await user.ok(['image', 'prune', '-f', '--filter', 'label=keep=yes'])).toContain(
      `deleted: ${kept}`,
    )
    const { code, stderr } = await user.sampan(['image', 'prune', '-f', '--filter', 'color=red'])
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/invalid filter 'color'/),
    })
  })

  test('--build-cache takes the folders of RUN --mount=type=cache along, --external nothing', async () => {
    const context = user.makeFolder('cached')
    user.file('cached/Dockerfile', `FROM ${image}\nRUN --mount=type=cache,target=/c echo 1 > /c/x\n`)
    await user.ok(['build', '-q', context])
    const mounts = () => list('build/mounts')
    expect(mounts()).toHaveLength(1)
    expect(await user.ok(['image', 'prune', '--dry-run', '--build-cache'])).toContain(mounts()[0])
    await user.ok(['image', 'prune', '-f', '--external'])
    expect(mounts()).toHaveLength(1)
    await user.ok(['image', 'prune', '-f', '--build-cache'])
    expect(mounts()).toEqual([])
    await user.ok(['builder', 'prune', '-af'])
  })

  test('asks, and takes anything but yes for no', async () => {
    const id = await make('one')
    for (const answer of ['n', '', 'yellow']) {
      const script = `echo '${answer}' | "$0" image prune`
      const { code, stdout } = await user.run(['sh', '-c', script, user.executable])
      expect({ code, stdout }).toEqual({
        code: 0,
        stdout: 'WARNING! This will remove all dangling images.\nAre you sure you want to continue? [y/N] ',
      })
    }
    expect(await ids('-f', 'dangling=true')).toEqual([id])
    const { stdout } = await user.run(['sh', '-c', 'echo y | "$0" image prune', user.executable])
    expect(stdout).toMatch(/\[y\/N\] Deleted Images:\n/)
    expect(await ids('-f', 'dangling=true')).toEqual([])
  })

  test('on a terminal it shows what exactly will go', async () => {
    const id = await make('one')
    const terminal = user.terminal(['image', 'prune'])
    await terminal.waitFor(new RegExp(`Images that will go:\\s+deleted: ${id}`))
    await terminal.waitFor('[y/N]')
    terminal.type('y\n')
    await terminal.waitFor('Total reclaimed space')
  })

  test('many at once, and beside commits, harm nothing', async () => {
    await user.ok(['run', '--name', 'other', '--network', 'none', image, 'sh', '-c', 'echo x > /made'])
    const prunes = Array.from({ length: 4 }, () => user.ok(['image', 'prune', '-f']))
    const commits = Array.from({ length: 4 }, (_, at) => user.ok(['commit', 'other', `beside:${at}`]))
    await Promise.all([...prunes, ...commits])
    for (const at of [0, 1, 2, 3]) {
      expect(await user.ok(['run', '--rm', '--network', 'none', `beside:${at}`, 'cat', '/made'])).toBe('x')
    }
  })
})

describe('--dry-run', () => {
  test.each([
    [
      'image prune',
      ['image', 'prune', '-a', '--dry-run'],
      /untagged: made:1[\s\S]*Total reclaimable space: \d/,
    ],
    [
      'rmi',
      ['rmi', '--dry-run', 'made:1'],
      /^Would untag: made:1\nWould delete: sha256:[0-9a-f]{64}\nWould delete: /,
    ],
    ['rm', ['rm', '--dry-run', 'maker'], /^Would remove: maker$/],
  ])('%s says what would go and changes nothing', async (_, args, words) => {
    await make('one', 'made:1')
    const before = [
      onDisk(),
      await user.ok(['images', '--format', '{{.ID}} {{.Repository}}']),
      await user.ok(['ps', '-aq']),
    ]
    expect(await user.ok(args)).toMatch(words)
    expect([
      onDisk(),
      await user.ok(['images', '--format', '{{.ID}} {{.Repository}}']),
      await user.ok(['ps', '-aq']),
    ]).toEqual(before)
  })

  test('fails as the real thing would', async () => {
    await user.ok(['run', '-d', '--name', 'running', '--network', 'none', image, 'sleep', '100'])
    expect((await user.sampan(['rm', '--dry-run', 'running'])).stderr).toMatch(
      /stop the container before removing/,
    )
    expect((await user.sampan(['rmi', '--dry-run', image])).stderr).toMatch(/is using its referenced image/)
    expect(await user.ok(['rm', '-f', '--dry-run', 'running'])).toBe('Would remove: running')
    expect(await user.ok(['ps', '-q'])).not.toBe('')
  })
})

test('volume rm --dry-run says what would go, and fails as the real thing would', async () => {
  await user.ok(['volume', 'create', 'free'])
  await user.ok(['create', '--name', 'holder', '--network', 'none', '-v', 'held:/x', image, 'true'])
  expect(await user.ok(['volume', 'rm', '--dry-run', 'free'])).toBe('Would remove: free')
  expect((await user.sampan(['volume', 'rm', '--dry-run', 'held'])).stderr).toMatch(/volume is in use/)
  expect(await user.ok(['volume', 'ls', '-q'])).toBe('free\nheld')
})
