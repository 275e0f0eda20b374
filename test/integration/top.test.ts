/** top: who is in a container, as ps on the host would say it. */
import { readlinkSync } from 'node:fs'
import { expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
const quiet = ['--network', 'none']
const field = (name: string, template: string) => user.ok(['inspect', '-f', template, name])

test('every process with its host pid: the first, its children, and those of exec', async () => {
  await user.ok(['run', '-d', '--name', 'busy', ...quiet, image, 'sh', '-c', 'sleep 601 & sleep 602 & wait'])
  await user.ok(['exec', '-d', '-u', 'app', 'busy', 'sleep', '603'])
  const [heading, ...lines] = (await user.ok(['top', 'busy'])).split('\n')
  expect(heading).toBe(
    'UID                 PID                 PPID                C                   STIME               TTY                 TIME                CMD',
  )
  const rows = lines.map((line) => line.split(/\s{2,}/))
  expect(rows.map(([uid, , , , , , , ...command]) => `${uid} ${command.join(' ')}`).sort()).toEqual([
    'app sleep 603',
    'root sh -c sleep 601 & sleep 602 & wait',
    'root sleep 601',
    'root sleep 602',
  ])
  const pid = await field('busy', '{{.State.Pid}}')
  const first = rows.find((row) => row[1] === pid)
  expect(first?.at(-1)).toContain('sh -c')
  const namespace = readlinkSync(`/proc/${pid}/ns/pid`)
  for (const row of rows) expect(readlinkSync(`/proc/${row[1]}/ns/pid`)).toBe(namespace)
})

test('columns are chosen as for ps, and as for podman', async () => {
  const pid = await field('busy', '{{.State.Pid}}')
  expect(await user.ok(['container', 'top', 'busy', '-o', 'pid,user,comm'])).toMatch(
    new RegExp(`^PID +USER +COMMAND\n${pid} +root +sh\n`),
  )
  expect(await user.ok(['top', 'busy', 'nspid', 'args'])).toContain('sleep 602')
  expect(await user.ok(['top', '-l', 'nspid'])).toMatch(/^NSPID\n1\n/)
})

test('not running, not there, no such column', async () => {
  await user.ok(['create', '--name', 'idle', ...quiet, image, 'true'])
  const cases: [string[], number, string][] = [
    [['idle'], 1, 'is not running'],
    [['ghost'], 1, 'No such container: ghost'],
    [['busy', '-o', 'nose'], 125, 'unknown column "nose"'],
  ]
  for (const [words, exit, text] of cases) {
    const { code, stderr } = await user.sampan(['top', ...words])
    expect([words, code, stderr]).toEqual([words, exit, expect.stringContaining(text)])
  }
})
