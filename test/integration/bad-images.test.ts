/** Images that lie, and registries that mean harm: a sentence, the right code, nothing half-made. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { BadRegistry } from '../support/bad-registry.ts'
import { dataFolder, differentHost } from '../support/host.ts'
import { busyboxLayer } from '../support/images.ts'
import { nativeArchitecture, sha256 } from '../support/oci-image.ts'
import { ok } from '../support/process.ts'
import { archive, file } from '../support/tar-bytes.ts'
import { asRoot, testUser } from '../support/user.ts'

const user = testUser({ env: { SAMPAN_REGISTRY_TIMEOUT: '2' } })
const oci = 'application/vnd.oci.image'

let registry: BadRegistry
beforeEach(async () => {
  await registry?.[Symbol.asyncDispose]()
  registry = await BadRegistry.start()
})
afterAll(async () => await registry?.[Symbol.asyncDispose]())

const name = () => `${registry.host}/bad:1`
const entries = (path: string) => {
  try {
    return readdirSync(join(user.root, path))
  } catch {
    return []
  }
}

/** Pulls and expects a failure with these words, one sentence, no stack, and neither an image nor a torn layer. */
async function refused(words: string | RegExp, args: readonly string[] = ['pull', name()]): Promise<void> {
  const { code, stdout, stderr } = await user.sampan(args, { timeout: 30_000 })
  expect({ code, stdout, stderr }).toEqual({
    code: expect.toSatisfy((value) => value === 1 || value === 125),
    stdout: '',
    stderr: expect.stringMatching(words),
  })
  expect(stderr.match(/^Error: /gm)).toHaveLength(1)
  expect(stderr).not.toMatch(/\n\s+at /)
  expect(await user.ok(['images', '-aq'])).toBe('')
  expect(entries('layers').filter((entry) => !/^[0-9a-f]{64}(\.lock)?$/.test(entry))).toEqual([])
}

/** An image of one layer whose manifest is changed before it is served. */
function serve(
  change: (manifest: { layers: Record<string, unknown>[]; config: Record<string, unknown> }) => void,
  layer: Uint8Array = gzipSync(archive(file('a', 'a'))),
  tar: Uint8Array = archive(file('a', 'a')),
) {
  const config = JSON.stringify({
    architecture: nativeArchitecture,
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: [`sha256:${sha256(tar)}`] },
  })
  const manifest = {
    schemaVersion: 2,
    mediaType: `${oci}.manifest.v1+json`,
    config: {
      mediaType: `${oci}.config.v1+json`,
      digest: registry.blob(config),
      size: config.length,
    } as Record<string, unknown>,
    layers: [
      { mediaType: `${oci}.layer.v1.tar+gzip`, digest: registry.blob(layer), size: layer.length },
    ] as Record<string, unknown>[],
  }
  change(manifest)
  registry.manifest('bad', '1', `${oci}.manifest.v1+json`, manifest)
}

describe('sizes that are wrong', () => {
  test('a layer longer than announced is given up where it should have ended', async () => {
    serve(({ layers }) => Object.assign(layers[0] ?? {}, { size: 20 }))
    await refused(/is longer than the 20 bytes that were announced/)
    expect(entries('oci/partial')).toEqual([])
  })

  test('a layer shorter than announced is asked for a few times, and not for ever', async () => {
    serve(({ layers }) => Object.assign(layers[0] ?? {}, { size: 5000 }))
    await refused(/broke off at \d+ of 5000 bytes|is not what|HTTP 416/)
  }, 60_000)

  test('a configuration of another size than announced', async () => {
    serve(({ config }) => Object.assign(config, { size: 10 }))
    await refused(/configuration of .* has \d+ bytes, and the manifest says 10/)
  })

  test.each([-1, 1.5, '12', null, 1e300])('a size of %j', async (size) => {
    serve(({ layers }) => Object.assign(layers[0] ?? {}, { size }))
    await refused(/layers\[0\]\.size is (negative|not a whole number)/)
  })
})

describe('media types that lie', () => {
  test.each([
    ['zstd called gzip', zstdCompressSync],
    ['plain tar called gzip', (bytes: Uint8Array) => bytes],
  ])('%s is taken for what it is', async (_, pack) => {
    const tar = archive(file('a', 'a'))
    serve(() => undefined, pack(tar), tar)
    expect(await user.ok(['pull', '-q', name()])).toBe(name())
    await user.ok(['rmi', name()])
  })

  test('an index called a manifest, and a manifest called an index', async () => {
    const manifestType = `${oci}.manifest.v1+json`
    registry.manifest('bad', '1', manifestType, { schemaVersion: 2, mediaType: manifestType, manifests: [] })
    await refused(/layers is not a list/)
    const indexType = `${oci}.index.v1+json`
    registry.manifest('bad', '1', indexType, { schemaVersion: 2, mediaType: indexType, layers: [] })
    await refused(/manifests is not a list/)
  })

  test('an index that has itself in it ends', async () => {
    const indexType = `${oci}.index.v1+json`
    const inner = { mediaType: indexType, digest: `sha256:${'1'.repeat(64)}`, size: 10 }
    registry.manifest('bad', '1', indexType, { schemaVersion: 2, mediaType: indexType, manifests: [inner] })
    await refused(/manifest/)
  })

  test.each([
    'application/vnd.cncf.helm.chart.content.v1.tar+gzip',
    'application/vnd.in-toto+json',
    'text/plain',
    '__proto__',
  ])('layers of type %s are no layers', async (mediaType) => {
    serve(({ layers }) => Object.assign(layers[0] ?? {}, { mediaType }))
    await refused(`layers of type ${mediaType.replace('+', '\\+')} are not supported`)
  })

  test('an artifact is no image', async () => {
    registry.manifest('bad', '1', 'application/vnd.oci.artifact.manifest.v1+json', {
      mediaType: 'application/vnd.oci.artifact.manifest.v1+json',
      blobs: [],
    })
    await refused(/not a container image/)
  })

  test.each([
    ['HTML', '<!doctype html><title>Sign in</title>'],
    ['a list', '[]'],
    ['nothing', ''],
  ])('%s in place of a manifest', async (_, body) => {
    registry.disturb(/GET .*manifests/, (_request, reply) =>
      reply.send(200, { 'content-type': 'text/html' }, body),
    )
    await refused(/is not valid JSON|is not an object|is of type/)
  })
})

