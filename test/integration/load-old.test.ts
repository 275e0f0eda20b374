/** Archives of Docker before 1.10: a folder a layer, each naming its parent, and no image as a whole. */
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { busyboxLayer } from '../support/images.ts'
import { sha256 } from '../support/oci-image.ts'
import { ok } from '../support/process.ts'
import { archive, entry, file, folder } from '../support/tar-bytes.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const idOf = (word: string) => sha256(word)
const [base, top] = [idOf('base'), idOf('top')]
let layers: readonly Buffer[]

beforeAll(async () => {
  const greeting = archive(folder('new'), file('new/file', 'hello'))
  layers = [Buffer.from(await busyboxLayer(join(user.folder, 'busybox'))), greeting]
})

/** As `docker save` of 1.9 wrote them. */
function layer(id: string, parent: string | undefined, tar: Buffer, more: object = {}): Buffer[] {
  const json = {
    id,
    ...(parent === undefined ? {} : { parent }),
    created: '2015-11-22T13:14:15.1Z',
    container_config: { Cmd: ['/bin/sh', '-c', `#(nop) ADD of ${parent === undefined ? 'base' : 'top'}`] },
    architecture: 'amd64',
    os: 'linux',
    Size: tar.length,
    ...more,
  }
  return [
    folder(id),
    file(`${id}/VERSION`, '1.0'),
    file(`${id}/json`, JSON.stringify(json)),
    entry({ name: `${id}/layer.tar` }, tar),
  ]
}

const whole = (parent: string | undefined = base) => [
  ...layer(base, undefined, layers[0] as Buffer),
  ...layer(top, parent, layers[1] as Buffer, {
    author: 'somebody',
    comment: 'the top',
    config: { Cmd: ['cat', '/new/file'], Env: ['A=b'] },
  }),
]
const names = (value: object) => file('repositories', JSON.stringify(value))
let stores = 0
function freshStore() {
  stores += 1
  return { SAMPAN_ROOT: user.makeFolder(`store-${stores}`, 0o700) }
}

test.each([
  ['a file', (path: string) => ['-i', path], undefined],
  ['gzip', (path: string) => ['-i', `${path}.gz`], ['gzip', '-k']],
  ['a folder', (path: string) => ['-i', `${path}.d`], ['sh', '-c', 'mkdir "$0.d" && tar -xf "$0" -C "$0.d"']],
])('%s is loaded with its names, history and settings, and runs', async (kind, words, pack) => {
  const bytes = archive(...whole(), names({ 'old/app': { '1.0': top, latest: top }, base: { x: base } }))
  const path = user.file(`${kind.replace(' ', '-')}.tar`, bytes)
  if (pack !== undefined) await user.run([...pack, path])
  const env = freshStore()
  const said = await user.ok(['load', ...words(path)], { env })
  expect(said.split('\n').sort()).toEqual([
    'Loaded image: base:x',
    'Loaded image: old/app:1.0',
    'Loaded image: old/app:latest',
  ])
  expect(await user.ok(['run', '--rm', '--network', 'none', 'old/app:1.0'], { env })).toBe('hello')
  const format = '{{.Author}} {{.Architecture}} {{.Config.Env}} {{len .RootFS.Layers}}'
  expect(await user.ok(['image', 'inspect', '-f', format, 'old/app'], { env })).toBe('somebody amd64 [A=b] 2')
  expect(await user.ok(['history', '--format', '{{.CreatedBy}}', 'old/app'], { env })).toBe(
    '/bin/sh -c #(nop) ADD of top\n/bin/sh -c #(nop) ADD of base',
  )
  // The layer below is there once.
  expect(await ok(['sh', '-c', `ls ${env.SAMPAN_ROOT}/l | wc -l`])).toBe('2\n')
  // It can go on as any other image.
  await user.ok(['save', '-o', join(user.folder, `${kind}-again.tar`), 'old/app:1.0'], { env })
})

test('without names the layers that are nobody’s parent are the images', async () => {
  const env = freshStore()
  const path = user.file('nameless.tar', archive(...whole()))
  const id = (await user.ok(['load', '-i', path], { env })).replace('Loaded image ID: ', '')
  expect(await user.ok(['run', '--rm', '--network', 'none', id], { env })).toBe('hello')
})

test.each([
  ['a parent that is missing', () => [...whole(idOf('nobody'))], /the (file|blob) .* is missing/],
  [
    'parents in a circle',
    () => [
      ...layer(base, top, layers[1] as Buffer),
      ...layer(top, base, layers[1] as Buffer),
      names({ a: { b: top } }),
    ],
    /more than 500 layers/,
  ],
  ['a layer that is no JSON', () => [file(`${top}/json`, '{'), names({ a: { b: top } })], /not valid JSON/],
  [
    'a name that leads out',
    () => [...whole(), names({ a: { b: '../../../etc' } })],
    /\.\.\/\.\.\/\.\.\/etc\/json is missing/,
  ],
])('%s is refused, and leaves nothing', async (what, parts, words) => {
  const env = freshStore()
  const path = user.file(`${what.replaceAll(' ', '-')}.tar`, archive(...parts()))
  const { code, stderr } = await user.sampan(['load', '-i', path], { env })
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(words) })
  expect(await user.ok(['images', '-aq'], { env })).toBe('')
})
