import { describe, expect, test } from 'vitest'
import { parseDigest } from '../../../src/oci/digest.ts'
import { checkLayerCount, parseImageConfig } from '../../../src/oci/image-config.ts'
import type { Index } from '../../../src/oci/manifest.ts'
import { chooseManifest, parseManifest } from '../../../src/oci/manifest.ts'
import { compressionOf } from '../../../src/oci/media-types.ts'
import { formatPlatform, hostPlatform, parsePlatform, suitability } from '../../../src/oci/platform.ts'

const digest = (fill: string) => `sha256:${fill.repeat(64)}`
const oci = 'application/vnd.oci.image'
const docker = 'application/vnd.docker.distribution'
const descriptor = (fill: string, size = 1) => ({
  mediaType: `${oci}.layer.v1.tar+gzip`,
  digest: digest(fill),
  size,
})
const manifest = (more: object = {}) =>
  JSON.stringify({ schemaVersion: 2, config: descriptor('c'), layers: [descriptor('1')], ...more })

describe('a manifest', () => {
  test('is read with its layers, lowest first', () => {
    const parsed = parseManifest(
      manifest({ layers: [descriptor('1'), descriptor('2')] }),
      `${oci}.manifest.v1+json`,
      'x',
    )
    expect(parsed).toMatchObject({
      kind: 'manifest',
      layers: [{ digest: digest('1') }, { digest: digest('2') }],
    })
  })

  test.each([
    [
      'its own type wins over the carrier',
      manifest({ mediaType: `${oci}.manifest.v1+json` }),
      `${oci}.index.v1+json`,
      'manifest',
    ],
    [
      'the carrier decides where it has none',
      manifest(),
      `${docker}.manifest.v2+json; charset=utf-8`,
      'manifest',
    ],
    ['its members decide last', '{"schemaVersion":2,"manifests":[]}', 'text/plain', 'index'],
  ])('%s', (_, text, type, kind) => {
    expect(parseManifest(text, type, 'x').kind).toBe(kind)
  })

  const refused: [why: string, text: string, type: string | undefined, words: RegExp][] = [
    ['schema 1', '{"schemaVersion":1,"fsLayers":[]}', `${docker}.manifest.v1+prettyjws`, /schema 1 manifest/],
    ['schema 1 by its version alone', '{"schemaVersion":1}', 'application/json', /schema 1 manifest/],
    [
      'an artifact',
      '{"mediaType":"application/vnd.x+json"}',
      undefined,
      /is of type application\/vnd.x\+json, not a container image/,
    ],
    ['no JSON', '<html>', undefined, /not valid JSON/],
    ['a list', '[]', undefined, /not an object/],
    ['layers that are no list', manifest({ layers: {} }), `${oci}.manifest.v1+json`, /layers is not a list/],
    [
      'a layer without digest',
      manifest({ layers: [{ size: 1 }] }),
      `${oci}.manifest.v1+json`,
      /digest is not a string/,
    ],
    [
      'a digest that leads out of the store',
      manifest({ config: { ...descriptor('c'), digest: 'sha256:../../x' } }),
      undefined,
      /64 hexadecimal digits/,
    ],
    ['a size below zero', manifest({ layers: [descriptor('1', -1)] }), undefined, /size is negative/],
    [
      'a size beyond doubles',
      manifest({ layers: [descriptor('1', 2 ** 60)] }),
      undefined,
      /not a whole number/,
    ],
    [
      '501 layers',
      manifest({ layers: Array.from({ length: 501 }, () => descriptor('1')) }),
      undefined,
      /501 layers/,
    ],
  ]
  test.each(refused)('%s is refused', (_, text, type, words) => {
    expect(() => parseManifest(text, type, 'x')).toThrow(words)
  })
})

describe('digests', () => {
  test.each([
    [`sha512:${'a'.repeat(128)}`, /digests of type sha512 are not supported/],
    ['sha256:ABC', /64 hexadecimal digits/],
    [`SHA256:${'a'.repeat(64)}`, /64 hexadecimal digits/],
    [`sha256:${'A'.repeat(64)}`, /64 hexadecimal digits/],
    ['', /64 hexadecimal digits/],
  ])('%s is refused', (text, words) => {
    expect(() => parseDigest(text)).toThrow(words)
  })
})

describe('the layers of an image', () => {
  test.each([
    [`${oci}.layer.v1.tar`, 'none'],
    [`${oci}.layer.v1.tar+zstd`, 'zstd'],
    ['application/vnd.docker.image.rootfs.diff.tar.gzip', 'gzip'],
  ])('%s is %s', (type, compression) => {
    expect(compressionOf(type)).toBe(compression)
  })

  test.each([
    ['application/vnd.docker.image.rootfs.foreign.diff.tar.gzip', /foreign layer/],
    [`${oci}.layer.nondistributable.v1.tar+gzip`, /foreign layer/],
    [`${oci}.layer.v1.tar+gzip+encrypted`, /are not supported/],
    ['__proto__', /are not supported/],
  ])('%s is refused', (type, words) => {
    expect(() => compressionOf(type)).toThrow(words)
  })
})

