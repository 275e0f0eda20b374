/** What refers to an image (signatures, attestations) comes with a pull and goes with a push. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BadRegistry } from '../support/bad-registry.ts'
import { busyboxLayer } from '../support/images.ts'
import { sha256, writeLayout } from '../support/oci-image.ts'
import { ok } from '../support/process.ts'
import { type Registry, startRegistry } from '../support/registry.ts'
import { file } from '../support/tar-bytes.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const manifestType = 'application/vnd.oci.image.manifest.v1+json'
const indexType = 'application/vnd.oci.image.index.v1+json'
const emptyConfig = '{}'
const signature = 'a signature, if you believe it'
let source: Registry
let target: Registry
let bad: BadRegistry

beforeAll(async () => {
  source = await startRegistry()
  target = await startRegistry()
  bad = await BadRegistry.start()
})
afterAll(async () => {
  await source[Symbol.asyncDispose]()
  await target[Symbol.asyncDispose]()
  await bad[Symbol.asyncDispose]()
})

/** A manifest that refers to another, with its index as a registry answers. */
function referrerOf(subject: { digest: string; size: number }) {
  const describe = (mediaType: string, text: string) => ({
    mediaType,
    digest: `sha256:${sha256(text)}`,
    size: text.length,
  })
  const text = JSON.stringify({
    schemaVersion: 2,
    mediaType: manifestType,
    artifactType: 'application/x-test-signature',
    config: describe('application/vnd.oci.empty.v1+json', emptyConfig),
    layers: [describe('application/x-test-signature', signature)],
    subject: { mediaType: manifestType, ...subject },
    annotations: { by: 'me' },
  })
  const own = { ...describe(manifestType, text), artifactType: 'application/x-test-signature' }
  return { text, own, index: JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests: [own] }) }
}

const curl = (...words: string[]) => ok(['curl', '--silent', '--show-error', '--fail', ...words])

async function putBlob(base: string, text: string) {
  const begun = await curl('-i', '-X', 'POST', `${base}/blobs/uploads/`)
  const location = /^location: (\S+)/im.exec(begun)?.[1] ?? ''
  const sign = location.includes('?') ? '&' : '?'
  await curl(
    '-X',
    'PUT',
    '-H',
    'content-type: application/octet-stream',
    '--data-binary',
    text,
    `${location}${sign}digest=sha256:${sha256(text)}`,
  )
}

const putManifest = (base: string, which: string, type: string, text: string) =>
  curl('-X', 'PUT', '-H', `content-type: ${type}`, '--data-binary', text, `${base}/manifests/${which}`)

const rawOf = (name: string) => ok(['skopeo', 'inspect', '--raw', '--tls-verify=false', `docker://${name}`])

test('through registries that only know the tag that stands in for the list', async () => {
  const layout = user.makeFolder('layout')
  writeLayout(layout, '1', {
    layers: [await busyboxLayer(join(user.folder, 'busybox'))],
    config: { Cmd: ['true'] },
  })
  const image = await source.push(layout, '1', 'team/app:1')
  const manifest = await rawOf(image)
  const digest = `sha256:${sha256(manifest)}`
  const referrer = referrerOf({ digest, size: manifest.length })
  const base = `http://${source.host}/v2/team/app`
  await putBlob(base, emptyConfig)
  await putBlob(base, signature)
  await putManifest(base, referrer.own.digest, manifestType, referrer.text)
  await putManifest(base, digest.replace(':', '-'), indexType, referrer.index)

  await user.ok(['pull', '-q', image])
  const name = `${target.host}/copy:1`
  await user.ok(['tag', image, name])
  await user.ok(['push', '-q', name])

  const listed = JSON.parse(
    await curl(
      `http://${target.host}/v2/copy/manifests/${digest.replace(':', '-')}`,
      '-H',
      `accept: ${indexType}`,
    ),
  )
  expect(listed.manifests).toEqual([{ ...referrer.own, annotations: { by: 'me' } }])
  expect(await rawOf(`${target.host}/copy@${referrer.own.digest}`)).toBe(referrer.text)
  expect(await curl(`http://${target.host}/v2/copy/blobs/sha256:${sha256(signature)}`)).toBe(signature)

  // Pushed again: nothing is listed twice.
  await user.ok(['push', '-q', name])
  const again = JSON.parse(
    await curl(
      `http://${target.host}/v2/copy/manifests/${digest.replace(':', '-')}`,
      '-H',
      `accept: ${indexType}`,
    ),
  )
  expect(again.manifests).toHaveLength(1)

  // Kept as long as the image.
  await user.ok(['rmi', '-f', image, name])
  expect(await ok(['find', join(user.folder, 'data/oci/blobs/sha256'), '-type', 'f'])).toBe('')
})

