/** container prune and container exists. */
import { expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
const quiet = ['--network', 'none']

test('exists answers by its exit code, for names and ids', async () => {
  const id = await user.ok(['create', '--name', 'here', ...quiet, image, 'true'])
  for (const [word, code] of [
    ['here', 0],
    [id, 0],
    [id.slice(0, 8), 0],
    ['ghost', 1],
    ['../names', 1],
  ] as const) {
    const result = await user.sampan(['container', 'exists', word])
    expect([word, result.code, result.stdout, result.stderr]).toEqual([word, code, '', ''])
  }
  await user.ok(['rm', 'here'])
})

test('prune removes what does not run, after asking, and tells what came back', async () => {
  await user.ok(['run', '-d', '--name', 'runs', ...quiet, image, 'sleep', '600'])
  const made = await user.ok(['create', '--name', 'made', '--label', 'keep=yes', ...quiet, image, 'true'])
  const script = 'head -c 5000 /dev/zero > /five'
  await user.ok(['run', '--name', 'ended', ...quiet, image, 'sh', '-c', script])
  const ended = await user.ok(['inspect', '-f', '{{.Id}}', 'ended'])

  const no = await user.sampan(['container', 'prune'], { input: 'n\n' })
  expect(no.code).toBe(0)
  expect(no.stdout + no.stderr).toContain('WARNING! This will remove all stopped containers.')
  expect((await user.ok(['ps', '-aq'])).split('\n')).toHaveLength(3)

  expect(await user.ok(['container', 'prune', '--dry-run'])).toContain(made)
  expect(await user.ok(['container', 'prune', '-f', '--filter', 'label!=keep'])).toBe(
    `Deleted Containers:\n${ended}\n\nTotal reclaimed space: 5kB`,
  )
  expect((await user.sampan(['container', 'prune'], { input: 'y\n' })).stdout).toContain(made)
  expect(await user.ok(['ps', '-a', '--format', '{{.Names}}'])).toBe('runs')
  expect(await user.ok(['container', 'prune', '-f'])).toBe('Total reclaimed space: 0B')
})
