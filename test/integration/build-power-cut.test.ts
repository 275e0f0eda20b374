/** Nobody waits for the disk when a layer is built: what the machine loses when it goes down then is put right. */
import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)

function context(content: string): string {
  const folder = user.makeFolder('context')
  user.file('context/Dockerfile', `FROM ${image}\nCOPY file /srv/file\n`)
  user.file('context/file', `${content}\n`)
  return folder
}

interface Built {
  readonly folder: string
  readonly blob: string
}

/** The layer that the build of this context has made. */
function built(content: string): Built {
  const layers = join(user.root, 'layers')
  const holds = (name: string) => {
    try {
      return readFileSync(join(layers, name, 'fs/srv/file'), 'utf8') === `${content}\n`
    } catch {
      return false
    }
  }
  const name = readdirSync(layers).find(holds) ?? 'none'
  return { folder: join(layers, name), blob: join(user.root, 'oci/blobs/sha256', name) }
}

/** As a file system is found after a power cut: names are there, and of what was written last nothing is in them. */
function losePower({ folder, blob }: Built, lost: readonly ('files' | 'blob')[]): void {
  const marker = join(folder, 'layer.json')
  const record = JSON.parse(readFileSync(marker, 'utf8'))
  expect(record.boot).toMatch(/^[0-9a-f-]{36}$/)
  writeFileSync(marker, JSON.stringify({ ...record, boot: 'the one before' }))
  if (lost.includes('files')) truncateSync(join(folder, 'fs/srv/file'))
  if (lost.includes('blob')) truncateSync(blob)
}

const bootOf = ({ folder }: Built) => JSON.parse(readFileSync(join(folder, 'layer.json'), 'utf8')).boot

test('a layer that had not reached the disk is unpacked again, before anything runs on it', async () => {
  await user.ok(['build', '-q', '-t', 'lost', context('run')])
  const layer = built('run')
  losePower(layer, ['files'])
  expect(await user.ok(['run', '--rm', 'lost', 'cat', '/srv/file'])).toBe('run')
  expect(bootOf(layer)).toBeUndefined()
})

test('a container made from it starts on the whole layer', async () => {
  await user.ok(['build', '-q', '-t', 'kept', context('start')])
  await user.ok(['create', '--name', 'kept', 'kept', 'cat', '/srv/file'])
  losePower(built('start'), ['files'])
  expect(await user.ok(['start', '-a', 'kept'])).toBe('start')
  await user.ok(['rm', 'kept'])
})

test('where the blob was lost, too, the next build makes the layer again', async () => {
  const folder = context('again')
  await user.ok(['build', '-q', '-t', 'again', folder])
  const layer = built('again')
  losePower(layer, ['files', 'blob'])
  const { code, stderr } = await user.sampan(['run', '--rm', 'again', 'cat', '/srv/file'])
  expect(code).toBe(125)
  expect(stderr).toContain('build it again')
  await user.ok(['build', '-q', '-t', 'again', folder])
  expect(await user.ok(['run', '--rm', 'again', 'cat', '/srv/file'])).toBe('again')
  await user.ok(['system', 'check'])
})

test('the cache gives it out only whole', async () => {
  const folder = context('cache')
  await user.ok(['build', '-q', '-t', 'cache', folder])
  losePower(built('cache'), ['files'])
  user.file('context/Dockerfile', `FROM ${image}\nCOPY file /srv/file\nRUN cat /srv/file > /copy\n`)
  await user.ok(['build', '-q', '-t', 'cache', folder])
  expect(await user.ok(['run', '--rm', 'cache', 'cat', '/copy'])).toBe('cache')
})
