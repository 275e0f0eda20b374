/** Archives as podman, docker and skopeo write them, in every wrapping, whole and damaged. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { busyboxArchive } from '../support/images.ts'
import { halfDone } from '../support/layer-tree.ts'
import { sha256, writeLayout } from '../support/oci-image.ts'
import { ok, run } from '../support/process.ts'
import { archive, entry, file, folder, link } from '../support/tar-bytes.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
/** Archives and folders made for these tests. */
const made = (name: string) => join(user.folder, 'made', name)
let imageId: string
let layers: readonly Buffer[]

/** Podman wants a short path here. */
const podmanRun = mkdtempSync('/tmp/sampan-podman-')
const podman = (...args: string[]) =>
  ok(['podman', '--root', made('podman'), '--runroot', podmanRun, '--storage-driver', 'vfs', ...args], {
    timeout: 120_000,
  })

/** A busybox and a layer on it that deletes a file, packed by other people's tools. */
beforeAll(async () => {
  user.makeFolder('made')
  layers = [
    await busyboxLayer(),
    archive(folder('etc'), file('etc/.wh.passwd'), folder('new'), file('new/file', 'hello')),
  ]
  writeLayout(made('layout'), 'localhost/made:1', { layers, config: { Cmd: ['cat', '/new/file'] } })
  const config = JSON.parse(readFileSync(made('layout/index.json'), 'utf8')).manifests[0].digest
  imageId = JSON.parse(readFileSync(made(`layout/blobs/sha256/${config.slice(7)}`), 'utf8')).config.digest

  const from = `oci:${made('layout')}:localhost/made:1`
  await ok(['skopeo', 'copy', '-q', from, `oci-archive:${made('skopeo-oci.tar')}:localhost/made:1`])
  await ok(['skopeo', 'copy', '-q', from, `docker-archive:${made('skopeo-docker.tar')}:localhost/made:1`])
  await ok(['skopeo', 'copy', '-q', from, `dir:${made('skopeo-dir')}`])
  await podman('load', '-q', '-i', made('skopeo-oci.tar'))
  for (const format of ['docker-archive', 'oci-archive']) {
    await podman('save', '-q', '--format', format, '-o', made(`podman-${format}.tar`), 'localhost/made:1')
  }
  for (const format of ['docker-dir', 'oci-dir']) {
    await podman('save', '-q', '--format', format, '-o', made(`podman-${format}`), 'localhost/made:1')
  }
  await podman('tag', 'localhost/made:1', 'localhost/second:2')
  await podman('save', '-q', '-m', '-o', made('podman-several.tar'), 'localhost/made:1', 'localhost/second:2')
  await ok(['sh', '-c', 'zstd -q < "$0" > "$1"', made('podman-oci-archive.tar'), made('packed.tar.zst')])
  await ok(['chmod', '-R', 'a+rX', user.folder])
}, 180_000)
afterAll(async () => {
  await podman('rmi', '-af')
  await ok(['rm', '-rf', made('podman'), podmanRun])
})

async function busyboxLayer(): Promise<Buffer> {
  const [manifest] = JSON.parse(await ok(['tar', '-xOf', busyboxArchive, 'manifest.json']))
  const result = await run(['tar', '-xOf', busyboxArchive, manifest.Layers[0]])
  return Buffer.from(result.bytes)
}

/** A store of its own, so that nothing is there already. */
let stores = 0
function freshStore() {
  stores += 1
  return { SAMPAN_ROOT: user.makeFolder(`store-${stores}`, 0o700) }
}

