import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ImageUse } from '../../../src/images/removal-rules.ts'
import { removeImage } from '../../../src/images/remove.ts'
import { ImageStore } from '../../../src/images/store.ts'
import type { Digest } from '../../../src/oci/digest.ts'
import { hexOf, shortId } from '../../../src/oci/digest.ts'
import { mediaType } from '../../../src/oci/media-types.ts'
import { familiarName, parseReference } from '../../../src/oci/reference.ts'
import { directories } from '../../../src/platform/host/directories.ts'
import { digestOf } from '../../../src/platform/host/sha256.ts'

let folder: string
let store: ImageStore

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'store-'))
  store = new ImageStore(directories({ HOME: folder }, join(folder, 'data')))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

const at = (path: string) => join(folder, 'data', path)
const json = (path: string) => JSON.parse(readFileSync(at(path), 'utf8'))

/** An image of layers that are marked as unpacked. What tells images apart is `comment`. */
function add(comment: string, names: readonly string[], layers: readonly string[] = [], docker = false) {
  const diffIds = layers.map((layer) => digestOf(`tar ${layer}`))
  for (const diffId of diffIds) {
    mkdirSync(at(`layers/${hexOf(diffId)}/fs`), { recursive: true })
    const marker = {
      version: 1,
      diffId,
      size: 1000,
      entries: 1,
      link: `l${hexOf(diffId).slice(0, 5)}`,
      mapping: 'full',
    }
    writeFileSync(at(`layers/${hexOf(diffId)}/layer.json`), JSON.stringify(marker))
  }
  const config = {
    os: 'linux',
    architecture: 'amd64',
    comment,
    rootfs: { type: 'layers', diff_ids: diffIds },
  }
  const blob = (type: string, text: string) => ({
    mediaType: type,
    digest: store.writeBlob(text),
    size: text.length,
  })
  const type = docker ? mediaType.dockerManifest : mediaType.ociManifest
  const manifest = store.writeBlob(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: type,
      config: blob(docker ? mediaType.dockerConfig : mediaType.ociConfig, JSON.stringify(config)),
      layers: layers.map((layer) =>
        blob(docker ? mediaType.dockerLayer : mediaType.ociLayer, `tar ${layer}`),
      ),
    }),
  )
  return store.add({ manifest, mediaType: type, names: names.map(parseReference) })
}

const namesOf = (id: Digest) => store.find(id).names.map(familiarName)
const remove = (name: string, force = false, uses: readonly ImageUse[] = []) =>
  removeImage(store, name, { force, uses: () => uses })

describe('finding an image', () => {
  test('by name, whole id, and the beginning of an id', () => {
    const { id } = add('one', ['app:1'])
    for (const word of [
      'app:1',
      'docker.io/library/app:1',
      id,
      hexOf(id),
      shortId(id),
      id.slice(0, 12),
      hexOf(id).slice(0, 3),
    ]) {
      expect(store.find(word).id).toBe(id)
    }
  })

  test('prefers a name to the beginning of an id', () => {
    const first = add('one', [])
    const name = shortId(first.id).slice(0, 4)
    const second = add('two', [`${name}:latest`])
    expect(store.find(name).id).toBe(second.id)
  })

  test.each([
    ['nothing', 'No such image: nothing:latest'],
    ['host.com/x:1', 'No such image: host.com/x:1'],
    [`x@${digestOf('x')}`, `No such image: x@${digestOf('x')}`],
    [digestOf('y'), `No such image: ${digestOf('y')}`],
    ['0123456789ab', 'No such image: 0123456789ab'],
  ])('%s that is not there is said so', (word, message) => {
    expect(() => store.find(word)).toThrow(expect.objectContaining({ message, kind: 'no-such-image' }))
  })

  test('by a beginning that two have is refused', () => {
    const ids = Array.from({ length: 40 }, (_, at) => hexOf(add(String(at), []).id))
    const prefix = ids
      .map((id) => id.slice(0, 1))
      .find((digit) => ids.filter((id) => id.startsWith(digit)).length > 1)
    expect(() => store.find(String(prefix))).toThrow(/is ambiguous/)
  })
})

