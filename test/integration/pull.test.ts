/** Pulling from a proper registry and from one that misbehaves. */

import { randomBytes } from 'node:crypto'
import { copyFileSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { BadRegistry } from '../support/bad-registry.ts'
import { busyboxLayer } from '../support/images.ts'
import { nativeArchitecture, sha256, writeLayout } from '../support/oci-image.ts'
import { eventually, ok } from '../support/process.ts'
import { type Registry, startRegistry } from '../support/registry.ts'
import { file } from '../support/tar-bytes.ts'
import { keys } from '../support/terminal.ts'
import { testUser } from '../support/user.ts'

const user = testUser({ env: { SAMPAN_REGISTRY_TIMEOUT: '2' } })

const tar = (name: string, content = name) => Buffer.concat([file(name, content), Buffer.alloc(1024)])
/** A layer of this many bytes that compression does not shrink. */
const bulk = (name: string, size: number) => tar(name, randomBytes(size).toString('latin1'))

const other = nativeArchitecture === 'arm64' ? 'amd64' : 'arm64'
const blobs = () => list('oci/blobs/sha256')
const list = (path: string) =>
  existsSync(join(user.root, path)) ? readdirSync(join(user.root, path)).sort() : []
const layerHex = (bytes: Uint8Array) => sha256(bytes)

async function emptyStore(): Promise<void> {
  const ids = (await user.ok(['images', '-q'])).split('\n').filter((id) => id !== '')
  if (ids.length > 0) await user.ok(['rmi', '-f', ...ids])
}

describe('a proper registry', () => {
  let plain: Registry
  let image: string
  let layers: readonly Uint8Array[]
  let layerBlobs: readonly string[]

  beforeAll(async () => {
    plain = await startRegistry()
    layers = [await busyboxLayer(join(user.folder, 'busybox')), tar('etc/second', 'two\n')]
    const layout = user.makeFolder('layout')
    writeLayout(layout, '1', { layers, config: { Cmd: ['sh'] } })
    image = await plain.push(layout, '1', 'team/app:1')
    layerBlobs = layers.map((bytes) => `sha256:${sha256(gzipSync(bytes, { level: 1 }))}`)
  })
  afterAll(async () => await plain[Symbol.asyncDispose]())
  beforeEach(emptyStore)

  test("tells what it does in docker's words, the name alone on standard output", async () => {
    const { code, stdout, stderr } = await user.sampan(['pull', image])
    expect(code).toBe(0)
    expect(stdout).toBe(`${image}\n`)
    const lines = stderr.trim().split('\n')
    expect(lines[0]).toBe('1: Pulling from team/app')
    expect(lines.filter((line) => /^[0-9a-f]{12}: Pull complete$/.test(line))).toHaveLength(2)
    expect(lines.at(-2)).toMatch(/^Digest: sha256:[0-9a-f]{64}$/)
    expect(lines.at(-1)).toBe(`Status: Downloaded newer image for ${image}`)
  })

  test('gives an image that runs', async () => {
    await user.ok(['pull', '-q', image])
    expect(await user.ok(['run', '--rm', '--network', 'none', image, 'cat', '/etc/second'])).toBe('two')
  })

  test('is asked once more for an image that is here, and sends nothing again', async () => {
    await user.ok(['pull', image])
    const asked = () => [times('HEAD /v2/team/app/manifests/1'), times('GET /v2/team/app/blobs')]
    const [heads = 0, blobs = 0] = asked()
    const { stderr } = await user.sampan(['pull', image])
    expect(stderr).toContain(`Status: Image is up to date for ${image}`)
    expect(asked()).toEqual([heads + 1, blobs])
  })

  test('prints the name only with -q, everything to standard output as docker', async () => {
    expect(await user.sampan(['pull', '-q', image])).toMatchObject({ stdout: `${image}\n`, stderr: '' })
    const docker = join(user.makeFolder('bin'), 'docker')
    if (!existsSync(docker)) copyFileSync(user.executable, docker)
    const { stdout, stderr } = await user.run([docker, 'pull', image])
    expect(stdout).toMatch(
      /1: Pulling from team\/app\n[\s\S]*Status: Image is up to date[\s\S]*\n[^\n]*team\/app:1\n$/,
    )
    expect(stderr).toBe('')
  })

  test('tells programs in JSON, in the shape of docker', async () => {
    const { code, stdout, stderr } = await user.sampan(['pull', '--progress=json', image])
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${image}\n` })
    const lines = stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines[0]).toEqual({ status: '1: Pulling from team/app' })
    expect(lines.filter(({ status }) => status === 'Pull complete').map(({ id }) => id)).toHaveLength(2)
    const moving = lines.find(({ status }) => status === 'Downloading')
    expect(moving.progressDetail.current).toBeLessThan(moving.progressDetail.total)
    expect(lines.at(-1)).toEqual({ status: `Status: Downloaded newer image for ${image}` })
  })

  test('refuses a picture where there is no terminal, and kinds it does not have', async () => {
    for (const [kind, words] of [
      ['tty', '--progress=tty needs a terminal'],
      ['fancy', "invalid value 'fancy' for --progress"],
    ] as const) {
      const { code, stderr } = await user.sampan(['pull', `--progress=${kind}`, image])
      expect({ code, stderr }).toEqual({ code: 125, stderr: expect.stringContaining(words) })
    }
  })

  test('is named by `run` before it pulls', async () => {
    const { code, stdout, stderr } = await user.sampan([
      'run',
      '--rm',
      '--network',
      'none',
      image,
      'echo',
      'hi',
    ])
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'hi\n' })
    expect(stderr).toMatch(new RegExp(`^Unable to find image '${image}' locally\n1: Pulling from team/app\n`))
  })

  test('is not asked with --pull never', async () => {
    const { code, stderr } = await user.sampan(['run', '--rm', '--pull', 'never', image, 'true'])
    expect(code).toBe(125)
    expect(stderr).toContain(`No such image: ${image}`)
  })

  test('leaves a layout that skopeo reads', async () => {
    await user.ok(['pull', '-q', image])
    const shown = JSON.parse(await ok(['skopeo', 'inspect', `oci:${join(user.root, 'oci')}:${image}`]))
    expect(shown.Layers).toHaveLength(2)
  })

  test('is pulled by digest, which makes no tag', async () => {
    const first = await user.sampan(['pull', image])
    const digest = /Digest: (\S+)/.exec(first.stderr)?.[1]
    await emptyStore()
    const pinned = `${plain.host}/team/app@${digest}`
    expect(await user.ok(['pull', '-q', pinned])).toBe(pinned)
    expect(await user.ok(['images', '--digests', '--format', '{{.Tag}} {{.Digest}}'])).toBe(
      `<none> ${digest}`,
    )
  })

  test('gives all its tags with -a', async () => {
    const layout = user.makeFolder('layout')
    await plain.push(layout, '1', 'many:a')
    await plain.push(layout, '1', 'many:b')
    const names = ['a', 'b'].map((tag) => `${plain.host}/many:${tag}`)
    expect(await user.ok(['pull', '-a', '-q', `${plain.host}/many`])).toBe(names.join('\n'))
    expect((await user.sampan(['pull', '-a', `${plain.host}/many:a`])).stderr).toContain(
      "tag can't be used with --all-tags",
    )
  })

  test('serves several pulls of one image at once, each blob once', async () => {
    const before = layerBlobs.map((digest) => times(`GET /v2/team/app/blobs/${digest}`))
    const results = await Promise.all(Array.from({ length: 5 }, () => user.sampan(['pull', '-q', image])))
    expect(results.map(({ code, stderr }) => ({ code, stderr }))).toEqual(
      Array.from({ length: 5 }, () => ({ code: 0, stderr: '' })),
    )
    expect(layerBlobs.map((digest) => times(`GET /v2/team/app/blobs/${digest}`))).toEqual(
      before.map((count) => count + 1),
    )
  })

  test('over HTTPS is trusted by the certificate in certs.d', async () => {
    await using secure = await startRegistry({ https: true })
    const layout = user.makeFolder('layout')
    const name = await secure.push(layout, '1', 'team/app:1')
    const refused = await user.sampan(['pull', name])
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain('its certificate is not trusted')
    expect(refused.stderr).toContain(`~/.config/sampan/certs.d/${secure.host}/ca.crt`)
    user.file(`home/.config/sampan/certs.d/${secure.host}/ca.crt`, readFileSync(secure.authority ?? ''))
    expect(await user.ok(['pull', '-q', name])).toBe(name)
  })

  test('that wants a password gets that of docker login', async () => {
    await using locked = await startRegistry({ login: { user: 'anna', password: 'secret' } })
    const name = await locked.push(user.makeFolder('layout'), '1', 'team/app:1')
    const refused = await user.sampan(['pull', name])
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain(
      `pull access denied for ${locked.host}/team/app, repository does not exist or may require 'docker login'`,
    )
    const auth = Buffer.from('anna:secret').toString('base64')
    user.file('home/.docker/config.json', JSON.stringify({ auths: { [locked.host]: { auth } } }))
    expect(await user.ok(['pull', '-q', name])).toBe(name)
  })

  /** How often a line of the access log has these words. */
  function times(words: string): number {
    return plain.requests.split(words).length - 1
  }
})

describe('an image for several platforms', () => {
  let registry: BadRegistry
  beforeAll(async () => {
    registry = await BadRegistry.start()
    const make = (architecture: string, variant?: string) => ({
      ...registry.image('multi', undefined, {
        layers: [tar(`for-${architecture}${variant ?? ''}`)],
        architecture,
        ...(variant === undefined ? {} : { variant }),
      }),
      architecture,
      ...(variant === undefined ? {} : { variant }),
    })
    registry.index('multi', '1', [make(other), make('arm', 'v6'), make(nativeArchitecture)])
    registry.image('single', 'foreign', { layers: [tar('x')], architecture: other })
  })
  afterAll(async () => await registry[Symbol.asyncDispose]())
  beforeEach(emptyStore)
  const architecture = (name: string) =>
    user.ok(['image', 'inspect', '-f', '{{.Architecture}}{{.Variant}}', name])

  test("gives this machine's", async () => {
    await user.ok(['pull', '-q', `${registry.host}/multi:1`])
    expect(list('layers').filter((name) => !name.endsWith('.lock'))).toEqual([
      layerHex(tar(`for-${nativeArchitecture}`)),
    ])
  })

  test('gives the one asked for, in the words of any tool', async () => {
    for (const platform of [`linux/${other}`, other === 'arm64' ? 'aarch64' : 'x86_64']) {
      await emptyStore()
      await user.ok(['pull', '-q', '--platform', platform, `${registry.host}/multi:1`])
      expect(await architecture(`${registry.host}/multi:1`)).toContain(other)
    }
    await user.ok(['pull', '-q', '--platform', 'linux/arm/v7', `${registry.host}/multi:1`])
    expect(list('layers')).toContain(layerHex(tar('for-armv6')))
  })

  test('says which there are when none suits', async () => {
    const { code, stderr } = await user.sampan([
      'pull',
      '--platform',
      'linux/s390x',
      `${registry.host}/multi:1`,
    ])
    expect(code).toBe(1)
    expect(stderr).toContain('no matching manifest for linux/s390x in the manifest list entries')
    expect(stderr).toContain(
      `the image is there for: linux/${other}, linux/arm/v6, linux/${nativeArchitecture}`,
    )
  })

  test('is refused when there is one only and another was asked for', async () => {
    const name = `${registry.host}/single:foreign`
    const { code, stderr } = await user.sampan(['pull', '--platform', `linux/${nativeArchitecture}`, name])
    expect(code).toBe(1)
    expect(stderr).toContain(
      `does not match the specified platform: wanted linux/${nativeArchitecture}, actual: linux/${other}`,
    )
  })

  test('for another machine is pulled with a warning by run, which then says what is wrong', async () => {
    const { code, stderr } = await user.sampan([
      'run',
      '--rm',
      '--network',
      'none',
      `${registry.host}/single:foreign`,
    ])
    expect(code).toBeGreaterThan(124)
    expect(stderr).toContain(
      `WARNING: The requested image's platform (linux/${other}) does not match the detected host platform`,
    )
  })
})

