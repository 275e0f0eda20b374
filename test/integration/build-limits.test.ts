import { join } from 'node:path'
import { expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)

test('an image of 127 layers is built, and runs', async () => {
  const base = Number(await user.ok(['inspect', '--format', '{{len .RootFS.Layers}}', image]))
  const steps = Array.from({ length: 127 - base }, (_, at) => `COPY file /files/${at}`)
  user.file('many/Dockerfile', `${[`FROM ${image}`, ...steps].join('\n')}\n`)
  user.file('many/file', 'x')
  await user.ok(['build', '-q', '-t', 'many', join(user.folder, 'many')], { timeout: 110_000 })
  expect(await user.ok(['inspect', '--format', '{{len .RootFS.Layers}}', 'many'])).toBe('127')
  expect(await user.ok(['run', '--rm', 'many', 'sh', '-c', 'ls /files | wc -l'])).toBe(String(127 - base))
  user.file('more/Dockerfile', 'FROM many\nRUN ls /files | wc -l > /count\n')
  await user.ok(['build', '-q', '-t', 'more', join(user.folder, 'more')])
  expect(await user.ok(['run', '--rm', 'more', 'cat', '/count'])).toBe(String(127 - base))
}, 120_000)