describe('platforms', () => {
  test.each([
    ['linux/amd64', 'linux/amd64'],
    ['amd64', 'linux/amd64'],
    ['x86_64', 'linux/amd64'],
    ['Linux/ARM64/v8', 'linux/arm64'],
    ['aarch64', 'linux/arm64'],
    ['linux/arm/v6', 'linux/arm/v6'],
    ['armhf', 'linux/arm/v7'],
    ['windows/amd64', 'windows/amd64'],
  ])('%s means %s', (text, means) => {
    expect(formatPlatform(parsePlatform(text))).toBe(means)
  })

  test.each(['', 'a/b/c/d', 'linux//x', 'li nux'])('%j is none', (text) => {
    expect(() => parsePlatform(text)).toThrow(/is an invalid platform/)
  })

  test.each([
    ['linux/amd64', 'linux/amd64', true],
    ['linux/amd64', 'linux/amd64/v3', false],
    ['linux/amd64/v3', 'linux/amd64', true],
    ['linux/arm/v7', 'linux/arm/v6', true],
    ['linux/arm/v6', 'linux/arm/v7', false],
    ['linux/arm', 'linux/arm/v7', true],
    ['linux/arm64', 'linux/arm64/v8', true],
    ['linux/amd64', 'linux/386', false],
    ['linux/amd64', 'windows/amd64', false],
  ])('for %s an image of %s: %s', (wanted, offered, suits) => {
    expect(suitability(parsePlatform(wanted), parsePlatform(offered)) > 0).toBe(suits)
  })
})

describe('an index', () => {
  const index = (...platforms: (string | undefined)[]): Index => {
    const parsed = parseManifest(
      JSON.stringify({
        manifests: platforms.map((text, at) => {
          const [os, architecture, variant] = text?.split('/') ?? []
          const platform = text === undefined ? {} : { platform: { os, architecture, variant } }
          return { mediaType: `${oci}.manifest.v1+json`, digest: digest(String(at)), size: 1, ...platform }
        }),
      }),
      `${oci}.index.v1+json`,
      'x',
    )
    if (parsed.kind !== 'index') throw new Error('no index')
    return parsed
  }
  const choose = (wanted: string, ...platforms: (string | undefined)[]) =>
    Number(chooseManifest(index(...platforms), parsePlatform(wanted), 'x').digest[7])

  test.each([
    ['the exact one', 'linux/arm/v7', ['linux/arm/v6', 'linux/arm/v7', 'linux/amd64'], 1],
    ['the newest older variant', 'linux/arm/v7', ['linux/arm/v5', 'linux/arm/v6'], 1],
    ['the first of equals', 'linux/amd64', ['linux/amd64', 'linux/amd64'], 0],
    ['one without a platform when nothing suits', 'linux/amd64', ['linux/arm64', undefined], 1],
    ['no attestation', 'linux/amd64', ['unknown/unknown', 'linux/amd64'], 1],
  ])('gives %s', (_, wanted, platforms, at) => {
    expect(choose(wanted, ...platforms)).toBe(at)
  })

  test('says what there is when nothing suits', () => {
    expect(() => choose('linux/s390x', 'linux/amd64', 'unknown/unknown')).toThrow(
      expect.objectContaining({
        message: 'no matching manifest for linux/s390x in the manifest list entries of x',
        hint: 'the image is there for: linux/amd64',
      }),
    )
  })

  test('knows this machine', () => {
    expect(hostPlatform('x64')).toEqual({ os: 'linux', architecture: 'amd64' })
    expect(hostPlatform('arm')).toEqual({ os: 'linux', architecture: 'arm', variant: 'v7' })
  })
})

describe('a configuration', () => {
  const parse = (value: object) => parseImageConfig(JSON.stringify(value), 'config')
  const rootfs = { type: 'layers', diff_ids: [digest('d')] }

  test('may have null wherever Go writes it', () => {
    const parsed = parse({
      rootfs,
      os: 'linux',
      architecture: 'amd64',
      config: { Env: null, Cmd: null, Volumes: null },
      history: null,
    })
    expect(parsed.config).toEqual({})
    expect(parsed.history).toEqual([])
  })

  test.each([
    [{ rootfs, config: { Env: 'A=b' } }, /config: config.Env is not a list/],
    [{ rootfs, config: { Cmd: [1] } }, /config.Cmd\[0\] is not a string/],
    [{ rootfs, config: { Labels: { a: 1 } } }, /Labels.a is not a string/],
    [{ rootfs, config: { ExposedPorts: { '80/tcp': null } } }, /80\/tcp is not an object/],
    [{ rootfs: { diff_ids: ['sha256:../x'] } }, /64 hexadecimal digits/],
    [{}, /rootfs is not an object/],
  ])('%j is refused', (value, words) => {
    expect(() => parse(value)).toThrow(words)
  })

  test('must have as many layers as its manifest', () => {
    expect(() => checkLayerCount(parse({ rootfs }), 2, 'x')).toThrow(
      'x: the manifest has 2 layers, the configuration 1',
    )
  })
})