describe('a registry that misbehaves', () => {
  let registry: BadRegistry
  beforeEach(async () => {
    await emptyStore()
    await registry?.[Symbol.asyncDispose]()
    registry = await BadRegistry.start()
  })
  afterAll(async () => await registry[Symbol.asyncDispose]())
  const name = () => `${registry.host}/bad:1`
  /** No image, and none of these layers. Whole layers of failed pulls stay for an hour: the next try needs them. */
  const nothingKept = async (...layers: readonly Uint8Array[]) => {
    expect(await user.ok(['images', '-aq'])).toBe('')
    expect(list('layers').filter((entry) => layers.map(layerHex).includes(entry))).toEqual([])
  }

  test.each(['none', 'gzip', 'zstd'] as const)('but not with %s layers', async (compression) => {
    const layers = [tar('a'), tar('b')]
    registry.image('bad', '1', { layers, compression })
    await user.ok(['pull', '-q', name()])
    expect(list('layers').filter((entry) => !entry.endsWith('.lock'))).toEqual(layers.map(layerHex).sort())
  })

  test('with schema 1 is refused', async () => {
    registry.manifest('bad', '1', 'application/vnd.docker.distribution.manifest.v1+prettyjws', {
      schemaVersion: 1,
      fsLayers: [],
    })
    const { code, stderr } = await user.sampan(['pull', name()])
    expect(code).toBe(1)
    expect(stderr).toContain('has a schema 1 manifest, a format of 2015 that is not supported')
  })

  test('with a foreign layer is refused before anything is downloaded', async () => {
    registry.image('bad', '1', {
      layers: [tar('a')],
      layerType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
    })
    const { code, stderr } = await user.sampan(['pull', name()])
    expect(code).toBe(1)
    expect(stderr).toContain('foreign layer')
    expect(list('oci/partial')).toEqual([])
  })

  test('with a layer that is not what its diffID says leaves nothing', async () => {
    registry.image('bad', '1', {
      layers: [tar('a'), tar('b')],
      diffIds: [`sha256:${layerHex(tar('a'))}`, `sha256:${'0'.repeat(64)}`],
    })
    const { code, stderr } = await user.sampan(['pull', name()])
    expect(code).toBe(1)
    expect(stderr).toContain('is not what the image says')
    expect(await user.ok(['images', '-aq'])).toBe('')
    expect(list('layers')).not.toContain('0'.repeat(64))
  })

  test('with a tampered blob leaves nothing, and the next pull is whole', async () => {
    const made = registry.image('bad', '1', { layers: [tar('tampered')] })
    registry.disturb(new RegExp(`blobs/${made.layers[0]}`), (_, reply, proper) => {
      const changed = Buffer.from(proper.body)
      changed[changed.length - 6] = (changed[changed.length - 6] ?? 0) ^ 1
      reply.send(200, {}, changed)
    })
    const { code, stderr } = await user.sampan(['pull', name()])
    expect(code).toBe(1)
    expect(stderr).toMatch(
      /has digest sha256:[0-9a-f]{64}: the registry, or something on the way, changed it|cannot be decompressed/,
    )
    await nothingKept(tar('tampered'))
    registry.calm()
    await user.ok(['pull', '-q', name()])
  })

  test('with a truncated blob is asked for the rest', async () => {
    const made = registry.image('bad', '1', { layers: [bulk('big', 400_000)] })
    const ranges: (string | undefined)[] = []
    registry.disturb(new RegExp(`blobs/${made.layers[0]}`), ({ nth, headers }, reply, proper) => {
      ranges.push(headers['range'])
      if (nth > 0) return reply.send(proper.status, proper.headers, proper.body)
      reply.send(200, { 'content-length': String(proper.body.length) }, proper.body.subarray(0, 100_000))
      reply.close()
    })
    await user.ok(['pull', '-q', name()])
    expect(ranges).toEqual([undefined, 'bytes=100000-'])
  })

  test.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
    'and a pull ended by %s goes on where it stopped',
    async (signal) => {
      const made = registry.image('bad', '1', { layers: [bulk('big', 3_000_000)] })
      const pattern = new RegExp(`blobs/${made.layers[0]}`)
      registry.disturb(pattern, (_, reply, proper) => {
        reply.send(200, { 'content-length': String(proper.body.length) }, proper.body.subarray(0, 1_000_000))
      })
      using pull = user.start(['pull', name()])
      const partial = join(user.root, 'oci/partial', String(made.layers[0]).slice(7))
      await eventually('a part has come', 5000, () => expect(readFileSync(partial)).toHaveLength(1_000_000))
      pull.signal(signal)
      expect(await pull.exited()).toBeGreaterThan(128)
      registry.calm()
      const seen: (string | undefined)[] = []
      registry.disturb(pattern, ({ headers }, reply, proper) => {
        seen.push(headers['range'])
        reply.send(proper.status, proper.headers, proper.body)
      })
      await user.ok(['pull', '-q', name()])
      expect(seen).toEqual(['bytes=1000000-'])
      expect(list('layers').filter((entry) => !/^[0-9a-f]{64}(\.lock)?$/.test(entry))).toEqual([])
    },
  )

  test('or does not, leaves no blob in the memory of the machine', async () => {
    const made = registry.image('bad', '1', { layers: [bulk('big', 20_000_000)] })
    await user.ok(['pull', '-q', name()])
    const blob = join(user.root, 'oci/blobs/sha256', String(made.layers[0]).slice(7))
    const [cached, size] = (await ok(['fincore', '-n', '-b', '-o', 'RES,SIZE', blob]))
      .trim()
      .split(/\s+/)
      .map(Number)
    expect(size).toBeGreaterThan(20_000_000)
    expect(cached).toBeLessThan((size as number) / 10)
  })

  test('is watched live on a terminal, and left by ctrl-c', async () => {
    const made = registry.image('bad', '1', { layers: [bulk('big', 3_000_000)] })
    registry.disturb(new RegExp(`blobs/${made.layers[0]}`), (_, reply, proper) => {
      reply.send(200, { 'content-length': String(proper.body.length) }, proper.body.subarray(0, 1_000_000))
    })
    const layer = String(made.layers[0]).slice(7, 19)
    using watching = user.terminal(['pull', name()])
    await watching.waitFor(`${layer}: Downloading [=========>`)
    await watching.waitFor('1MB of 3')
    await watching.waitFor(/B\/s, \d+s left/)
    watching.type(keys.ctrlC)
    expect(await watching.exited()).toBe(130)
    expect(watching.screen.lastIndexOf('\x1b[?25h'), 'the cursor is shown again').toBeGreaterThan(
      watching.screen.lastIndexOf('\x1b[?25l'),
    )
    registry.calm()
    using again = user.terminal(['pull', name()])
    expect(await again.exited()).toBe(0)
    expect(again.screen).toContain(`${layer}: Pull complete`)
    expect(again.screen).toMatch(
      new RegExp(`Status: Downloaded newer image for ${name()}\\r\\n${name()}\\r\\n`),
    )
  })

  test('with 401, 404 and 500 is explained', async () => {
    const cases: [number, string][] = [
      [401, 'pull access denied'],
      [404, 'manifest unknown'],
      [500, 'answered HTTP 500'],
    ]
    for (const [status, words] of cases) {
      registry.disturb(/manifests/, (_, reply) => reply.send(status, { 'retry-after': '0' }))
      const { code, stderr } = await user.sampan(['pull', name()])
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(words) })
    }
  })

  test.each([
    [['--retry', '0'], 1],
    [['--retry', '2', '--retry-delay', '10ms'], 3],
  ])('is asked as often as %j says', async (options, times) => {
    registry.disturb(/manifests/, (_, reply) => reply.send(503))
    const before = registry.asked(/manifests/)
    const { code } = await user.sampan(['pull', ...options, name()])
    expect({ code, asked: registry.asked(/manifests/) - before }).toEqual({ code: 1, asked: times })
  })

  test('with 429 is asked again after the time it wants', async () => {
    registry.image('bad', '1', { layers: [tar('a')] })
    registry.disturb(/manifests/, ({ nth }, reply, proper) =>
      nth === 0
        ? reply.send(429, { 'retry-after': '1' })
        : reply.send(proper.status, proper.headers, proper.body),
    )
    const { code, elapsed } = await user.sampan(['pull', '-q', name()])
    expect(code).toBe(0)
    expect(elapsed).toBeGreaterThan(1000)
  })

  test('whose blob rotted on our disk is asked for it again', async () => {
    const made = registry.image('bad', '1', { layers: [bulk('big', 100_000)] })
    await user.ok(['pull', '-q', name()])
    const hex = String(made.layers[0]).slice(7)
    const blob = join(user.root, 'oci/blobs/sha256', hex)
    await user.ok(['tag', name(), 'keeps-the-blobs'])
    await user.run(['sh', '-c', 'printf x | dd of="$0" bs=1 seek=5000 conv=notrunc', blob])
    const layer = join(user.root, 'layers', String(made.diffIds[0]).slice(7))
    await user.run(['mv', layer, join(user.folder, 'gone')])
    await user.ok(['pull', '-q', name()])
    expect(sha256(readFileSync(blob))).toBe(hex)
  })

  test('while another image with the same layer is removed again and again', async () => {
    const shared = bulk('shared', 200_000)
    const before = blobs()
    registry.image('bad', '1', { layers: [shared, tar('own')] })
    registry.image('victim', '1', { layers: [shared] })
    for (let round = 0; round < 4; round += 1) {
      await user.ok(['pull', '-q', `${registry.host}/victim:1`])
      const [pulled] = await Promise.all([
        user.sampan(['pull', '-q', name()]),
        user.sampan(['rmi', `${registry.host}/victim:1`]),
      ])
      expect(pulled, pulled.stderr).toMatchObject({ code: 0 })
      expect(list('layers')).toContain(layerHex(shared))
      await user.ok(['rmi', name()])
    }
    expect(blobs()).toEqual(before)
    await nothingKept(shared, tar('own'))
  })
})
