/** config.json and registries.conf: who is asked for an image, and how. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { BadRegistry } from '../support/bad-registry.ts'
import { file } from '../support/tar-bytes.ts'
import { testUser } from '../support/user.ts'

const user = testUser({ env: { SAMPAN_REGISTRY_TIMEOUT: '1' } })
const tar = (name: string) => Buffer.concat([file(name, name), Buffer.alloc(1024)])
const config = (value: unknown) =>
  user.file(
    'home/.config/sampan/config.json',
    typeof value === 'string' ? value : JSON.stringify(value, undefined, 2),
  )
const registriesConf = (text: string) => user.file('home/.config/containers/registries.conf', text)

let mirror: BadRegistry
let origin: BadRegistry

beforeAll(async () => {
  mirror = await BadRegistry.start()
  origin = await BadRegistry.start()
  mirror.image('library/thing', '1', { layers: [tar('from-mirror')] })
  mirror.image('copy/team/app', '1', { layers: [tar('copied')] })
  origin.image('team/app', '1', { layers: [tar('original')] })
})
afterAll(async () => {
  await mirror[Symbol.asyncDispose]()
  await origin[Symbol.asyncDispose]()
})
beforeEach(async () => {
  mirror.calm()
  origin.calm()
  mirror.requests.length = 0
  origin.requests.length = 0
  rmSync(join(user.home, '.config'), { recursive: true, force: true })
  const ids = (await user.ok(['images', '-q'])).split('\n').filter((id) => id !== '')
  if (ids.length > 0) await user.ok(['rmi', '-f', ...ids])
})

describe('config.json', () => {
  test('names mirrors of Docker Hub, which are asked first', async () => {
    config({ registryMirrors: [`http://${mirror.host}`] })
    expect(await user.ok(['pull', '-q', 'thing:1'])).toBe('docker.io/library/thing:1')
    expect(mirror.asked(/^GET .*blobs/)).toBeGreaterThan(0)
    expect(await user.ok(['images', '--format', '{{.Repository}}:{{.Tag}}'])).toBe('thing:1')
  })

  test('shows in info what it says', async () => {
    config({
      registryMirrors: [`http://${mirror.host}`],
      insecureRegistries: ['10.0.0.0/8', 'reg.example:5000'],
    })
    const text = await user.ok(['info'])
    expect(text).toContain(` Registry Mirrors:\n  http://${mirror.host}`)
    expect(text).toMatch(/ Insecure Registries:\n {2}10.0.0.0\/8\n {2}reg.example:5000\n/)
  })

  const mistakes: [text: string, line: number, sentence: string][] = [
    [
      '{\n  "registryMirrors": [\n    "https://a.example",\n    "ftp://b"\n  ]\n}',
      4,
      'registryMirrors.1: "ftp://b" is no web address',
    ],
    ['{\n  "insecureRegistries": "x"\n}', 2, 'insecureRegistries: must be a list'],
    ['{\n\n  "registry-mirrors": []\n}', 3, 'it is written registryMirrors'],
    ['{\n  "colour": 1\n}', 2, 'colour: is not known'],
    ['{\n  "registryMirrors": [],\n}', 3, 'expected a name in double quotes, not "}"'],
    ['{\n  // mine\n}', 2, 'JSON has no comments'],
    ['{\n  "registryMirrors": ["http://anna:secret@m.example"]\n}', 2, 'has a name or password in it'],
    ['{\n  "registryMirrors": [', 2, 'the file ends'],
    ['[]', 1, 'must be an object'],
  ]
  test.each(mistakes)('%j is refused at line %i', async (text, line, sentence) => {
    const path = config(text)
    const { code, stderr } = await user.sampan(['pull', 'thing:1'])
    expect(code).toBe(1)
    expect(stderr).toContain(`Error: ${path}:${line}:`)
    expect(stderr).toContain(sentence)
    expect(stderr).not.toContain('secret')
    expect((await user.sampan(['info'])).code).toBe(0)
  })
})

describe('registries.conf', () => {
  test('names mirrors, with a place of their own for the repositories', async () => {
    registriesConf(`
      unqualified-search-registries = ["nobody.invalid"]
      [[registry]]
      prefix = "${origin.host}/team"
      location = "${origin.host}/team"
      [[registry.mirror]]
      location = "${mirror.host}/copy/team"
      insecure = true
    `)
    await user.ok(['pull', '-q', `${origin.host}/team/app:1`])
    expect(mirror.asked(/^GET \/v2\/copy\/team\/app\/blobs/)).toBeGreaterThan(0)
    expect(origin.requests).toEqual([])
  })

  const failures: [name: string, disturb: () => void][] = [
    ['has nothing', () => mirror.disturb(/./, (_, reply) => reply.send(404))],
    ['is broken', () => mirror.disturb(/./, (_, reply) => reply.send(500, { 'retry-after': '0' }))],
    ['hangs up', () => mirror.disturb(/./, (_, reply) => reply.close())],
    ['says nothing', () => mirror.disturb(/./, () => undefined)],
    ['has lost the blobs', () => mirror.disturb(/blobs/, (_, reply) => reply.send(404))],
    [
      'breaks off in the middle of a blob',
      () =>
        mirror.disturb(/blobs/, (_, reply, { body }) => {
          reply.raw(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n`)
          reply.raw(body.subarray(0, 20))
          reply.close()
        }),
    ],
  ]
  test.each(failures)('sends nobody away for a mirror that %s', async (_, disturb) => {
    mirror.image('same/app', '1', { layers: [tar('same')] })
    origin.image('same/app', '1', { layers: [tar('same')] })
    registriesConf(`
      [[registry]]
      location = "${origin.host}"
      [[registry.mirror]]
      location = "${mirror.host}"
    `)
    disturb()
    await user.ok(['pull', '-q', `${origin.host}/same/app:1`])
    expect(mirror.requests.length).toBeGreaterThan(0)
    expect(origin.asked(/blobs/)).toBeGreaterThan(0)
  })

  test('may move a registry', async () => {
    registriesConf(`[[registry]]\nprefix = "old.example/team"\nlocation = "${origin.host}/team"`)
    expect(await user.ok(['pull', '-q', 'old.example/team/app:1'])).toBe('old.example/team/app:1')
    await user.ok(['tag', 'old.example/team/app:1', 'old.example/team/app:2'])
    await user.ok(['push', '-q', 'old.example/team/app:2'])
    expect(origin.asked(/^PUT \/v2\/team\/app\/manifests\/2/)).toBe(1)
  })

  test('may block one', async () => {
    registriesConf(`[[registry]]\nlocation = "${origin.host}"\nblocked = true`)
    const { code, stderr } = await user.sampan(['pull', `${origin.host}/team/app:1`])
    expect(code).toBe(1)
    expect(stderr).toContain(`registry ${origin.host} is blocked`)
    expect(origin.requests).toEqual([])
  })

  test('may say what a short name stands for', async () => {
    registriesConf(`[aliases]\n"app" = "${origin.host}/team/app"`)
    const name = `${origin.host}/team/app:1`
    expect(await user.ok(['pull', '-q', 'app:1'])).toBe(name)
    const asked = origin.requests.length
    await user.ok(['create', '--network', 'none', 'app:1', 'true'])
    expect(origin.requests.length).toBe(asked)
    await user.ok(['rm', '-f', await user.ok(['ps', '-aq'])])
  })

  test('with a mistake is named with its line', async () => {
    const path = registriesConf('[[registry]]\nlocation = "a"\nblocked = \n')
    const { code, stderr } = await user.sampan(['pull', 'thing:1'])
    expect(code).toBe(1)
    expect(stderr).toContain(`${path}:3: `)
  })
})
