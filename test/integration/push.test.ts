/** Pushing to Debian's registry; other tools read what we push. */

import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { busyboxLayer } from '../support/images.ts'
import { writeLayout } from '../support/oci-image.ts'
import { eventually, ok } from '../support/process.ts'
import { type Registry, startRegistry } from '../support/registry.ts'
import { file } from '../support/tar-bytes.ts'
import { testUser } from '../support/user.ts'

const user = testUser({ env: { SAMPAN_REGISTRY_TIMEOUT: '5' } })
const tar = (name: string, content = name) => Buffer.concat([file(name, content), Buffer.alloc(1024)])

let source: Registry
let target: Registry
let image: string

beforeAll(async () => {
  source = await startRegistry()
  target = await startRegistry()
  const layout = user.makeFolder('layout')
  const layers = [
    await busyboxLayer(join(user.folder, 'busybox')),
    tar('big', randomBytes(3 << 20).toString('latin1')),
    tar('etc/third', 'three\n'),
  ]
  writeLayout(layout, '1', { layers, config: { Cmd: ['sh'] } })
  image = await source.push(layout, '1', 'team/app:1')
})
afterAll(async () => {
  await source[Symbol.asyncDispose]()
  await target[Symbol.asyncDispose]()
})
beforeEach(async () => {
  const ids = (await user.ok(['images', '-q'])).split('\n').filter((id) => id !== '')
  if (ids.length > 0) await user.ok(['rmi', '-f', ...ids])
  await user.ok(['pull', '-q', image])
})

const inspect = async (name: string) =>
  JSON.parse(await ok(['skopeo', 'inspect', '--tls-verify=false', `docker://${name}`]))
const times = (registry: Registry, words: string) => registry.requests.split(words).length - 1

