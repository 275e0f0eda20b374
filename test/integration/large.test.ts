/** Much of everything: a thousand containers, a log that is rotated under its reader, a clock that was set back. */
import { chownSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { asRoot, testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
const quiet = ['--network', 'none']
const copies: string[] = []

afterAll(() => {
  for (const path of copies) rmSync(path, { recursive: true, force: true })
})

/** A container's record again and again under other ids and names: making them one by one would take a minute. */
function multiply(id: string, count: number): void {
  const text = readFileSync(join(user.root, 'containers', id, 'container.json'), 'utf8')
  for (let number = 1; number <= count; number++) {
    const own = `c${number.toString(16).padStart(63, '0')}`
    const folder = join(user.root, 'containers', own)
    const name = join(user.root, 'names', `copy${number}`)
    mkdirSync(folder)
    const record = JSON.parse(text)
    const created = new Date(Date.parse(record.created) + number).toISOString()
    writeFileSync(
      join(folder, 'container.json'),
      JSON.stringify({ ...record, id: own, name: `copy${number}`, created }),
    )
    writeFileSync(name, own)
    if (asRoot)
      for (const path of [folder, join(folder, 'container.json'), name]) chownSync(path, user.uid, user.gid)
    copies.push(folder, name)
  }
}

test('a thousand containers are listed, filtered and found, newest first', async () => {
  const id = await user.ok(['create', '--name', 'first', '--label', 'kind=copy', ...quiet, image, 'true'])
  await user.ok(['create', '--name', 'other', ...quiet, image, 'true'])
  multiply(id, 1000)
  const names = (await user.ok(['ps', '-a', '--format', '{{.Names}}'])).split('\n')
  expect(names.length).toBe(1002)
  expect(names.indexOf('copy1000')).toBeLessThan(names.indexOf('copy999'))
  expect((await user.ok(['ps', '-aq', '-f', 'label=kind=copy'])).split('\n').length).toBe(1001)
  expect(await user.ok(['inspect', '-f', '{{.Name}}', 'copy500'])).toBe('/copy500')
  expect(await user.ok(['ps', '-q'])).toBe('')
  expect((await user.ok(['stats', '--no-stream', '--format', 'json'])).trim()).toBe('')
})

test.each(['false', 'true'])(
  'a follower meets rotations: in order, nothing twice, to the end (compress=%s)',
  async (compress) => {
    const log = ['--log-opt', 'max-size=1m', '--log-opt', 'max-file=3', '--log-opt', `compress=${compress}`]
    const script = 'sleep 0.5; seq 1 300000; sleep 0.3; echo the end'
    await user.ok(['run', '-d', '--name', 'stream', ...quiet, ...log, image, 'sh', '-c', script])
    const { code, stdout } = await user.sampan(['logs', '-f', 'stream'], { timeout: 60_000 })
    expect(code).toBe(0)
    const lines = stdout.trimEnd().split('\n')
    expect(lines.pop()).toBe('the end')
    const numbers = lines.map(Number)
    expect(numbers.every((number, at) => at === 0 || number > (numbers[at - 1] ?? 0))).toBe(true)
    expect(numbers.at(-1)).toBe(300_000)
    await user.ok(['rm', 'stream'])
  },
)

test('a clock that was set back hides no line of a log', async () => {
  const id = await user
    .ok(['run', '--name', 'clock', '--cidfile', 'cid', ...quiet, image, 'echo', 'x'])
    .then(async () => await user.ok(['inspect', '-f', '{{.Id}}', 'clock']))
  const times = [
    '2030-01-01T00:00:02',
    '2030-01-01T00:00:03',
    '2020-01-01T00:00:00',
    '2020-01-01T00:00:01',
    '2030-01-01T00:00:04',
  ]
  const line = (time: string, at: number) =>
    JSON.stringify({ log: `line ${at}\n`, stream: 'stdout', time: `${time}.000000000Z` })
  writeFileSync(join(user.root, 'containers', id, 'container.log'), `${times.map(line).join('\n')}\n`)
  const read = (...args: string[]) => user.ok(['logs', ...args, 'clock'])
  expect(await read()).toBe('line 0\nline 1\nline 2\nline 3\nline 4')
  expect(await read('--tail', '3')).toBe('line 2\nline 3\nline 4')
  expect(await read('--since', '2030-01-01T00:00:03Z')).toBe('line 1\nline 4')
  expect(await read('--until', '2025-01-01T00:00:00Z', '--tail', '1')).toBe('line 3')
  await user.ok(['rm', 'clock'])
})
