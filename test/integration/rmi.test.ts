/** Removing images: who may lose what, and that nothing is left of what went. */
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { BadRegistry } from '../support/bad-registry.ts'
import { busyboxLayer } from '../support/images.ts'
import { file } from '../support/tar-bytes.ts'
import { testUser } from '../support/user.ts'

const user = testUser()

let registry: BadRegistry
let base: Uint8Array
const tar = (name: string) => Buffer.concat([file(name, name), Buffer.alloc(1024)])
const at = (path: string) => join(user.root, path)
const list = (path: string) => (existsSync(at(path)) ? readdirSync(at(path)) : [])
const name = (image: string) => `${registry.host}/${image}`

beforeAll(async () => {
  registry = await BadRegistry.start()
  base = await busyboxLayer(join(user.folder, 'busybox'))
})
afterAll(async () => await registry[Symbol.asyncDispose]())
beforeEach(async () => {
  for (const option of ['ps -aq', 'images -q']) {
    const ids = (await user.ok(option.split(' '))).split('\n').filter((id) => id !== '')
    if (ids.length > 0) await user.ok([option.startsWith('ps') ? 'rm' : 'rmi', '-f', ...new Set(ids)])
  }
})

/** Pulls an image of the base layer and one of its own. */
async function pull(image: string, tag = '1') {
  const made = registry.image(image, tag, { layers: [base, tar(image)] })
  await user.ok(['pull', '-q', name(`${image}:${tag}`)])
  return made
}

const create = (image: string) => user.ok(['create', '--network', 'none', image, 'true'])
const short = (digest: string) => digest.slice(7, 19)

describe('the last name', () => {
  test('takes the image along, and the store is empty again', async () => {
    const made = await pull('one')
    const out = await user.ok(['rmi', name('one:1')])
    expect(out.split('\n')).toEqual([
      `Untagged: ${name('one:1')}`,
      `Untagged: ${name('one')}@${made.manifest}`,
      `Deleted: ${made.config}`,
      ...made.diffIds.map((diffId) => `Deleted: ${diffId}`),
    ])
    expect([list('layers'), list('l'), list('oci/blobs/sha256'), list('oci/partial')]).toEqual([
      [],
      [],
      [],
      [],
    ])
  })

  test('leaves the layers that another image has', async () => {
    const one = await pull('one')
    await pull('two')
    const out = await user.ok(['rmi', name('one:1')])
    expect(out).toContain(`Deleted: ${one.diffIds[1]}`)
    expect(out).not.toContain(String(one.diffIds[0]))
    expect(await user.ok(['run', '--rm', '--network', 'none', name('two:1'), 'cat', '/two'])).toBe('two')
  })

  test('is not the only name: then it goes alone', async () => {
    await pull('one')
    await user.ok(['tag', name('one:1'), 'mine'])
    expect(await user.ok(['rmi', 'mine'])).toBe('Untagged: mine:latest')
    expect(await user.ok(['images', '--format', '{{.Repository}}:{{.Tag}}'])).toBe(name('one:1'))
  })
})

describe('by id', () => {
  test('an image of one repository goes, of two it must be forced', async () => {
    const { config } = await pull('one')
    await user.ok(['tag', name('one:1'), 'mine'])
    const refused = await user.sampan(['rmi', short(config)])
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain(
      `conflict: unable to delete ${short(config)} (must be forced) - image is referenced in multiple repositories`,
    )
    expect(await user.ok(['rmi', '-f', short(config)])).toContain(`Deleted: ${config}`)
  })

  test('dangling images go by the list tutorials use', async () => {
    const old = await pull('one')
    registry.image('one', '1', { layers: [base, tar('changed')] })
    await user.ok(['pull', '-q', name('one:1')])
    const dangling = await user.ok(['images', '-q', '-f', 'dangling=true'])
    expect(dangling).toBe(short(old.config))
    await user.ok(['rmi', dangling])
    expect(await user.ok(['images', '-q', '-f', 'dangling=true'])).toBe('')
  })
})