describe('a push', () => {
  test.each([
    ['--sign-by=me', '--sign-by is not supported\nsign with cosign'],
    ['--format=v2s1', '--format v2s1 is not supported'],
    ['--format=zip', 'unknown --format "zip"\noci or v2s2'],
    ['--compression-format=xz', 'unknown --compression-format "xz"\ngzip or zstd'],
    ['--compression-format=zstd:chunked', 'is not supported\nuse zstd'],
    ['--format=v2s2 --compression-format=zstd', '--format v2s2 cannot have zstd layers'],
    ['--compression-level=10', 'invalid --compression-level 10: must be from 1 to 9'],
  ])('%s is refused with what to do instead', async (option, words) => {
    const { code, stderr } = await user.sampan(['push', ...option.split(' '), image])
    expect(code).toBe(125)
    expect(stderr).toContain(words)
  })

  describe('compressed otherwise, or with other media types', () => {
    const rawOf = async (name: string) =>
      JSON.parse(await ok(['skopeo', 'inspect', '--raw', '--tls-verify=false', `docker://${name}`]))
    const layersOf = async (name: string) =>
      (await rawOf(name)).layers.map((layer: { mediaType: string; size: number }) => layer)

    test.each([
      ['--compression-format=zstd', 'application/vnd.oci.image.layer.v1.tar+zstd'],
      ['--format=v2s2', 'application/vnd.docker.image.rootfs.diff.tar.gzip'],
    ])('%s: every layer has that type, the image is the same', async (option, type) => {
      const name = `${target.host}/otherwise${option.replace(/\W+/g, '-')}:1`
      await user.ok(['tag', image, name])
      await user.ok(['push', '-q', option, name])
      expect((await layersOf(name)).map(({ mediaType }: { mediaType: string }) => mediaType)).toEqual(
        Array(3).fill(type),
      )
      const root = ['--root', join(user.folder, 'other-store')]
      await user.ok([...root, 'pull', '-q', name])
      const id = ['image', 'inspect', '-f', '{{.Id}}', name]
      expect(await user.ok([...root, ...id])).toBe(await user.ok(id))
      expect(await user.ok([...root, 'run', '--rm', '--network', 'none', name, 'cat', '/etc/third'])).toBe(
        'three',
      )
      await user.ok([...root, 'system', 'reset', '-f'])
      // What is here stays what it was.
      await user.ok(['push', '-q', '--compress', name])
      expect((await layersOf(name))[0].mediaType).toMatch(/gzip$/)
    })

    test('--force-compression and --compression-level', async () => {
      const name = `${target.host}/small:1`
      await user.ok(['tag', image, name])
      await user.ok(['push', '-q', '--force-compression', '--compression-level', '9', name])
      const [before] = await layersOf(image)
      const [after] = await layersOf(name)
      expect(after.size).toBeLessThan(before.size)
    })

    test('of a list, with manifest push', async () => {
      await user.ok(['manifest', 'create', 'otherwise:1', image])
      const name = `${target.host}/listed:1`
      const words = ['--format', 'v2s2', '--force-compression', '--compression-level', '1']
      const digest = await user.ok(['manifest', 'push', '--insecure', ...words, 'otherwise:1', name])
      const list = await rawOf(name)
      expect(list.mediaType).toBe('application/vnd.docker.distribution.manifest.list.v2+json')
      expect((await inspect(`${target.host}/listed@${list.manifests[0].digest}`)).Layers).toHaveLength(3)
      expect(JSON.parse(await user.ok(['manifest', 'inspect', '--insecure', name]))).toEqual(list)
      expect(digest).toMatch(/^sha256:/)
      await user.ok(['manifest', 'rm', 'otherwise:1'])
    })
  })

  test("tells what it does in docker's words, the digest on standard output", async () => {
    const name = `${target.host}/told:1`
    await user.ok(['tag', image, name])
    const { code, stdout, stderr } = await user.sampan(['push', name])
    expect({ code, stderr: stderr.split('\n')[0] }).toEqual({
      code: 0,
      stderr: `The push refers to repository [${target.host}/told]`,
    })
    expect(stdout).toMatch(/^1: digest: sha256:[0-9a-f]{64} size: \d+\n$/)
    expect(stderr.match(/^[0-9a-f]{12}: Preparing$/gm)).toHaveLength(3)
    expect(stderr.match(/^[0-9a-f]{12}: Pushed$/gm)).toHaveLength(3)
    const { Digest, Layers } = await inspect(name)
    expect(stdout).toContain(Digest)
    expect(Layers).toHaveLength(3)
  })

  test('keeps the digest the image had, and gives it that name here', async () => {
    const name = `${target.host}/kept:1`
    await user.ok(['tag', image, name])
    await user.ok(['push', '-q', name])
    const [before, after] = [await inspect(image), await inspect(name)]
    expect(after.Digest).toBe(before.Digest)
    const digests = await user.ok(['image', 'inspect', '-f', '{{join .RepoDigests "\\n"}}', name])
    expect(digests.split('\n')).toContain(`${target.host}/kept@${after.Digest}`)
  })

  test('of what is there already asks one question and sends nothing', async () => {
    const name = `${target.host}/again:1`
    await user.ok(['tag', image, name])
    await user.ok(['push', '-q', name])
    const { stdout, stderr } = await user.sampan(['push', name])
    expect(stderr.match(/: Layer already exists$/gm)).toHaveLength(3)
    expect(stdout).toContain((await inspect(name)).Digest)
    await eventually('the second question is in the log', 10_000, () => {
      expect(times(target, '"HEAD /v2/again/manifests/1 ')).toBe(2)
    })
    // All of them the first push's.
    expect(times(target, '"HEAD /v2/again/blobs')).toBe(4)
    expect(times(target, '"PUT /v2/again/blobs')).toBe(4)
    expect(times(target, '"PUT /v2/again/manifests')).toBe(1)
  })

  test('under another tag asks for every layer, and sends those that the registry has lost', async () => {
    const name = `${target.host}/again:other`
    await user.ok(['tag', image, name])
    rmSync(join(target.storage, 'docker/registry/v2/repositories/again/_layers'), { recursive: true })
    const sent = times(target, '"PUT /v2/again/blobs')
    await user.ok(['push', '-q', name])
    expect(times(target, '"PUT /v2/again/blobs')).toBe(sent + 4)
  })

  test('takes layers over from a repository of the same registry', async () => {
    const name = `${source.host}/other/place:2`
    await user.ok(['tag', image, name])
    const { code, stderr } = await user.sampan(['push', name])
    expect(code).toBe(0)
    expect(stderr.match(/: Mounted from team\/app$/gm)).toHaveLength(3)
    expect((await inspect(name)).Layers).toHaveLength(3)
  })

  test('comes back as the same image', async () => {
    const name = `${target.host}/round:1`
    await user.ok(['tag', image, name])
    await user.ok(['push', '-q', name])
    const id = await user.ok(['images', '-q', '--no-trunc', name])
    await user.ok(['rmi', '-f', id])
    await user.ok(['pull', '-q', name])
    expect(await user.ok(['images', '-q', '--no-trunc', name])).toBe(id)
    expect(await user.ok(['run', '--rm', '--network', 'none', name, 'cat', '/etc/third'])).toBe('three')
  })

  test('prints the name only with -q, and writes the digest to a file', async () => {
    const name = `${target.host}/quiet:1`
    await user.ok(['tag', image, name])
    const digest = join(user.makeFolder('digests'), 'digest')
    expect(await user.sampan(['push', '-q', '--digestfile', digest, name])).toMatchObject({
      stdout: `${name}\n`,
      stderr: '',
    })
    expect(readFileSync(digest, 'utf8')).toBe((await inspect(name)).Digest)
  })

  test('of every tag pushes those of the repository, and no others', async () => {
    for (const tag of ['a', 'b']) await user.ok(['tag', image, `${target.host}/many:${tag}`])
    await user.ok(['tag', image, `${target.host}/other:c`])
    const { stdout } = await user.sampan(['push', '-a', `${target.host}/many`])
    expect(stdout.match(/^[ab]: digest: /gm)).toEqual(['a: digest: ', 'b: digest: '])
    expect((await inspect(`${target.host}/many:a`)).RepoTags.sort()).toEqual(['a', 'b'])
    const refused = await user.sampan(['push', '-a', `${target.host}/many:a`])
    expect(refused.stderr).toContain("tag can't be used with --all-tags")
  })

  test('compresses what lies here uncompressed, once and always to the same bytes', async () => {
    const archive = user.file('root.tar', tar('zeros', 'z'.repeat(5_000_000)))
    const name = `${target.host}/imported:1`
    const id = await user.ok(['import', archive, name])
    await user.ok(['push', '-q', name])
    const first = await inspect(name)
    const raw = ['skopeo', 'inspect', '--raw', '--tls-verify=false', `docker://${name}`]
    const [layer] = JSON.parse(await ok(raw)).layers
    expect(layer.mediaType).toBe('application/vnd.oci.image.layer.v1.tar+gzip')
    expect(layer.size).toBeLessThan(100_000)
    expect(await user.ok(['images', '-q', '--no-trunc', name])).toBe(id)
    expect((await user.ok(['images', '-q'])).split('\n')).toHaveLength(2)
    const { stderr } = await user.sampan(['push', name])
    expect(stderr).toContain('Layer already exists')
    expect((await inspect(name)).Digest).toBe(first.Digest)
    await user.ok(['rmi', '-f', id])
    await user.ok(['pull', '-q', name])
    expect(await user.ok(['images', '-q', '--no-trunc', name])).toBe(id)
  })

  test('goes where the second name says', async () => {
    const name = `${target.host}/elsewhere:7`
    await user.ok(['push', '-q', image, `docker://${name}`])
    expect((await inspect(name)).Layers).toHaveLength(3)
    const refused = await user.sampan(['push', image, 'oci:somewhere'])
    expect(refused).toMatchObject({ code: 125 })
    expect(refused.stderr).toContain('sampan save')
    expect(existsSync(join(user.folder, 'somewhere'))).toBe(false)
  })
})

