/** Images for several platforms as a whole: pulled, pushed, saved, loaded, and made by `manifest`. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { busyboxLayer } from '../support/images.ts'
import { nativeArchitecture, writeLayout } from '../support/oci-image.ts'
import { ok } from '../support/process.ts'
import { type Registry, startRegistry } from '../support/registry.ts'
import { file } from '../support/tar-bytes.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const foreign = nativeArchitecture === 'arm64' ? 'amd64' : 'arm64'
const tar = (name: string) => Buffer.concat([file(name, name), Buffer.alloc(1024)])
let source: Registry
let target: Registry
let image: string

beforeAll(async () => {
  source = await startRegistry()
  target = await startRegistry()
  const layout = user.makeFolder('layout')
  const layer = await busyboxLayer(join(user.folder, 'busybox'))
  writeLayout(
    layout,
    '1',
    { layers: [tar('foreign')], architecture: foreign },
    { layers: [layer], architecture: nativeArchitecture, config: { Cmd: ['echo', 'hi'] } },
  )
  image = await source.push(layout, '1', 'team/app:1')
})
afterAll(async () => {
  await source[Symbol.asyncDispose]()
  await target[Symbol.asyncDispose]()
})

const raw = (name: string) => ok(['skopeo', 'inspect', '--raw', '--tls-verify=false', `docker://${name}`])
const architectures = async (name: string) =>
  JSON.parse(await raw(name)).manifests.map(
    (entry: { platform: { architecture: string } }) => entry.platform.architecture,
  )
const copy = (from: string, to: string) =>
  ok(['skopeo', '--insecure-policy', 'copy', '--all', '--quiet', '--src-tls-verify=false', from, to])

describe('a list that was pulled with --all-platforms', () => {
  test('is pushed byte for byte, with the images for all platforms', async () => {
    await user.ok(['pull', '-q', '--all-platforms', image])
    const name = `${target.host}/whole:1`
    await user.ok(['tag', image, name])
    const pushed = await user.ok(['push', name])
    expect(await raw(name)).toBe(await raw(image))
    const digest = ['skopeo', 'inspect', '--tls-verify=false', '-f', '{{.Digest}}', `docker://${name}`]
    expect(pushed).toContain((await ok(digest)).trim())
    // Every blob is there: skopeo reads them all.
    await copy(`docker://${name}`, `oci:${user.makeFolder('copied')}:1`)
    expect(await user.ok(['run', '--rm', '--network', 'none', name])).toBe('hi')
  })

  test('--platform pushes one image of it, unpacked here or not', async () => {
    const name = `${target.host}/one:1`
    await user.ok(['tag', image, name])
    await user.ok(['push', '--platform', `linux/${foreign}`, name])
    const { Architecture } = JSON.parse(
      await ok(['skopeo', 'inspect', '--tls-verify=false', '--override-arch', foreign, `docker://${name}`]),
    )
    expect(Architecture).toBe(foreign)
    expect(JSON.parse(await raw(name)).manifests).toBeUndefined()
  })

  test('--platform saves one image of it, and says when there is none', async () => {
    const path = join(user.folder, 'one.tar')
    const root = ['--root', join(user.folder, 'one-store')]
    await user.ok(['save', '--platform', `linux/${foreign}`, '-o', path, image])
    expect(await user.ok([...root, 'load', '-i', path])).toBe(`Loaded image: ${image}`)
    const shown = await user.ok([...root, 'image', 'inspect', '-f', '{{.Architecture}}', image])
    expect(shown).toBe(foreign)
    await user.ok([...root, 'system', 'reset', '-f'])
    const { code, stderr } = await user.sampan(['save', '--platform', 'linux/s390x', '-o', path, image])
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/no matching manifest for linux\/s390x/),
    })
  })

  test.each(['docker-archive', 'oci-archive'])('comes through save and load as %s', async (format) => {
    const saved = join(user.folder, `${format}.tar`)
    const name = `${target.host}/loaded-${format}:1`
    await user.ok(['tag', image, name])
    await user.ok(['save', '--format', format, '-o', saved, name])
    await user.ok(['--root', join(user.folder, format), 'load', '-i', saved])
    await user.ok(['--root', join(user.folder, format), 'push', '-q', name])
    expect(await raw(name)).toBe(await raw(image))
    await user.ok(['--root', join(user.folder, format), 'system', 'reset', '--force'])
  })

  test('loses the list when the name gets another image', async () => {
    await user.ok(['tag', image, 'moving:1'])
    expect((await user.sampan(['manifest', 'exists', 'moving:1'])).code).toBe(0)
    await user.ok(['load', '-q', '-i', await busyboxAs('moving:1')])
    expect((await user.sampan(['manifest', 'exists', 'moving:1'])).code).toBe(1)
  })

  test('goes with its last name, with all blobs', async () => {
    const root = ['--root', join(user.folder, 'gone')]
    await user.ok([...root, 'pull', '-q', '--all-platforms', image])
    await user.ok([...root, 'rmi', image])
    expect(await ok(['find', join(user.folder, 'gone/oci/blobs/sha256'), '-type', 'f'])).toBe('')
    await user.ok([...root, 'system', 'reset', '--force'])
  })
})

test('without --all-platforms the image for this machine is pushed alone', async () => {
  const root = ['--root', join(user.folder, 'single')]
  const name = `${target.host}/single:1`
  await user.ok([...root, 'pull', '-q', image])
  await user.ok([...root, 'tag', image, name])
  await user.ok([...root, 'push', '-q', name])
  expect(JSON.parse(await raw(name)).layers).toHaveLength(1)
  await user.ok([...root, 'system', 'reset', '--force'])
})

test('a list whose images are not all here says which is missing', async () => {
  await user.ok(['pull', '-q', image])
  const list = JSON.parse(await raw(image))
  const other = list.manifests.find(
    (entry: { platform: { architecture: string } }) => entry.platform.architecture === foreign,
  )
  await ok(['rm', join(user.folder, 'data', 'oci/blobs/sha256', other.digest.slice(7))])
  const { code, stderr } = await user.sampan(['push', image])
  expect(code).toBe(1)
  expect(stderr).toContain(`the image for linux/${foreign} of this list is not here as a whole`)
  await user.ok(['pull', '-q', '--all-platforms', image])
})

describe('manifest', () => {
  test('create, add, inspect and push make a list that other tools read', async () => {
    await user.ok(['pull', '-q', '--platform', `linux/${foreign}`, `${image}`])
    await user.ok(['tag', image, 'part:foreign'])
    await user.ok(['pull', '-q', image])
    await user.ok(['untag', 'part:native']).catch(() => undefined)
    await user.ok(['pull', '-q', '--platform', `linux/${nativeArchitecture}`, image])
    await user.ok(['tag', image, 'part:native'])
    const name = `${target.host}/made:1`
    await user.ok(['manifest', 'create', name, 'part:native'])
    await user.ok(['manifest', 'add', '--annotation', 'who=me', name, 'part:foreign'])
    const shown = JSON.parse(await user.ok(['manifest', 'inspect', name]))
    expect(shown.manifests).toHaveLength(2)
    expect(shown.manifests[1].annotations).toEqual({ who: 'me' })
    const digest = await user.ok(['manifest', 'push', '--all', name, `docker://${name}`])
    expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(await architectures(name)).toEqual([nativeArchitecture, foreign])
    await copy(`docker://${name}`, `oci:${user.makeFolder('made')}:1`)
  })

  test('annotate and remove change entries, rm takes the list away', async () => {
    await user.ok(['manifest', 'create', 'local/list:1', 'part:native', 'part:foreign'])
    await user.ok([
      'manifest',
      'annotate',
      '--variant',
      'v9',
      '--arch',
      'arm64',
      'local/list:1',
      'part:foreign',
    ])
    await user.ok(['manifest', 'remove', 'local/list:1', 'part:native'])
    const { manifests } = JSON.parse(await user.ok(['manifest', 'inspect', 'local/list:1']))
    expect(manifests).toMatchObject([{ platform: { os: 'linux', architecture: 'arm64', variant: 'v9' } }])
    expect(await user.ok(['manifest', 'rm', 'local/list:1'])).toBe('Untagged: local/list:1')
    expect((await user.sampan(['manifest', 'exists', 'local/list:1'])).code).toBe(1)
  })

  test.each([
    [['manifest', 'add', 'no/such:1', 'part:native'], 'No such manifest list: no/such:1'],
    [['manifest', 'create', 'part:native'], 'an image has the name part:native'],
    [['manifest', 'create', 'local/x:1', '127.0.0.1:1/no:2'], 'cannot reach registry 127.0.0.1:1'],
    [['manifest', 'create', '--annotation', 'x', 'local/x:1'], 'invalid annotation "x"'],
  ])('%j is refused', async (words, said) => {
    const { code, stderr } = await user.sampan(words)
    expect(code).not.toBe(0)
    expect(stderr).toContain(said)
  })

  test('create and add pull what is not here, --all for every platform', async () => {
    const root = ['--root', join(user.folder, 'pulling')]
    await user.ok([...root, 'manifest', 'create', '--tls-verify=false', 'own:1', image])
    const own = JSON.parse(await user.ok([...root, 'manifest', 'inspect', 'own:1']))
    expect(own.manifests).toMatchObject([{ platform: { architecture: nativeArchitecture } }])
    await user.ok([...root, 'rmi', '-f', image])
    await user.ok([...root, 'manifest', 'add', '--all', 'own:1', `docker://${image}`])
    const all = JSON.parse(await user.ok([...root, 'manifest', 'inspect', 'own:1']))
    expect(all.manifests).toHaveLength(2)
    await user.ok([...root, 'system', 'reset', '-f'])
  })

  test('inspect --verbose shows what is listed, too', async () => {
    const root = ['--root', join(user.folder, 'remote')]
    const [first, second, ...more] = JSON.parse(
      await user.ok([...root, 'manifest', 'inspect', '--verbose', image]),
    )
    expect(more).toEqual([])
    const digest = first.Descriptor.digest
    expect(first).toMatchObject({
      Ref: `${image}@${digest}`,
      Descriptor: { platform: { architecture: foreign } },
    })
    expect(first.OCIManifest).toEqual(JSON.parse(await raw(`${image.replace(/:1$/, '')}@${digest}`)))
    expect(Buffer.from(second.Raw, 'base64').toString()).toContain('"layers"')
  })

  test('inspect shows what a registry has where no list is here', async () => {
    const root = ['--root', join(user.folder, 'remote')]
    const shown = await user.ok([...root, 'manifest', 'inspect', image])
    expect(JSON.parse(shown)).toEqual(JSON.parse(await raw(image)))
  })
})

async function busyboxAs(name: string): Promise<string> {
  const { busyboxArchive } = await import('../support/images.ts')
  const root = ['--root', join(user.folder, 'busybox-store')]
  const path = join(user.folder, 'busybox.tar')
  await user.ok([...root, 'load', '-q', '-i', busyboxArchive])
  await user.ok([...root, 'tag', 'busybox', name])
  await user.ok([...root, 'save', '-o', path, name])
  await user.ok([...root, 'system', 'reset', '--force'])
  return path
}