describe('an image in use', () => {
  test('by a stopped container must be forced; the container still starts', async () => {
    const { config } = await pull('one')
    const container = await create(name('one:1'))
    const refused = await user.sampan(['rmi', name('one:1')])
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain(
      `conflict: unable to remove repository reference "${name('one:1')}" (must force) - container ${container.slice(0, 12)} is using its referenced image ${short(config)}`,
    )
    await user.ok(['rmi', '-f', name('one:1')])
    expect(await user.ok(['images', '-q'])).toBe('')
    await user.ok(['start', '-a', container])
  })

  test('by a running container stays whatever is asked', async () => {
    const { config } = await pull('one')
    const container = await user.ok(['run', '-d', '--network', 'none', name('one:1'), 'sleep', '100'])
    const refused = await user.sampan(['rmi', '-f', name('one:1')])
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain(
      `conflict: unable to delete ${short(config)} (cannot be forced) - image is being used by running container ${container.slice(0, 12)}`,
    )
    expect(await user.ok(['exec', container, 'cat', '/one'])).toBe('one')
  })
})

describe('what is not there', () => {
  test("fails with docker's words, with -f it only says so", async () => {
    expect(await user.sampan(['rmi', 'nope'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('No such image: nope:latest'),
    })
    expect(await user.sampan(['rmi', '-f', 'nope'])).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('No such image: nope:latest'),
    })
    expect(await user.sampan(['rmi', '--ignore', 'nope'])).toMatchObject({ code: 0, stderr: '' })
  })

  test('does not keep the others from going', async () => {
    await pull('one')
    const { code, stdout } = await user.sampan(['rmi', 'nope', name('one:1')])
    expect(code).toBe(1)
    expect(stdout).toContain(`Untagged: ${name('one:1')}`)
  })

  test('an empty list is explained', async () => {
    expect(await user.sampan(['rmi'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('requires at least 1 argument'),
    })
  })
})

describe('at the same time', () => {
  test('two removals: one wins, the other finds nothing', async () => {
    await pull('one')
    const both = await Promise.all([0, 1].map(() => user.sampan(['rmi', name('one:1')])))
    expect(both.map(({ code }) => code).sort()).toEqual([0, 1])
    expect(both.map(({ stderr }) => stderr).join('')).toContain('No such image')
    expect(list('layers')).toEqual([])
  })

  test('a removal and creates: each container has its layers, or was refused', async () => {
    for (let round = 0; round < 3; round += 1) {
      await pull('one')
      const [, ...created] = await Promise.all([
        user.sampan(['rmi', '-f', name('one:1')]),
        ...[0, 1].map(() =>
          user.sampan(['create', '--pull', 'never', '--network', 'none', name('one:1'), 'true']),
        ),
      ])
      for (const { code, stdout, stderr } of created) {
        if (code === 0) await user.ok(['start', '-a', stdout.trim()])
        else expect(stderr).toContain('No such image')
      }
      const ids = (await user.ok(['ps', '-aq'])).split('\n').filter((id) => id !== '')
      if (ids.length > 0) await user.ok(['rm', ...ids])
    }
  })
})

describe('a damaged store', () => {
  test.each(['', '{"version":'])('with %j for images.json still lists and removes', async (text) => {
    await pull('one')
    writeFileSync(at('images.json'), text)
    expect(await user.ok(['images', '--format', '{{.Tag}}'])).toBe('1')
    await user.ok(['rmi', name('one:1')])
    expect(list('layers')).toEqual([])
  })

  test('with a damaged configuration still removes by name', async () => {
    const { config } = await pull('one')
    writeFileSync(at(`oci/blobs/sha256/${config.slice(7)}`), 'x')
    expect(await user.ok(['images', '--format', '{{.Repository}} {{.Size}}'])).toBe(`${name('one')} 0B`)
    await user.ok(['rmi', name('one:1')])
    expect(await user.ok(['images', '-q'])).toBe('')
  })

  test('with a damaged container record keeps the layers it may stand on', async () => {
    await pull('one')
    const container = await create(name('one:1'))
    writeFileSync(at(`containers/${container}/container.json`), '{')
    await user.ok(['rmi', '-f', name('one:1')])
    expect(list('layers').filter((entry) => !entry.endsWith('.lock'))).toHaveLength(2)
    await user.sampan(['rm', '-f', container])
  })
})
