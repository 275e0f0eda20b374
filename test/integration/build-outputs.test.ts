/** What `build` leaves: files, archives, images, pushes. */
import { execFileSync } from 'node:child_process'
import { lstatSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { type Registry, startRegistry } from '../support/registry.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
let context = ''
let registry: Registry

beforeAll(async () => {
  registry = await startRegistry()
  context = user.makeFolder('context')
  user.file(
    'context/Dockerfile',
    `FROM ${image} AS made
RUN mkdir -m 750 /out && echo made > /out/file && ln -s file /out/link && chown -R 5:6 /out
FROM scratch
COPY --from=made /out /
COPY --from=made /out /out
CMD ["/file"]
`,
  )
}, 60_000)
afterAll(() => registry[Symbol.asyncDispose]())

const images = async () => (await user.ok(['images', '-aq'])).split('\n').length
const build = (...words: string[]) => user.ok(['build', ...words, context])
const there = (...path: string[]) => join(user.folder, ...path)

describe('build --output', () => {
  test('a folder: the files, the person`s own, onto what is there', async () => {
    const before = await images()
    user.file('folder/file', 'old')
    user.file('folder/other', 'kept')
    user.makeFolder('elsewhere')
    await user.run(['ln', '-s', there('elsewhere'), there('folder/out')])
    await build('-o', there('folder'))
    expect(readFileSync(there('folder/file'), 'utf8')).toBe('made\n')
    expect(readFileSync(there('folder/other'), 'utf8')).toBe('kept')
    expect(readlinkSync(there('folder/link'))).toBe('file')
    expect(lstatSync(there('folder/file')).uid).toBe(user.uid)
    expect(lstatSync(there('folder/out/file')).isFile()).toBe(true)
    expect(execFileSync('ls', [there('elsewhere')], { encoding: 'utf8' })).toBe('')
    expect(await images()).toBe(before)
  })

  test('a tar on standard output, with the owners', async () => {
    const list = await user.run([
      'sh',
      '-c',
      `${user.executable} build -q -o - ${context} | tar -tv --numeric-owner`,
    ])
    expect(list.stdout).toMatch(/^-rw-r--r-- 5\/6 .* file$/m)
    expect(list.stdout).toMatch(/^lrwxrwxrwx .* link -> file$/m)
    await build('-o', `type=tar,dest=${there('x.tar')}`)
    expect(execFileSync('tar', ['-xOf', there('x.tar'), 'out/file'], { encoding: 'utf8' })).toBe('made\n')
  })

  test('an image archive for other tools, without storing it', async () => {
    const before = await images()
    await build('-t', 'archived:1', '-o', `type=oci,dest=${there('oci.tar')}`)
    await build('-o', `type=docker,dest=${there('docker.tar')},name=archived:2`)
    await build('-o', `type=oci,tar=false,dest=${there('layout')}`)
    expect(await images()).toBe(before)
    const skopeo = async (place: string) =>
      JSON.parse((await user.run(['skopeo', 'inspect', '--config', place])).stdout).config.Cmd
    expect(await skopeo(`oci-archive:${there('oci.tar')}`)).toEqual(['/file'])
    expect(await skopeo(`docker-archive:${there('docker.tar')}`)).toEqual(['/file'])
    expect(await skopeo(`oci:${there('layout')}`)).toEqual(['/file'])
    expect(await user.ok(['load', '-i', there('docker.tar')])).toBe('Loaded image: archived:2')
  })

  test('nothing but the cache; and several at once', async () => {
    const before = await images()
    await build('-o', 'type=cacheonly')
    expect(await images()).toBe(before)
    await build(
      '-t',
      'both',
      '-o',
      `type=tar,dest=${there('y.tar')}`,
      '-o',
      'type=image,name=also',
      '-o',
      'type=cacheonly',
    )
    expect(await user.ok(['images', '-q', 'both'])).toBe(await user.ok(['images', '-q', 'also']))
    expect(lstatSync(there('y.tar')).size).toBeGreaterThan(1000)
  })

  test('a push, by option or by type', async () => {
    const name = `${registry.host}/built`
    await build('--push', '-t', `${name}:1`)
    await build('-o', `type=registry,name=${name}:2`)
    for (const tag of ['1', '2'])
      expect(
        (await user.run(['skopeo', 'inspect', '--tls-verify=false', `docker://${name}:${tag}`])).code,
      ).toBe(0)
    const nameless = await user.sampan(['build', '--push', context])
    expect([nameless.code, nameless.stderr]).toEqual([
      1,
      expect.stringContaining('tag is needed when pushing'),
    ])
  })

  test('what cannot be is said', async () => {
    const twice = await user.sampan(['build', '-o', '-', '-o', 'type=oci', context])
    expect([twice.code, twice.stderr]).toEqual([125, expect.stringContaining('only one --output')])
    const nowhere = await user.sampan(['build', '-o', 'type=tar,dest=/nowhere/x', context])
    expect([nowhere.code, nowhere.stderr]).toEqual([1, expect.stringContaining('does not exist')])
  })
})