test('by the referrers API where there is one, without a tag', async () => {
  const made = bad.image('app', '1', { layers: [Buffer.concat([file('a', 'a'), Buffer.alloc(1024)])] })
  const referrer = referrerOf({ digest: made.manifest, size: 100 })
  bad.blob(emptyConfig)
  bad.blob(signature)
  bad.manifest('app', undefined, manifestType, referrer.text)
  bad.disturb(/GET \/v2\/\w+\/referrers/, (_, reply) =>
    reply.send(200, { 'content-type': indexType }, referrer.index),
  )
  bad.disturb(/PUT .*\/manifests\//, (request, reply) => {
    const digest = `sha256:${sha256(request.body)}`
    reply.send(201, { 'docker-content-digest': digest, 'oci-subject': made.manifest })
  })
  await user.ok(['pull', '-q', `${bad.host}/app:1`])
  const name = `${bad.host}/other:1`
  await user.ok(['tag', `${bad.host}/app:1`, name])
  await user.ok(['push', '-q', name])
  expect(bad.asked(new RegExp(`PUT /v2/other/manifests/${referrer.own.digest}`))).toBe(1)
  expect(bad.asked(/PUT .*manifests\/sha256-/)).toBe(0)
  bad.calm()
})

const elsewhere = (text: string) => referrerOf({ digest: `sha256:${sha256(text)}`, size: 1 })

test.each([
  ['is of another image', elsewhere('x').index],
  ['is not there', elsewhere('y').index],
  ['is nonsense', '{"schemaVersion":2'],
])('one that %s keeps no pull from its image', async (_, index) => {
  bad.image('odd', '1', { layers: [Buffer.concat([file('b', 'b'), Buffer.alloc(1024)])] })
  bad.manifest('odd', undefined, manifestType, elsewhere('x').text)
  bad.disturb(/referrers/, (_request, reply) => reply.send(200, {}, index))
  expect(await user.ok(['pull', '-q', `${bad.host}/odd:1`])).toBe(`${bad.host}/odd:1`)
  await user.ok(['rmi', `${bad.host}/odd:1`])
  bad.calm()
})

