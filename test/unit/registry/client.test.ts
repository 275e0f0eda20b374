import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseReference } from '../../../src/oci/reference.ts'
import { directories } from '../../../src/platform/host/directories.ts'
import { digestOf } from '../../../src/platform/host/sha256.ts'
import { Registry } from '../../../src/platform/registry/registry.ts'
import { BadRegistry } from '../../support/bad-registry.ts'

let server: BadRegistry
let home: string

beforeEach(async () => {
  server = await BadRegistry.start()
  home = mkdtempSync(join(tmpdir(), 'registry-client-'))
})

afterEach(async () => {
  await server[Symbol.asyncDispose]()
  rmSync(home, { recursive: true, force: true })
})

const environment = () => ({ HOME: home, SAMPAN_REGISTRY_TIMEOUT: '0.4' })
const client = (name = server.host) =>
  new Registry(name, directories(environment(), join(home, 'data')), environment())
const reference = (path = 'team/app:1') => parseReference(`${server.host}/${path}`)
const manifest = (path?: string) => client().manifest(reference(path), '1')
const bytes = Buffer.from('x'.repeat(100_000))

async function read(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function login(name: string, password: string, host = server.host): void {
  mkdirSync(join(home, '.docker'), { recursive: true })
  const auth = Buffer.from(`${name}:${password}`).toString('base64')
  writeFileSync(join(home, '.docker/config.json'), JSON.stringify({ auths: { [host]: { auth } } }))
}

describe('a well-behaved registry', () => {
  test('serves manifests by tag with their digest', async () => {
    const made = server.image('team/app', '1', { layers: [bytes] })
    expect(await manifest()).toMatchObject({ digest: made.manifest })
    expect(await client().resolve(reference(), '1')).toBe(made.manifest)
  })

  test('serves blobs from any offset', async () => {
    const digest = digestOf(bytes)
    server.blob(bytes)
    const { start, body } = await client().blob(reference(), digest, 99_990)
    expect(start).toBe(99_990)
    expect((await read(body)).length).toBe(10)
  })

  test('lists tags page by page', async () => {
    server.disturb(/tags\/list/, ({ path }, reply) => {
      const more = path.includes('last=b')
      const headers: Record<string, string> = more
        ? {}
        : { link: '</v2/team/app/tags/list?n=2&last=b>; rel="next"' }
      reply.send(200, headers, JSON.stringify({ tags: more ? ['c'] : ['a', 'b'] }))
    })
    expect(await client().tags(reference())).toEqual(['a', 'b', 'c'])
  })
})

describe('a registry that refuses', () => {
  const cases: [status: number, body: string, words: RegExp][] = [
    [401, '', /pull access denied for .*team\/app, repository does not exist or may require 'docker login'/],
    [403, '{"errors":[{"code":"DENIED","message":"no"}]}', /pull access denied .*: denied: no$/],
    [
      404,
      '{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}',
      /manifest for .*team\/app:1 not found: manifest unknown/,
    ],
    [418, 'tea', /answered HTTP 418 for the manifest/],
  ]
  test.each(cases)('with %i says so', async (status, body, words) => {
    server.disturb(/manifests/, (_, reply) => reply.send(status, {}, body))
    await expect(manifest()).rejects.toThrow(words)
    expect(server.asked(/manifests/)).toBe(1)
  })

  test('cannot put control characters on the terminal', async () => {
    const body = JSON.stringify({ errors: [{ code: 'X', message: 'a\u001b[31mb\nc' }] })
    server.disturb(/manifests/, (_, reply) => reply.send(404, {}, body))
    await expect(manifest()).rejects.toThrow(/x: a \[31mb c$/)
  })

  test('is unreachable when nobody listens', async () => {
    await server[Symbol.asyncDispose]()
    await expect(manifest()).rejects.toThrow(/cannot reach registry 127\.0\.0\.1:\d+: connection refused/)
  })
})

describe('a registry in trouble', () => {
  test.each([429, 500, 502, 503])('with %i is asked again', async (status) => {
    const made = server.image('team/app', '1', { layers: [bytes] })
    server.disturb(/manifests/, ({ nth }, reply, proper) =>
      nth < 2
        ? reply.send(status, { 'retry-after': '0' })
        : reply.send(proper.status, proper.headers, proper.body),
    )
    expect(await manifest()).toMatchObject({ digest: made.manifest })
    expect(server.asked(/manifests/)).toBe(3)
  })

  test('is given up in the end', async () => {
    server.disturb(/manifests/, (_, reply) => reply.send(429, { 'retry-after': '0' }))
    await expect(manifest()).rejects.toThrow(/^toomanyrequests: /)
    expect(server.asked(/manifests/)).toBe(5)
  })

  test('that drops connections is asked again', async () => {
    const made = server.image('team/app', '1', { layers: [bytes] })
    server.disturb(/manifests/, ({ nth }, reply, proper) =>
      nth === 0 ? reply.close() : reply.send(proper.status, proper.headers, proper.body),
    )
    expect(await manifest()).toMatchObject({ digest: made.manifest })
  })

  test('that never answers is given up', { timeout: 20_000 }, async () => {
    server.disturb(/manifests/, () => undefined)
    await expect(manifest()).rejects.toThrow(/cannot reach registry .*: no data for/)
  })

  test('that dribbles a body is given up', { timeout: 20_000 }, async () => {
    server.blob(bytes)
    server.disturb(/blobs/, (_, reply) => {
      reply.raw('HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n')
      const timer = setInterval(() => reply.raw('x'), 50)
      setTimeout(() => clearInterval(timer), 5000)
    })
    const { body } = await client().blob(reference(), digestOf(bytes))
    await expect(read(body)).rejects.toThrow(/no data for/)
  })

  test('that answers with something else entirely is refused', async () => {
    server.disturb(/manifests/, (_, reply) => {
      reply.raw('SSH-2.0-OpenSSH_9.2p1\r\n')
      reply.close()
    })
    await expect(manifest()).rejects.toThrow(/cannot reach registry/)
  })
})

test('a registry that does not know HEAD is fetched from', async () => {
  server.disturb(/^HEAD/, (_, reply) => reply.send(405))
  expect(await client().resolve(reference(), '1')).toBeUndefined()
})

describe('a registry that lies', () => {
  test('about a manifest asked for by digest', async () => {
    const made = server.image('team/app', '1', { layers: [bytes] })
    server.disturb(/manifests/, (_, reply) => reply.send(200, {}, '{"schemaVersion":2}'))
    await expect(client().manifest(reference(), made.manifest)).rejects.toThrow(/is not what its digest says/)
  })

  test('with an endless manifest', async () => {
    server.disturb(/manifests/, (_, reply) => reply.send(200, {}, Buffer.alloc(5 << 20)))
    await expect(manifest()).rejects.toThrow(/larger than \d+ bytes/)
  })
})

describe('credentials', () => {
  const askBasic = (user: string, password: string) => {
    const wanted = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
    server.disturb(/v2/, ({ headers }, reply, proper) =>
      headers['authorization'] === wanted
        ? reply.send(proper.status, proper.headers, proper.body)
        : reply.send(401, { 'www-authenticate': 'Basic realm="x"' }),
    )
  }

  test('answer a Basic challenge', async () => {
    const made = server.image('team/app', '1', { layers: [bytes] })
    login('anna', 'secret:with:colons')
    askBasic('anna', 'secret:with:colons')
    expect(await manifest()).toMatchObject({ digest: made.manifest })
  })

  test('that are wrong are sent once', async () => {
    login('anna', 'old')
    askBasic('anna', 'new')
    await expect(manifest()).rejects.toThrow(/pull access denied/)
    expect(server.asked(/manifests/)).toBe(2)
  })

  test.each([undefined, 'anna'])('fetch a token (login: %s)', async (user) => {
    if (user !== undefined) login(user, 'pw')
    const made = server.image('team/app', '1', { layers: [bytes] })
    const seen: (string | undefined)[] = []
    server.disturb(/v2/, ({ headers }, reply, proper) =>
      headers['authorization'] === 'Bearer t0ken'
        ? reply.send(proper.status, proper.headers, proper.body)
        : reply.send(401, { 'www-authenticate': `Bearer realm="http://${server.host}/token",service="s"` }),
    )
    server.disturb(/token/, ({ headers }, reply) => {
      seen.push(headers['authorization'])
      reply.send(200, {}, '{"token":"t0ken"}')
    })
    const registry = client()
    expect(await registry.manifest(reference(), '1')).toMatchObject({ digest: made.manifest })
    await registry.manifest(reference(), '1')
    expect(server.requests.filter((line) => line.includes('token'))).toEqual([
      'GET /token?service=s&scope=repository%3Ateam%2Fapp%3Apull',
    ])
    expect(seen).toEqual([
      user === undefined ? undefined : `Basic ${Buffer.from('anna:pw').toString('base64')}`,
    ])
  })

  test('stay with the registry when it redirects elsewhere', async () => {
    login('anna', 'pw')
    await using storage = await BadRegistry.start()
    const digest = digestOf(bytes)
    server.blob(bytes)
    let leaked: string | undefined = 'never asked'
    storage.disturb(/./, ({ headers }, reply) => {
      leaked = headers['authorization']
      reply.send(200, {}, bytes)
    })
    server.disturb(/blobs/, ({ headers }, reply) =>
      headers['authorization'] === undefined
        ? reply.send(401, { 'www-authenticate': 'Basic realm="x"' })
        : reply.send(307, { location: `http://${storage.host}/somewhere` }),
    )
    const { body } = await client().blob(reference(), digest)
    expect((await read(body)).equals(bytes)).toBe(true)
    expect(leaked).toBeUndefined()
  })
})

test('redirects in a circle end', async () => {
  server.disturb(/./, ({ path }, reply) => reply.send(302, { location: path }))
  await expect(manifest()).rejects.toThrow(/redirects more than 10 times/)
})

test('a mirror is asked before Docker Hub', async () => {
  const made = server.image('library/busybox', 'latest', { layers: [bytes] })
  mkdirSync(join(home, '.config/sampan'), { recursive: true })
  writeFileSync(
    join(home, '.config/sampan/config.json'),
    JSON.stringify({ registryMirrors: [`http://${server.host}`] }),
  )
  const hub = client('docker.io')
  expect(await hub.manifest(parseReference('busybox'), 'latest')).toMatchObject({ digest: made.manifest })
})

test('localhost finds a registry that listens on 127.0.0.1 only', async () => {
  const made = server.image('team/app', '1', { layers: [bytes] })
  const name = server.host.replace('127.0.0.1', 'localhost')
  expect(await client(name).manifest(parseReference(`${name}/team/app`), '1')).toMatchObject({
    digest: made.manifest,
  })
})

test('a token that expires between two parts of a blob is renewed, and the rest asked for', async () => {
  const digest = digestOf(bytes)
  server.blob(bytes)
  let issued = 0
  server.disturb(/./, ({ path, headers }, reply, proper) => {
    if (path.startsWith('/token')) return reply.send(200, {}, `{"token":"t${++issued}","expires_in":1}`)
    const wanted = headers['range'] === undefined ? 'Bearer t1' : 'Bearer t2'
    if (headers['authorization'] === wanted) return reply.send(proper.status, proper.headers, proper.body)
    return reply.send(401, { 'www-authenticate': `Bearer realm="http://${server.host}/token"` })
  })
  using registry = client()
  expect((await read((await registry.blob(reference(), digest)).body)).length).toBe(bytes.length)
  const { start, body } = await registry.blob(reference(), digest, 60_000)
  expect(start).toBe(60_000)
  expect((await read(body)).length).toBe(bytes.length - 60_000)
  expect(issued).toBe(2)
})

test('a token that allows nothing ends in a sentence, not in asking for ever', async () => {
  server.disturb(/./, ({ path }, reply) => {
    if (path.startsWith('/token')) return reply.send(200, {}, '{"token":"empty"}')
    const challenge = `Bearer realm="http://${server.host}/token",error="insufficient_scope"`
    return reply.send(401, { 'www-authenticate': challenge })
  })
  await expect(manifest()).rejects.toThrow(/pull access denied/)
  expect(server.requests.length).toBeLessThan(8)
})