describe('loads', () => {
  test.each([
    'skopeo-oci.tar',
    'skopeo-docker.tar',
    'podman-docker-archive.tar',
    'podman-oci-archive.tar',
    'podman-oci-dir',
    'layout',
  ])('%s: the same image, by its name', async (name) => {
    const env = freshStore()
    expect(await user.ok(['load', '-i', made(name)], { env })).toBe('Loaded image: localhost/made:1')
    expect(await user.ok(['images', '-q', '--no-trunc'], { env })).toBe(imageId)
    const { stdout } = await user.sampan(['run', '--rm', '--network', 'none', 'localhost/made:1'], { env })
    expect(stdout).toBe('hello')
    const passwd = ['run', '--rm', '--network', 'none', 'localhost/made:1', 'ls', '/etc']
    expect((await user.ok(passwd, { env })).split('\n')).not.toContain('passwd')
  })

  test.each(['skopeo-dir', 'podman-docker-dir'])('%s: it has no name, so the id is told', async (name) => {
    const env = freshStore()
    expect(await user.ok(['load', '-i', made(name)], { env })).toMatch(
      /^Loaded image ID: sha256:[0-9a-f]{64}$/,
    )
  })

  test.each([
    ['as it is', 'cat'],
    ['gzip', 'gzip -1'],
    ['zstd', 'zstd -q'],
    ['xz', 'xz -0'],
    ['bzip2', 'bzip2 -1'],
  ])('from a pipe, %s', async (_, command) => {
    for (const name of ['skopeo-oci.tar', 'podman-docker-archive.tar']) {
      const env = freshStore()
      const script = `${command} < "$1" | "$0" load`
      const { code, stdout, stderr } = await user.run(['sh', '-c', script, user.executable, made(name)], {
        env,
      })
      expect({ code, stdout, stderr }).toEqual({
        code: 0,
        stdout: 'Loaded image: localhost/made:1\n',
        stderr: '',
      })
      expect(await user.ok(['images', '-q', '--no-trunc'], { env })).toBe(imageId)
    }
  })

  test('from a redirected file and from a compressed file', async () => {
    const env = freshStore()
    expect(await user.ok(['load', '-q', '--input', made('packed.tar.zst')], { env })).toBe(
      'Loaded image: localhost/made:1',
    )
    const { stdout } = await user.run(
      ['sh', '-c', '"$0" load < "$1"', user.executable, made('skopeo-docker.tar')],
      { env },
    )
    expect(stdout).toBe('Loaded image: localhost/made:1\n')
  })

  test('several images and names', async () => {
    const env = freshStore()
    const said = await user.ok(['load', '-i', made('podman-several.tar')], { env })
    expect(said.split('\n').sort()).toEqual([
      'Loaded image: localhost/made:1',
      'Loaded image: localhost/second:2',
    ])
  })

  test('the same layer twice, and layers that are links to others', async () => {
    const layer = layers[0] as Buffer
    const diffIds = [layer, layer, layers[1] as Buffer].map((each) => `sha256:${sha256(each)}`)
    const config = JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      config: {},
      rootfs: { type: 'layers', diff_ids: diffIds },
    })
    const manifest = [
      {
        Config: 'config.json',
        RepoTags: ['linked:1'],
        Layers: ['a/layer.tar', 'b/layer.tar', 'c/layer.tar'],
      },
    ]
    const bytes = archive(
      folder('b'),
      link('b/layer.tar', '../a/layer.tar'),
      entry({ name: 'a/layer.tar' }, layer),
      entry({ name: 'c/layer.tar' }, layers[1]),
      file('config.json', config),
      file('manifest.json', JSON.stringify(manifest)),
    )
    const env = freshStore()
    expect(await user.ok(['load', '-i', user.file('linked.tar', bytes)], { env })).toBe(
      'Loaded image: linked:1',
    )
    expect(await user.ok(['run', '--rm', '--network', 'none', 'linked:1', 'cat', '/new/file'], { env })).toBe(
      'hello',
    )
    expect(readdirSync(join(env.SAMPAN_ROOT, 'l'))).toHaveLength(2)
  })

  test('keeps compressed layers byte for byte, and skopeo can read the layout', async () => {
    const env = freshStore()
    await user.ok(['load', '-i', made('skopeo-oci.tar')], { env })
    for (const blob of readdirSync(made('layout/blobs/sha256'))) {
      expect(existsSync(join(env.SAMPAN_ROOT, 'oci/blobs/sha256', blob))).toBe(true)
    }
    const inspected = await ok([
      'skopeo',
      'inspect',
      '--raw',
      `oci:${env.SAMPAN_ROOT}/oci:docker.io/localhost/made:1`,
    ]).catch(() => ok(['skopeo', 'inspect', '--raw', `oci:${env.SAMPAN_ROOT}/oci:localhost/made:1`]))
    expect(JSON.parse(inspected).layers).toHaveLength(2)
  })

  test('the platform of this machine out of an index, or the one asked for', async () => {
    const other = process.arch === 'x64' ? 'arm64' : 'amd64'
    writeLayout(
      made('two'),
      'two:1',
      { layers: [archive(file('other'))], architecture: other },
      { layers: [archive(file('own'))] },
    )
    await ok(['chmod', '-R', 'a+rX', made('two')])
    const architecture = ['image', 'inspect', '--format', '{{.Architecture}}', 'two:1']
    const env = freshStore()
    await user.ok(['load', '-i', made('two')], { env })
    expect(await user.ok(architecture, { env })).toBe(process.arch === 'x64' ? 'amd64' : 'arm64')
    await user.ok(['load', '--platform', `linux/${other}`, '-i', made('two')], { env })
    expect(await user.ok(architecture, { env })).toBe(other)
    const { code, stderr } = await user.sampan(['load', '--platform', 'linux/s390x', '-i', made('two')], {
      env,
    })
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/no matching manifest for linux\/s390x/),
    })
  })
})

