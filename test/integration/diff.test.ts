/** diff: what was added, changed and deleted, whoever it belongs to. */
import { expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
const quiet = ['--network', 'none']

test('added, changed and deleted files, of a container that runs and of one that has stopped', async () => {
  const script = `echo x > /new; mkdir -m 700 /secret; echo y > /secret/file; chown -R app /secret
    echo more >> /etc/passwd; rm /etc/group; sleep 600`
  await user.ok(['run', '-d', '--name', 'changes', ...quiet, image, 'sh', '-c', script])
  await user.ok(['exec', 'changes', 'sh', '-c', 'while [ -e /etc/group ]; do :; done'])
  const wanted = ['A /new', 'A /secret', 'A /secret/file', 'C /etc', 'C /etc/passwd', 'D /etc/group']
  expect((await user.ok(['diff', 'changes'])).split('\n').sort()).toEqual(wanted)
  await user.ok(['stop', '-t', '0', 'changes'])
  expect((await user.ok(['container', 'diff', 'changes'])).split('\n').sort()).toEqual(wanted)
  expect(JSON.parse(await user.ok(['diff', '--format', 'json', '-l']))).toBeTruthy()
})

test('nothing for one that changed nothing; no such container', async () => {
  await user.ok(['create', '--name', 'clean', ...quiet, image, 'true'])
  expect(await user.ok(['diff', 'clean'])).toBe('')
  // What is mounted at a start leaves marks in its folders, which are none of the program's.
  await user.ok(['start', '-a', 'clean'])
  expect(await user.ok(['diff', 'clean'])).toBe('')
  expect((await user.ok(['diff', 'changes', 'clean'])).split('\n')).toContain('A /new')
  const { code, stderr } = await user.sampan(['diff', 'ghost'])
  expect([code, stderr]).toEqual([1, expect.stringContaining('No such container: ghost')])
})
