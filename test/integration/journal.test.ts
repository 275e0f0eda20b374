/** --log-driver journald where a journal is: what journalctl and logs show of it. logs.test.ts has the protocol. */
import { expect } from 'vitest'
import { busybox } from '../support/images.ts'
import { journal, testNeeding } from '../support/machine.ts'
import { eventually } from '../support/process.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
const test = testNeeding(journal, user)

test('lines are entries with the tag and the container; logs reads them back', async () => {
  const tag = `paper-${process.pid}`
  const log = ['--log-driver', 'journald', '--log-opt', `tag=${tag}`]
  const script = 'echo to the journal; echo and an error >&2'
  await user.ok(['run', '--name', 'paper', '--network', 'none', ...log, image, 'sh', '-c', script])
  const entries = async (...words: string[]) =>
    (await user.run(['journalctl', '-q', '-o', 'cat', ...words])).stdout
  await eventually('the journal has it', 20_000, async () =>
    expect(await entries('-t', tag)).toContain('to the journal\n'),
  )
  expect(await entries('CONTAINER_NAME=paper', '-p', 'err')).toContain('and an error\n')
  const { stdout, stderr } = await user.sampan(['logs', 'paper'])
  expect([stdout, stderr]).toEqual(['to the journal\n', 'and an error\n'])
})