describe('names', () => {
  test('move to the image that gets them, and leave the other dangling', () => {
    const old = add('old', ['app'])
    const young = add('young', ['app:latest'])
    expect(namesOf(old.id)).toEqual([])
    expect(store.find('app').id).toBe(young.id)
    expect(store.list()).toHaveLength(2)
  })

  test('are given and taken', () => {
    const image = add('one', ['app:1'])
    store.tag(image, parseReference('other:2'))
    expect(namesOf(image.id)).toEqual(['app:1', 'other:2'])
    store.untag(parseReference('app:1'))
    expect(namesOf(image.id)).toEqual(['other:2'])
  })

  test('of one configuration under two manifests are one image', () => {
    const oci = add('one', ['a:1'])
    const docker = add('one', ['b:1'], [], true)
    expect(docker.id).toBe(oci.id)
    expect(store.list()).toHaveLength(1)
    expect(namesOf(oci.id)).toEqual(['a:1', 'b:1'])
  })
})

describe('an image', () => {
  test('has its layers lowest first, one that comes twice at its upper place', () => {
    const image = add('one', ['a'], ['x', 'y', 'x'])
    expect(image.layers.map(({ diffId }) => diffId)).toEqual([digestOf('tar y'), digestOf('tar x')])
    expect(image.layers[0]?.folder).toBe(at(`layers/${hexOf(digestOf('tar y'))}/fs`))
    expect(image.size).toBe(2000)
  })

  test('is not added without its layers and blobs', () => {
    const image = add('one', ['a'], ['x'])
    rmSync(at(`layers/${hexOf(digestOf('tar x'))}`), { recursive: true })
    const again = () => store.add({ manifest: image.manifest, mediaType: mediaType.ociManifest, names: [] })
    expect(again).toThrow(expect.objectContaining({ kind: 'damaged' }))
    expect(() => store.find('a').layers).toThrow(/is incomplete: layer .* is not unpacked/)
  })
})

describe('the layout for other tools', () => {
  test('lists names, and images without any', () => {
    add('one', ['app:1', 'app:2'])
    add('two', [])
    const entries = json('oci/index.json').manifests as { annotations: Record<string, string> }[]
    expect(entries.map(({ annotations }) => annotations['org.opencontainers.image.ref.name'])).toEqual([
      'docker.io/library/app:1',
      'docker.io/library/app:2',
      undefined,
    ])
    expect(json('oci/oci-layout')).toEqual({ imageLayoutVersion: '1.0.0' })
  })

  test("shows Docker's manifests by their OCI twins", () => {
    const image = add('one', ['app'], ['x'], true)
    const [entry] = json('oci/index.json').manifests
    expect(entry.mediaType).toBe(mediaType.ociManifest)
    expect(entry.digest).not.toBe(image.manifest)
    const twin = store.readManifest(entry.digest)
    expect(twin.config).toMatchObject({ digest: image.id, mediaType: mediaType.ociConfig })
    expect(twin.layers[0]?.mediaType).toBe(mediaType.ociLayer)
    expect(store.find('app').manifest).toBe(image.manifest)
  })
})

describe('a damaged store', () => {
  test.each(['', '{', '{"version":2}', '{"version":1,"manifests":{},"names":{"a":{"manifest":"x"}}}', '[]'])(
    'with %j in images.json goes on with what index.json says',
    (text) => {
      const image = add('one', ['app:1'])
      writeFileSync(at('images.json'), text)
      expect(store.find('app:1').id).toBe(image.id)
      store.tag(image, parseReference('app:2'))
      expect(namesOf(image.id)).toEqual(['app:1', 'app:2'])
    },
  )

  test('keeps the damaged file for whoever wants to look', () => {
    const image = add('one', ['app:1'])
    writeFileSync(at('images.json'), 'broken')
    store.tag(image, parseReference('app:2'))
    const kept = readdirSync(at('.')).filter((name) => name.startsWith('images.json.damaged-'))
    expect(kept.map((name) => readFileSync(at(name), 'utf8'))).toEqual(['broken'])
  })

  test('with both files damaged names the file', () => {
    add('one', ['app:1'])
    writeFileSync(at('images.json'), '{')
    writeFileSync(at('oci/index.json'), '{')
    expect(() => store.find('app:1')).toThrow(/images\.json is damaged/)
  })

  test('lets an image go whose configuration is damaged', () => {
    const image = add('one', ['app:1'])
    writeFileSync(store.blobPath(image.id), 'x')
    expect(() => store.find('app:1').config).toThrow(/is damaged: its bytes have another digest/)
    expect(remove('app:1').deleted).toEqual([image.id])
    expect(store.list()).toEqual([])
  })
})