describe('in archives', () => {
  /** An image with a signature, and a signature of that, pulled into a store of its own. */
  async function pulled(repository: string) {
    const made = bad.image(repository, '1', {
      layers: [Buffer.concat([file(repository, 'c'), Buffer.alloc(1024)])],
    })
    const first = referrerOf({ digest: made.manifest, size: 100 })
    const second = referrerOf({ digest: first.own.digest, size: 100 })
    bad.blob(emptyConfig)
    bad.blob(signature)
    const indexes = new Map([
      [made.manifest, first.index],
      [first.own.digest, second.index],
    ])
    for (const { text } of [first, second]) bad.manifest(repository, undefined, manifestType, text)
    bad.disturb(/GET \/v2\/\w+\/referrers/, ({ path }, reply) => {
      const index = indexes.get(path.replace(/.*\//, ''))
      if (index === undefined) reply.send(404)
      else reply.send(200, { 'content-type': indexType }, index)
    })
    const name = `${bad.host}/${repository}:1`
    await user.ok(['pull', '-q', name])
    bad.calm()
    return { name, digests: [first.own.digest, second.own.digest] }
  }

  /** What a push from this store says refers to something, by the tags that stand in for the API. */
  async function pushedFrom(store: string, name: string): Promise<string[]> {
    const target = `${bad.host}/${store.replace(/\W/g, '')}:1`
    const root = ['--root', join(user.folder, store)]
    await user.ok([...root, 'tag', name, target])
    bad.requests.length = 0
    await user.ok([...root, 'push', '-q', target])
    return bad.requests.flatMap((line) => /^PUT .*\/manifests\/(sha256:\w+)$/.exec(line)?.[1] ?? [])
  }

  test.each(['docker-archive', 'oci-archive', 'oci-dir'])(
    'as %s they go with save and come with load',
    async (format) => {
      const { name, digests } = await pulled(`saved-${format}`.replace(/-/g, ''))
      const path = join(user.folder, `saved-${format}`)
      await user.ok(['save', '--format', format, '-o', path, name])
      const store = `loaded-${format}`
      await user.ok(['--root', join(user.folder, store), 'load', '-q', '-i', path])
      expect(await pushedFrom(store, name)).toEqual(digests)
      // Other tools see one image, as before.
      if (format !== 'docker-archive') {
        const transport = format === 'oci-dir' ? 'oci' : 'oci-archive'
        await ok(['skopeo', 'inspect', `${transport}:${path}`])
      }
      await user.ok(['--root', join(user.folder, store), 'system', 'reset', '-f'])
    },
  )

  test('with image scp they arrive, and are gone with the image', async () => {
    const { name, digests } = await pulled('copied')
    const store = join(user.folder, 'there')
    await user.ok(['image', 'scp', name, `${store}::`])
    expect(await pushedFrom('there', name)).toEqual(digests)
    await user.ok(['--root', store, 'rmi', '-f', name])
    await user.ok(['--root', store, 'image', 'prune', '-af'])
    expect(await ok(['find', join(store, 'oci/blobs/sha256'), '-type', 'f'])).toBe('')
  })

  test('those that another tool listed in index.json are taken, too', async () => {
    const { name, digests } = await pulled('listed')
    const path = join(user.folder, 'listed')
    await user.ok(['save', '--format', 'oci-dir', '-o', path, name])
    const index = JSON.parse(readFileSync(join(path, 'index.json'), 'utf8'))
    const own = JSON.parse(
      readFileSync(join(path, 'blobs/sha256', index.annotations['sampan.referrers'].slice(7)), 'utf8'),
    )
    writeFileSync(
      join(path, 'index.json'),
      JSON.stringify({ schemaVersion: 2, manifests: [...own.manifests, ...index.manifests] }),
    )
    await user.ok(['--root', join(user.folder, 'from-oras'), 'load', '-q', '-i', path])
    expect(await pushedFrom('from-oras', name)).toEqual(digests)
    await user.ok(['--root', join(user.folder, 'from-oras'), 'system', 'reset', '-f'])
  })

  test('they survive the loss of images.json', async () => {
    const { name, digests } = await pulled('rebuilt')
    writeFileSync(join(user.root, 'images.json'), '{"version":1,')
    await user.ok(['system', 'check', '--repair', '--quick'])
    const target = `${bad.host}/rebuilttoo:1`
    await user.ok(['tag', name, target])
    bad.requests.length = 0
    await user.ok(['push', '-q', target])
    for (const digest of digests) {
      expect(bad.asked(new RegExp(`^PUT /v2/rebuilttoo/manifests/${digest}$`))).toBe(1)
    }
  })
})

test('a list of referrers of several pages is read to its end', async () => {
  const made = bad.image('pages', '1', { layers: [Buffer.concat([file('p', 'p'), Buffer.alloc(1024)])] })
  const referrers = [1, 2, 3].map((size) => referrerOf({ digest: made.manifest, size }))
  bad.blob(emptyConfig)
  bad.blob(signature)
  for (const { text } of referrers) bad.manifest('pages', undefined, manifestType, text)
  bad.disturb(new RegExp(`GET /v2/pages/referrers/${made.manifest}`), ({ path }, reply) => {
    const at = Number(/last=(\d)/.exec(path)?.[1] ?? 0)
    const link = { link: `<${path.replace(/\?.*/, '')}?last=${at + 1}>; rel="next"` }
    reply.send(200, { 'content-type': indexType, ...(at < 2 ? link : {}) }, referrers[at]?.index ?? '')
  })
  await user.ok(['pull', '-q', `${bad.host}/pages:1`])
  for (const { own } of referrers) expect(bad.asked(new RegExp(`GET .*/manifests/${own.digest}`))).toBe(1)
  bad.calm()
})
