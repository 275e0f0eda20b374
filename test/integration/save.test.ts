/** Archives we write: the tool itself and other people's read them back, and twice the same bytes. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { sha256, writeLayout } from '../support/oci-image.ts'
import { ok } from '../support/process.ts'
import { archive, file } from '../support/tar-bytes.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
busybox(user)
const out = (name: string) => join(user.folder, name)
let stores = 0
function freshStore() {
  stores += 1
  return { SAMPAN_ROOT: user.makeFolder(`store-${stores}`, 0o700) }
}

/** `second:1` has two compressed layers and a manifest with Docker's media types, as one pulled from a registry has. */
beforeAll(async () => {
  const layers = [archive(file('a', 'one')), archive(file('b', 'two'))]
  writeLayout(user.makeFolder('layout'), 'made', { layers })
  await ok(['skopeo', 'copy', '-q', '--format', 'v2s2', `oci:${out('layout')}:made`, `dir:${out('dir')}`])
  await ok(['chmod', '-R', 'a+rX', user.folder])
  const said = await user.ok(['load', '-i', out('dir')])
  await user.ok(['tag', said.replace('Loaded image ID: ', ''), 'second:1'])
  await user.ok(['tag', 'busybox', 'busybox:other'])
})

const idOf = (name: string, env = {}) => user.ok(['image', 'inspect', '-f', '{{.Id}}', name], { env })

describe.each(['docker-archive', 'oci-archive', 'oci-dir'])('%s', (format) => {
  test('load makes the same image of it', async () => {
    const path = out(`made-${format}`)
    expect(await user.ok(['save', '--format', format, '-o', path, 'second:1'])).toBe('')
    const env = freshStore()
    expect(await user.ok(['load', '-i', path], { env })).toBe('Loaded image: second:1')
    expect(await idOf('second:1', env)).toBe(await idOf('second:1'))
  })

  test('skopeo reads it', async () => {
    const path = out(`read-${format}`)
    await user.ok(['save', '--format', format, '-o', path, 'second:1'])
    const transport = { 'docker-archive': 'docker-archive', 'oci-archive': 'oci-archive', 'oci-dir': 'oci' }[
      format
    ]
    const config = await ok(['skopeo', 'inspect', '--config', '--raw', `${transport}:${path}`])
    expect(`sha256:${sha256(config)}`).toBe(await idOf('second:1'))
  })
})

test('docker-dir is what skopeo calls dir:', async () => {
  await user.ok(['save', '--format', 'docker-dir', '-o', out('plain-dir'), 'second:1'])
  const copied = out('from-dir')
  await ok(['skopeo', '--insecure-policy', 'copy', '--quiet', `dir:${out('plain-dir')}`, `oci:${copied}:1`])
  const env = freshStore()
  expect(await user.ok(['load', '-i', out('plain-dir')], { env })).toBe(
    `Loaded image ID: ${await idOf('second:1')}`,
  )
})

test('--compress makes the archive smaller, and it is the same image', async () => {
  await user.ok(['save', '--uncompressed', '-o', out('plain.tar'), 'busybox'])
  await user.ok(['save', '--compress', '-o', out('small.tar'), 'busybox'])
  expect(statSync(out('small.tar')).size).toBeLessThan(statSync(out('plain.tar')).size * 0.8)
  const env = freshStore()
  await user.ok(['load', '-q', '-i', out('small.tar')], { env })
  expect(await idOf('busybox', env)).toBe(await idOf('busybox'))
})

describe('podman', () => {
  const runroot = mkdtempSync('/tmp/sampan-podman-')
  const podman = (...args: string[]) => {
    const store = ['--root', out('podman'), '--runroot', runroot, '--storage-driver', 'vfs']
    return ok(['podman', ...store, ...args], { timeout: 120_000 })
  }
  afterAll(async () => {
    await podman('rmi', '-af')
    rmSync(runroot, { recursive: true, force: true })
  })

  test('loads several images of one archive, with their names', async () => {
    const path = out('several.tar')
    await user.ok(['save', '-o', path, 'busybox:latest', 'second:1'])
    const said = await podman('load', '-q', '-i', path)
    expect(said).toMatch(/docker\.io\/library\/busybox:latest/)
    expect(said).toMatch(/docker\.io\/library\/second:1/)
    const id = (await podman('image', 'inspect', '-f', '{{.Id}}', 'second:1')).trim()
    expect(`sha256:${id}`).toBe(await idOf('second:1'))
  })
})