describe('refuses, and leaves nothing', () => {
  const damaged = (from: string, name: string, change: (bytes: Buffer) => Buffer) => {
    writeFileSync(made(name), change(readFileSync(made(from))))
    return made(name)
  }
  const flip = (bytes: Buffer, at: number) => {
    bytes[at] = (bytes[at] as number) ^ 1
    return bytes
  }

  test.each([
    ['a missing file', () => made('nowhere.tar'), /open .*nowhere\.tar: no such file or directory/],
    [
      'a file that is no archive',
      () => '/etc/passwd',
      /is not a whole tar archive: it does not begin with a tar header/,
    ],
    [
      'an archive that is cut off',
      () => damaged('skopeo-docker.tar', 'cut.tar', (bytes) => bytes.subarray(0, 100_000)),
      /is not a whole tar archive: it ends in the middle of/,
    ],
    [
      'a compressed archive that is cut off',
      () => damaged('packed.tar.zst', 'cut.zst', (bytes) => bytes.subarray(0, 5000)),
      /is not a whole tar archive/,
    ],
    [
      'a layer that was changed',
      () => damaged('skopeo-docker.tar', 'changed.tar', (bytes) => flip(bytes, 600_000)),
      /is not what the image says|is damaged|whole tar/,
    ],
    [
      'a compressed layer that was changed',
      () => damaged('skopeo-oci.tar', 'changed-oci.tar', (bytes) => flip(bytes, 600_000)),
      /cannot be decompressed|is damaged|is not what the image says/,
    ],
    [
      'a root file system',
      () => user.file('rootfs.tar', archive(folder('bin'))),
      /holds no image: .*\na root file system is made an image by: sampan import/,
    ],
    [
      'an index without images',
      () => user.file('empty.tar', archive(file('index.json', '{"schemaVersion":2,"manifests":[]}'))),
      /its index is empty/,
    ],
    [
      'JSON that is none',
      () => user.file('json.tar', archive(file('manifest.json', '[{'))),
      /manifest\.json .*is not valid JSON/,
    ],
    [
      'a layer that is missing',
      () => user.file('missing.tar', withoutLayer()),
      /is incomplete: the file layer\.tar is missing/,
    ],
    [
      'a name that leads out',
      () => user.file('out.tar', withoutLayer('../../../../etc/passwd')),
      /is incomplete/,
    ],
  ])('%s', async (_, make, words) => {
    const env = freshStore()
    const { code, stdout, stderr } = await user.sampan(['load', '-i', make()], { env })
    expect(stderr).toMatch(words)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(await user.ok(['images', '-q'], { env })).toBe('')
    expect(await halfDone({ ...user, root: env.SAMPAN_ROOT })).toBe('')
  })

  test('nothing to read', async () => {
    const { code, stderr } = await user.sampan(['load'])
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/requested load from stdin, but stdin is empty/),
    })
  })
})

function withoutLayer(layer = 'layer.tar'): Buffer {
  const config = JSON.stringify({
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: [`sha256:${'0'.repeat(64)}`] },
  })
  const manifest = [{ Config: 'c.json', RepoTags: null, Layers: [layer] }]
  return archive(file('c.json', config), file('manifest.json', JSON.stringify(manifest)))
}

describe('many at once', () => {
  test('eight loads of one archive make one image', async () => {
    const env = freshStore()
    const loads = Array.from({ length: 8 }, () =>
      user.sampan(['load', '-i', made('skopeo-docker.tar')], { env }),
    )
    for (const { code, stdout, stderr } of await Promise.all(loads)) {
      expect({ code, stdout, stderr }).toEqual({
        code: 0,
        stdout: 'Loaded image: localhost/made:1\n',
        stderr: '',
      })
    }
    expect(await user.ok(['run', '--rm', '--network', 'none', 'localhost/made:1'], { env })).toBe('hello')
    expect(await halfDone({ ...user, root: env.SAMPAN_ROOT })).toBe('')
  })

  test('a load that is killed leaves what the next one sweeps away', async () => {
    const env = freshStore()
    const big = made('big.tar')
    if (!existsSync(big)) {
      mkdirSync(made('big'), { recursive: true })
      const layer = archive(...Array.from({ length: 3000 }, (_, at) => file(`f${at}`, 'x'.repeat(20_000))))
      writeLayout(made('big'), 'big:1', { layers: [layer], compression: 'none' })
      await ok(['tar', '-C', made('big'), '-cf', big, '.'])
    }
    for (const delay of [30, 80, 150]) {
      using load = user.start(['load', '-i', big], { env })
      await new Promise((resolve) => setTimeout(resolve, delay))
      load.signal('SIGKILL')
      await load.exited()
    }
    expect(await user.ok(['load', '-i', big], { env })).toBe('Loaded image: big:1')
    expect(await halfDone({ ...user, root: env.SAMPAN_ROOT })).toBe('')
  })
})
