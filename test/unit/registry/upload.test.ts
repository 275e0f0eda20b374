import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Digest } from '../../../src/oci/digest.ts'
import { parseReference } from '../../../src/oci/reference.ts'
import { directories } from '../../../src/platform/host/directories.ts'
import { digestOf } from '../../../src/platform/host/sha256.ts'
import { Registry } from '../../../src/platform/registry/registry.ts'
import type { Outgoing } from '../../../src/platform/registry/upstream.ts'
import { BadRegistry } from '../../support/bad-registry.ts'

let server: BadRegistry
let home: string

beforeEach(async () => {
  server = await BadRegistry.start()
  home = mkdtempSync(join(tmpdir(), 'registry-upload-'))
})

afterEach(async () => {
  await server[Symbol.asyncDispose]()
  rmSync(home, { recursive: true, force: true })
})

const environment = () => ({ HOME: home, SAMPAN_REGISTRY_TIMEOUT: '1' })
const reference = () => parseReference(`${server.host}/team/app:1`)
const small = Buffer.from('y'.repeat(100_000))

function upstream() {
  const registry = new Registry(server.host, directories(environment(), join(home, 'data')), environment())
  return registry.upstream(reference())
}

function outgoing(bytes: Buffer): Outgoing & { readonly taken: () => number } {
  let taken = 0
  return {
    digest: digestOf(bytes),
    size: bytes.length,
    taken: () => taken,
    *read(start, end) {
      for (let at = start; at < end; at += 10_000) {
        const chunk = bytes.subarray(at, Math.min(end, at + 10_000))
        taken += chunk.length
        yield chunk
      }
    },
  }
}

const send = (
  blob: Outgoing,
  from: readonly string[] = [],
  sent: (bytes: number) => void = () => undefined,
) => upstream().upload(blob, from, sent)
const arrived = (digest: Digest) => server.has(digest)

describe('an upload', () => {
  test('is two requests', async () => {
    const blob = outgoing(small)
    const counts: number[] = []
    expect(await send(blob, [], (bytes) => counts.push(bytes))).toEqual({ mountedFrom: undefined })
    expect(arrived(blob.digest)).toEqual(small)
    expect(server.requests.map((line) => line.split(' ')[0])).toEqual(['POST', 'PUT'])
    expect(counts.at(-1)).toBeLessThanOrEqual(small.length)
    expect(counts).toEqual([...counts].sort((a, b) => a - b))
  })

  test('of nothing is one, too', async () => {
    const blob = outgoing(Buffer.alloc(0))
    await send(blob)
    expect(arrived(blob.digest)?.length).toBe(0)
  })

  test('goes on from the byte the registry has when the connection breaks', async () => {
    const blob = outgoing(small)
    server.cutUpload(/^PUT/, 30_000)
    server.cutUpload(/^PATCH/, 20_000)
    await send(blob)
    expect(arrived(blob.digest)).toEqual(small)
    expect(server.requests.map((line) => line.split(' ')[0])).toEqual([
      'POST',
      'PUT',
      'GET',
      'PATCH',
      'GET',
      'PATCH',
      'PUT',
    ])
    expect(blob.taken()).toBeLessThan(2.5 * small.length)
  })

  test('begins again where the registry has forgotten it', async () => {
    const blob = outgoing(small)
    server.cutUpload(/^PUT/, 30_000)
    server.disturb(/^GET .*uploads/, (_, reply) => reply.send(404))
    await send(blob)
    expect(arrived(blob.digest)).toEqual(small)
    expect(server.asked(/^POST/)).toBe(2)
  })

  test('is tried again when the registry stumbles, and not for ever', async () => {
    server.disturb(/^PUT/, ({ nth }, reply, proper) =>
      nth < 2 ? reply.send(503, { 'retry-after': '0' }) : reply.send(proper.status, proper.headers),
    )
    const blob = outgoing(small)
    await expect(send(blob)).resolves.toBeDefined()
    server.calm()
    server.disturb(/^PUT/, (_, reply) => reply.send(503, { 'retry-after': '0' }))
    await expect(send(blob)).rejects.toThrow(/cannot reach registry .*: HTTP 503/)
  })

  test('comes in chunks where one request is too much', async () => {
    const large = Buffer.alloc((20 << 20) + 7, 'large ')
    server.disturb(/^PUT .*digest/, ({ body }, reply, proper) =>
      body.length > 0 ? reply.send(413) : reply.send(proper.status, proper.headers),
    )
    const blob = outgoing(large)
    await send(blob)
    expect(arrived(blob.digest)?.length).toBe(large.length)
    expect(server.asked(/^PATCH/)).toBe(2)
  })

  test('stops at the first byte that is refused', async () => {
    const large = Buffer.alloc(8 << 20, 'x')
    const blob = outgoing(large)
    server.disturb(/^POST/, (_, reply) =>
      reply.send(403, {}, '{"errors":[{"code":"DENIED","message":"not yours"}]}'),
    )
    await expect(send(blob)).rejects.toThrow(/^push access denied for .*team\/app.*: denied: not yours$/)
    expect(blob.taken()).toBe(0)
  })
})

describe('a mount', () => {
  test('sends nothing', async () => {
    server.disturb(/mount=/, (_, reply) => reply.send(201))
    const blob = outgoing(small)
    expect(await send(blob, ['team/base'])).toEqual({ mountedFrom: 'team/base' })
    expect(server.requests).toEqual([
      `POST /v2/team/app/blobs/uploads/?mount=${encodeURIComponent(blob.digest)}&from=team%2Fbase`,
    ])
  })

  test('that fails is an upload', async () => {
    const blob = outgoing(small)
    expect(await send(blob, ['team/base', 'team/other'])).toEqual({ mountedFrom: undefined })
    expect(arrived(blob.digest)).toEqual(small)
    server.disturb(/mount=/, (_, reply) => reply.send(400))
    expect(await send(blob, ['team/base'])).toEqual({ mountedFrom: undefined })
  })

  test('asks for a token that may read there', async () => {
    const scopes: string[] = []
    server.disturb(/./, async ({ path, headers }, reply, proper) => {
      if (path.startsWith('/token')) {
        scopes.push(...new URL(path, 'http://x').searchParams.getAll('scope'))
        return reply.send(200, {}, '{"token":"abc"}')
      }
      if (headers['authorization'] === 'Bearer abc') return reply.send(proper.status, proper.headers)
      const challenge = `Bearer realm="http://${server.host}/token",service="s"`
      return reply.send(401, { 'www-authenticate': challenge })
    })
    await send(outgoing(small), ['team/base'])
    expect(scopes).toEqual([
      'repository:team/app:pull,push',
      'repository:team/base:pull',
      'repository:team/app:pull,push',
    ])
  })
})

test('a token that expires during an upload is renewed', async () => {
  let issued = 0
  server.disturb(/./, async ({ method, path, headers, body }, reply, proper) => {
    if (path.startsWith('/token')) return reply.send(200, {}, `{"token":"t${++issued}"}`)
    const wanted = method === 'PUT' ? 'Bearer t2' : 'Bearer t1'
    if (headers['authorization'] === wanted || (issued > 1 && body.length === 0))
      return reply.send(proper.status, proper.headers)
    return reply.send(401, { 'www-authenticate': `Bearer realm="http://${server.host}/token"` })
  })
  await expect(send(outgoing(small))).resolves.toBeDefined()
  expect(issued).toBe(2)
})
