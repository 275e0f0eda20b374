/** `system check` of what is kept beside images: lists for several platforms, and what refers to images. */
import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { BadRegistry } from '../support/bad-registry.ts'
import { nativeArchitecture, sha256 } from '../support/oci-image.ts'
import { archive, file } from '../support/tar-bytes.ts'
import { testUser } from '../support/user.ts'

const user = testUser({ env: { SAMPAN_REGISTRY_TIMEOUT: '5' } })
const foreign = nativeArchitecture === 'arm64' ? 'amd64' : 'arm64'
const manifestType = 'application/vnd.oci.image.manifest.v1+json'
const blob = (digest: string) => join(user.root, 'oci/blobs/sha256', digest.slice(7))
async function check(...words: string[]) {
  const { code, stdout } = await user.sampan(['system', 'check', ...words])
  return { code, stdout }
}
const fine = { code: 0, stdout: 'No damage found\n' }
let registry: BadRegistry
let made: ReturnType<typeof serve>

/** A list of two platforms, and a signature of it. */
function serve() {
  const native = registry.image('team/app', undefined, { layers: [archive(file('native', 'n'))] })
  const other = registry.image('team/app', undefined, {
    layers: [archive(file('foreign', 'f'))],
    architecture: foreign,
  })
  const list = registry.index('team/app', '1', [
    { manifest: native.manifest, architecture: nativeArchitecture },
    { manifest: other.manifest, architecture: foreign },
  ])
  const signed = JSON.stringify({
    schemaVersion: 2,
    mediaType: manifestType,
    config: { mediaType: 'application/vnd.oci.empty.v1+json', digest: registry.blob('{}'), size: 2 },
    layers: [{ mediaType: 'application/x-signature', digest: registry.blob('signature'), size: 9 }],
    subject: { mediaType: manifestType, digest: native.manifest, size: 1 },
  })
  const signature = registry.manifest('team/app', undefined, manifestType, signed)
  const index = JSON.stringify({
    schemaVersion: 2,
    manifests: [{ mediaType: manifestType, digest: signature, size: signed.length }],
  })
  registry.disturb(new RegExp(`/referrers/${native.manifest}`), (_, reply) => reply.send(200, {}, index))
  return { native, other, list, signature, content: `sha256:${sha256('signature')}` }
}

beforeEach(async () => {
  await registry?.[Symbol.asyncDispose]()
  registry = await BadRegistry.start()
  await user.sampan(['system', 'reset', '-f'])
  made = serve()
  await user.ok(['pull', '-q', '--all-platforms', name()])
  expect(await check()).toEqual(fine)
})
afterAll(async () => await registry?.[Symbol.asyncDispose]())
const name = () => `${registry.host}/team/app:1`

/** Afterwards a push to an empty registry sends all of it. */
async function isWhole(): Promise<void> {
  expect(await check()).toEqual(fine)
  await using target = await BadRegistry.start()
  await user.ok(['tag', name(), `${target.host}/copy:1`])
  await user.ok(['push', '-q', `${target.host}/copy:1`])
  for (const digest of [made.list, made.signature, made.other.manifest]) {
    expect(target.asked(new RegExp(`^PUT .*manifests/(${digest}|1)$`))).toBeGreaterThan(0)
  }
  expect(target.has(made.content)).toBeDefined()
}

const pieces: Record<string, [piece: () => string, of: RegExp]> = {
  'the index of a list': [() => made.list, /of the list .*team\/app:1/],
  'a manifest for another platform': [() => made.other.manifest, /of the list .*team\/app:1/],
  'a configuration for another platform': [() => made.other.config, /of the list .*team\/app:1/],
  'a layer for another platform': [() => String(made.other.layers[0]), /of the list .*team\/app:1/],
  'the manifest of a signature': [() => made.signature, /of what refers to .*team\/app/],
  'a signature itself': [() => made.content, /of what refers to .*team\/app/],
}