test('the same images give the same bytes, to a file and to a pipe', async () => {
  await user.ok(['save', '-o', out('first.tar'), 'busybox:latest', 'second:1'])
  const script = '"$0" save busybox:latest second:1 > "$1"'
  await user.run(['sh', '-c', script, user.executable, out('piped.tar')])
  expect(readFileSync(out('piped.tar')).equals(readFileSync(out('first.tar')))).toBe(true)
})

test('a repository without a tag means all its tags, an id no name', async () => {
  await user.ok(['save', '-o', out('all.tar'), 'busybox'])
  const env = freshStore()
  const said = await user.ok(['load', '-i', out('all.tar')], { env })
  expect(said.split('\n').sort()).toEqual(['Loaded image: busybox:latest', 'Loaded image: busybox:other'])
  const id = await idOf('busybox')
  await user.ok(['save', '-o', out('id.tar'), id.slice(7, 19)])
  expect(await user.ok(['load', '-i', out('id.tar')], { env: freshStore() })).toBe(`Loaded image ID: ${id}`)
})

describe('beside other commands', () => {
  test('what an rmi removes meanwhile is in the archive all the same, or nothing is', async () => {
    const env = freshStore()
    await user.ok(['save', '-o', out('both.tar'), 'second:1'])
    for (let round = 0; round < 5; round += 1) {
      await user.ok(['load', '-i', out('both.tar')], { env })
      const [saved] = await Promise.all([
        user.sampan(['save', '-o', out('raced.tar'), 'second:1'], { env }),
        user.sampan(['rmi', 'second:1'], { env }),
      ])
      if (saved.code === 0)
        expect(readFileSync(out('raced.tar')).equals(readFileSync(out('both.tar')))).toBe(true)
      else expect(saved.stderr).toMatch(/No such image|is missing/)
    }
  })

  test('one that is interrupted leaves no file, nor part of one', async () => {
    const env = freshStore()
    const layer = archive(file('big', 'x'.repeat(60_000_000)))
    writeLayout(user.makeFolder('big'), 'big:1', { layers: [layer], compression: 'none' })
    await ok(['chmod', '-R', 'a+rX', out('big')])
    await user.ok(['load', '-i', out('big')], { env })
    using save = user.start(['save', '-o', 'interrupted.tar', 'big:1'], { env })
    await new Promise((resolve) => setTimeout(resolve, 120))
    save.signal('SIGINT')
    await save.exited()
    expect(readdirSync(user.folder).filter((name) => name.startsWith('interrupted.tar.'))).toEqual([])
  })
})

describe('refuses', () => {
  test.each([
    ['an image that is not there', ['-o', 'x.tar', 'nowhere'], /No such image: nowhere:latest/],
    ['a folder that is not there', ['-o', 'no/x.tar', 'busybox'], /directory ".*\/no" does not exist/],
    ['another platform', ['-o', 'x.tar', '--platform', 'linux/s390x', 'busybox'], /not for linux\/s390x/],
    ['no image', [], /requires at least 1 argument/],
    ['an unknown format', ['--format', 'zip', '-o', 'x.tar', 'busybox'], /unknown format "zip"/],
    ['a folder of two images', ['--format', 'docker-dir', '-o', 'x.tar', 'busybox', 'second:1'], /takes one/],
  ])('%s, and leaves no file', async (_, args, words) => {
    const { code, stdout, stderr } = await user.sampan(['save', ...args])
    expect(stderr).toMatch(words)
    expect({ failed: code !== 0, stdout }).toEqual({ failed: true, stdout: '' })
    expect(readdirSync(user.folder).filter((name) => name.startsWith('x.tar'))).toEqual([])
  })

  test('a terminal', async () => {
    const terminal = user.terminal(['save', 'busybox'])
    await terminal.waitFor(/cowardly refusing to save to a terminal/)
  })

  test('an image whose blob is gone, before a byte is written', async () => {
    const env = freshStore()
    await user.ok(['save', '-o', out('whole.tar'), 'second:1'])
    await user.ok(['load', '-i', out('whole.tar')], { env })
    const blobs = join(env.SAMPAN_ROOT, 'oci/blobs/sha256')
    const manifest = readdirSync(blobs)
      .map((name) => readFileSync(join(blobs, name)))
      .map((bytes) => (bytes[0] === 0x7b ? JSON.parse(bytes.toString()) : {}))
      .find(({ layers }) => layers?.length === 2)
    rmSync(join(blobs, manifest.layers[1].digest.slice(7)))
    const { code, stderr } = await user.sampan(['save', '-o', out('x.tar'), 'second:1'], { env })
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/blob [0-9a-f]{12} is missing/),
    })
    expect(existsSync(out('x.tar'))).toBe(false)
  })
})