describe('removal', () => {
  const container = (id: Digest, running: boolean): ImageUse => ({
    container: 'c'.repeat(64),
    running,
    image: id,
    layers: [],
  })

  test('of one of two names takes the name only', () => {
    const { id } = add('one', ['a:1', 'b:1'])
    expect(remove('a:1')).toMatchObject({ untagged: ['a:1'], deleted: [] })
    expect(namesOf(id)).toEqual(['b:1'])
  })

  test('of the last name takes the image and its blobs, and leaves those of others', () => {
    const one = add('one', ['a:1'])
    const other = add('two', ['b:1'])
    expect(remove('a:1')).toMatchObject({ untagged: ['a:1'], deleted: [one.id] })
    expect(readdirSync(at('oci/blobs/sha256')).sort()).toEqual(
      [hexOf(other.id), hexOf(other.manifest)].sort(),
    )
  })

  test('of the last tag takes the digests of its repository along', () => {
    const image = add('one', ['a:1'])
    const pinned = `a@${image.manifest}`
    store.tag(image, parseReference(pinned))
    expect(remove('a:1')).toMatchObject({ untagged: ['a:1', pinned], deleted: [image.id] })
  })

  test('by id takes all names of one repository, and not those of two', () => {
    const { id } = add('one', ['a:1'])
    expect(remove(shortId(id)).untagged).toEqual(['a:1'])
    const second = add('two', ['a:1', 'b:1'])
    expect(() => remove(shortId(second.id))).toThrow(
      `conflict: unable to delete ${shortId(second.id)} (must be forced) - image is referenced in multiple repositories`,
    )
    expect(remove(shortId(second.id), true).untagged).toEqual(['a:1', 'b:1'])
  })

  test('while a container uses it follows Docker', () => {
    const { id } = add('one', ['a:1'])
    const short = shortId(id)
    expect(() => remove('a:1', false, [container(id, true)])).toThrow(
      `conflict: unable to remove repository reference "a:1" (must force) - container cccccccccccc is using its referenced image ${short}`,
    )
    expect(() => remove(short, false, [container(id, false)])).toThrow(
      `conflict: unable to delete ${short} (must be forced) - image is being used by stopped container cccccccccccc`,
    )
    expect(() => remove(short, true, [container(id, true)])).toThrow(
      `conflict: unable to delete ${short} (cannot be forced) - image is being used by running container cccccccccccc`,
    )
    expect(remove('a:1', true, [container(id, false)]).deleted).toEqual([id])
  })

  test('takes along what interrupted pulls left a day ago', () => {
    add('one', ['a:1'])
    mkdirSync(at('oci/partial'))
    const [old, young] = [hexOf(digestOf('old')), hexOf(digestOf('young'))]
    for (const hex of [old, young]) writeFileSync(at(`oci/partial/${hex}`), 'part')
    utimesSync(at(`oci/partial/${old}`), 0, Date.now() / 1000 - 25 * 3600)
    remove('a:1')
    expect(readdirSync(at('oci/partial'))).toEqual([young])
  })

  test('takes along what killed processes did not finish, and leaves what living ones write', () => {
    add('one', ['a:1'])
    const dead = ['images.json.tmp-4194305-1abcdef', 'oci/index.json.tmp-4194305-1abcdef']
    const alive = `oci/blobs/sha256/x.tmp-${process.pid}-1abcdef`
    for (const path of [...dead, alive]) writeFileSync(at(path), 'half')
    remove('a:1')
    expect([...dead, alive].map((path) => existsSync(at(path)))).toEqual([false, false, true])
  })

  test('leaves blobs that a pull under way may need, and takes those nobody came for', () => {
    add('one', ['a:1'])
    const young = store.writeBlob('young')
    const old = store.writeBlob('old')
    utimesSync(store.blobPath(old), 0, Date.now() / 1000 - 2 * 3600)
    remove('a:1')
    expect(readdirSync(at('oci/blobs/sha256'))).toEqual([hexOf(young)])
  })

  test('of one name is fine while a container uses the image by another', () => {
    const { id } = add('one', ['a:1', 'b:1'])
    expect(remove('a:1', false, [container(id, true)])).toMatchObject({ untagged: ['a:1'], deleted: [] })
  })
})