describe('finds and fetches again', () => {
  test.each(Object.entries(pieces))('%s', async (_, [piece, of]) => {
    for (const harm of [() => rmSync(blob(piece())), () => truncateSync(blob(piece()), 1)]) {
      harm()
      const found = await check('--quick')
      expect(found).toMatchObject({ code: 1, stdout: expect.stringMatching(of) })
      expect(found.stdout).toMatch(/Damage found: 1, repaired: 0\n$/)
      const { code, stdout } = await check('--repair')
      expect({ code, stdout }).toEqual({
        code: 0,
        stdout: expect.stringMatching(
          /\n {2}repaired: fetched again\n[\s\S]*Damage found: 1, repaired: 1\n$/,
        ),
      })
    }
    const bytes = readFileSync(blob(piece()))
    writeFileSync(blob(piece()), Buffer.from(bytes.map((byte, at) => (at === 0 ? byte ^ 1 : byte))))
    expect((await check('--quick')).code).toBe(0)
    expect((await check('--repair')).stdout).toMatch(
      /is damaged: its bytes have another digest\n {2}repaired/,
    )
    await isWhole()
  })

  test('pull --all-platforms does it, too', async () => {
    rmSync(blob(made.list))
    rmSync(blob(String(made.other.layers[0])))
    await user.ok(['pull', '-q', '--all-platforms', name()])
    await isWhole()
  })
})

describe('where nobody has it any more', () => {
  beforeEach(() => registry.disturb(/./, (_, reply) => reply.send(404)))

  test('of a list is told, and kept', async () => {
    rmSync(blob(String(made.other.layers[0])))
    const { code, stdout } = await check('--repair')
    expect({ code, stdout }).toEqual({
      code: 1,
      stdout: expect.stringMatching(/the list cannot be pushed or saved as a whole: .*manifest rm /),
    })
    expect(JSON.parse(await user.ok(['manifest', 'inspect', name()])).manifests).toHaveLength(2)
  })

  test('the list itself goes, its image stays', async () => {
    rmSync(blob(made.list))
    expect((await check('--repair')).stdout).toMatch(/repaired: nobody has it: the list was dropped/)
    expect((await check()).code).toBe(0)
    expect(await user.ok(['images', '--format', '{{.Tag}}', `${registry.host}/team/app`])).toBe('1')
  })

  test('a signature goes, its image stays', async () => {
    rmSync(blob(made.content))
    expect((await check('--repair')).stdout).toMatch(/repaired: nobody has it: it was dropped/)
    expect((await check()).code).toBe(0)
    await user.ok(['image', 'prune', '-f'])
    expect(await user.ok(['images', '--format', '{{.Tag}}', `${registry.host}/team/app`])).toBe('1')
  })
})

describe('images.json', () => {
  const path = () => join(user.root, 'images.json')

  test('is made again from index.json with lists and signatures', async () => {
    writeFileSync(path(), '{')
    expect((await check('--repair')).stdout).toMatch(/repaired: made again from oci\/index\.json/)
    await isWhole()
  })

  test('is made again from the blobs alone, where a signature is no image', async () => {
    writeFileSync(path(), '{')
    writeFileSync(join(user.root, 'oci/index.json'), '{')
    expect((await check('--repair')).stdout).toMatch(/their names are lost/)
    const ids = (await user.ok(['images', '-aq', '--no-trunc'])).split('\n').sort()
    expect(ids).toEqual([made.native.config, made.other.config].sort())
    expect(existsSync(blob(made.content))).toBe(true)
  })

  test('was written and index.json was not: it follows', async () => {
    const index = join(user.root, 'oci/index.json')
    const before = readFileSync(index)
    await user.ok(['tag', name(), 'new:1'])
    writeFileSync(index, before)
    const { code, stdout } = await check('--repair')
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/index\.json is not what images\.json says\n {2}repaired: written again/),
    })
    expect(readFileSync(index, 'utf8')).toContain('docker.io/library/new:1')
  })
})