describe('a push is refused', () => {
  test('for a name that no image has', async () => {
    const { code, stderr } = await user.sampan(['push', `${target.host}/nothing`])
    expect(code).toBe(1)
    expect(stderr).toContain(`An image does not exist locally with the tag: ${target.host}/nothing`)
  })

  test('for a digest', async () => {
    const digest = `sha256:${'0'.repeat(64)}`
    const { code, stderr } = await user.sampan(['push', `${target.host}/x@${digest}`])
    expect({ code, said: stderr.split('\n')[0] }).toEqual({
      code: 1,
      said: 'Error: cannot push a digest reference',
    })
  })

  test('without the password, and done with one for this command', async () => {
    await using locked = await startRegistry({ login: { user: 'anna', password: 'sec:ret' } })
    const name = `${locked.host}/team/app:1`
    await user.ok(['tag', image, name])
    const refused = await user.sampan(['push', name])
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain(`push access denied for ${locked.host}/team/app`)
    expect(refused.stderr).toContain(`sampan login ${locked.host}`)
    await user.ok(['push', '-q', '--creds', 'anna:sec:ret', name])
  })

  test('by a registry that is not there', async () => {
    const name = '127.0.0.1:9/team/app:1'
    await user.ok(['tag', image, name])
    const { code, stderr } = await user.sampan(['push', name])
    expect(code).toBe(1)
    expect(stderr).toContain('cannot reach registry 127.0.0.1:9: connection refused')
  })
})