describe('layers without measure', () => {
  test('128 layers are pulled, and run', async () => {
    const base = await busyboxLayer(user.makeFolder('busybox'))
    const layers = [base, ...Array.from({ length: 127 }, (_, n) => archive(file(`layer-${n}`, String(n))))]
    registry.image('bad', '1', { layers })
    await user.ok(['pull', '-q', name()], { timeout: 120_000 })
    const run = [
      'run',
      '--rm',
      '--network',
      'none',
      name(),
      'sh',
      '-c',
      'ls / | grep -c layer-; cat /layer-126',
    ]
    expect(await user.ok(run)).toBe('127\n126')
    await user.ok(['rmi', name()])
  }, 180_000)

  test('more than 500 are refused before anything comes', async () => {
    serve(({ layers }) => layers.push(...Array.from({ length: 500 }, () => ({ ...layers[0] }))))
    await refused(/has 501 layers, 500 at most/)
    expect(registry.asked(/blobs/)).toBe(0)
  })

  test.runIf(asRoot)('one that swells until the disk is full leaves the room it took', async () => {
    await using host = await differentHost(user, { dataBytes: 24_000_000 })
    // A thousand times its size: nothing honest forbids that, so the disk is the limit.
    const tar = archive(file('bomb', '\0'.repeat(200_000_000)))
    serve(() => undefined, gzipSync(tar, { level: 9 }), tar)
    const { code, stderr } = await host.user.sampan(['pull', name()], { timeout: 60_000 })
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^Error: .*(no space left|the disk is full)/m),
    })
    const used = await host.user.run(['du', '-sk', dataFolder(user)])
    expect(Number.parseInt(used.stdout, 10)).toBeLessThan(2000)
    expect((await host.user.sampan(['images', '-aq'])).stdout).toBe('')
  })
})

describe('a registry that takes its time', () => {
  test('headers byte by byte are given up', async () => {
    registry.disturb(/manifests/, async (_, reply) => {
      for (const byte of 'HTTP/1.1 200 OK\r\nx-padding: '.padEnd(400, 'x')) {
        reply.raw(byte)
        await Bun.sleep(100)
      }
    })
    await refused(/too slow|without progress|stalled|no answer|answered nothing|seconds/)
  }, 60_000)

  test('and a layer byte by byte', async () => {
    const made = registry.image('bad', '1', { layers: [archive(file('slow', 'slow'))] })
    registry.disturb(new RegExp(String(made.layers[0])), async (_, reply, proper) => {
      reply.send(200, { 'content-length': String(proper.body.length) }, proper.body.subarray(0, 1))
      for (const byte of proper.body.subarray(1, 40)) {
        reply.raw(Buffer.from([byte]))
        await Bun.sleep(500)
      }
    })
    await refused(/broke off at \d+ of \d+ bytes/)
  }, 120_000)
})

test('a certificate for another name is named as the reason', async () => {
  const folder = user.makeFolder('tls')
  const request =
    'openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 2 -subj /CN=other.example'
  await ok([
    'sh',
    '-ec',
    `cd ${folder}; ${request} -addext subjectAltName=DNS:other.example -keyout key -out cert`,
  ])
  const cert = readFileSync(join(folder, 'cert'), 'utf8')
  await using secure = await BadRegistry.start({ key: readFileSync(join(folder, 'key'), 'utf8'), cert })
  user.file(`home/.config/sampan/certs.d/${secure.host}/ca.crt`, cert)
  await refused(/certificate is for another name/, ['pull', `${secure.host}/bad:1`])
})

describe('is no name of an image', () => {
  test.each([
    'docker.io/UPPER/case',
    'a b',
    'user:secret@registry.example/app',
    'https://registry.example/app',
    'app:',
    'app@sha256:123',
    'app@md5:d41d8cd98f00b204e9800998ecf8427e',
    '-app:1',
    '../../etc/passwd',
    'registry.example:port/app',
    `${'a'.repeat(300)}`,
    'app:1:2',
    '/app',
    'app/',
    '',
    '\u001b[31mred',
    'f'.repeat(64),
  ])('%j', async (text) => {
    const { code, stdout, stderr } = await user.sampan(['pull', '--', text])
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^Error: .*invalid reference format/),
    })
    expect(stderr).not.toContain('\u001b')
    expect(stderr).not.toContain('secret')
  })
})
