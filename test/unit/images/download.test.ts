import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Download, type OpenBlob } from '../../../src/images/download.ts'
import { ImageStore } from '../../../src/images/store.ts'
import { hexOf } from '../../../src/oci/digest.ts'
import type { Descriptor } from '../../../src/oci/manifest.ts'
import { parseReference } from '../../../src/oci/reference.ts'
import { directories } from '../../../src/platform/host/directories.ts'
import { digestOf } from '../../../src/platform/host/sha256.ts'
import { Registry } from '../../../src/platform/registry/registry.ts'
import { BadRegistry } from '../../support/bad-registry.ts'

const content = Buffer.alloc(300_000, 'abcdefghijk')
const blob: Descriptor = { mediaType: 'x', digest: digestOf(content), size: content.length }

let server: BadRegistry
let folder: string
let store: ImageStore
let open: OpenBlob

beforeEach(async () => {
  server = await BadRegistry.start()
  server.blob(content)
  folder = mkdtempSync(join(tmpdir(), 'download-'))
  const environment = { HOME: folder, SAMPAN_REGISTRY_TIMEOUT: '0.3' }
  const where = directories(environment, join(folder, 'data'))
  store = new ImageStore(where)
  const registry = new Registry(server.host, where, environment)
  open = (offset) => registry.blob(parseReference(`${server.host}/a`), blob.digest, offset)
})

afterEach(async () => {
  await server[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

async function fetchAll(wanted = blob): Promise<Buffer> {
  using download = await Download.claim(store, wanted)
  if (download === undefined) return readFileSync(store.blobPath(wanted.digest))
  const chunks: Uint8Array[] = []
  for await (const chunk of download.bytes(open, () => undefined)) chunks.push(Buffer.from(chunk))
  await download.finish()
  return Buffer.concat(chunks)
}

const partial = () => join(folder, 'data/oci/partial', hexOf(blob.digest))
const keep = (bytes: Uint8Array) => {
  mkdirSync(join(folder, 'data/oci/partial'), { recursive: true })
  writeFileSync(partial(), bytes)
}
const ranges = () => server.requests.length

describe('a download', () => {
  test('gives the bytes and keeps them under their digest', async () => {
    expect((await fetchAll()).equals(content)).toBe(true)
    expect(readFileSync(store.blobPath(blob.digest)).equals(content)).toBe(true)
    expect(existsSync(partial())).toBe(false)
  })

  test('of a blob that is there asks nobody', async () => {
    await fetchAll()
    const asked = ranges()
    await fetchAll()
    expect(ranges()).toBe(asked)
  })

  test('goes on where an earlier one stopped', async () => {
    keep(content.subarray(0, 123_456))
    const seen: (string | undefined)[] = []
    server.disturb(/blobs/, ({ headers }, reply, proper) => {
      seen.push(headers['range'])
      reply.send(proper.status, proper.headers, proper.body)
    })
    expect((await fetchAll()).equals(content)).toBe(true)
    expect(seen).toEqual(['bytes=123456-'])
  })

  test('goes on although the registry knows no ranges', async () => {
    keep(content.subarray(0, 123_456))
    server.disturb(/blobs/, (_, reply) => reply.send(200, {}, content))
    expect((await fetchAll()).equals(content)).toBe(true)
  })

  test('that was complete but not yet renamed asks nobody', async () => {
    keep(content)
    expect((await fetchAll()).equals(content)).toBe(true)
    expect(ranges()).toBe(0)
  })

  test('starts anew when more was kept than there is', async () => {
    keep(Buffer.concat([content, content]))
    expect((await fetchAll()).equals(content)).toBe(true)
  })

  test('survives a connection that breaks again and again', async () => {
    server.disturb(/blobs/, ({ nth }, reply, { status, headers, body }) => {
      if (nth >= 3) return reply.send(status, headers, body)
      reply.send(status, { ...headers, 'content-length': String(body.length) }, body.subarray(0, 50_000))
      reply.close()
    })
    expect((await fetchAll()).equals(content)).toBe(true)
  })

  test('survives a registry that stops in the middle', { timeout: 20_000 }, async () => {
    server.disturb(/blobs/, ({ nth }, reply, { status, headers, body }) => {
      const sent = nth === 0 ? body.subarray(0, 50_000) : body
      reply.send(status, { ...headers, 'content-length': String(body.length) }, sent)
    })
    expect((await fetchAll()).equals(content)).toBe(true)
  })

  test('that is given up keeps what came', { timeout: 20_000 }, async () => {
    server.disturb(/blobs/, (_, reply, { status, headers, body }) => {
      reply.send(status, { ...headers, 'content-length': String(body.length) }, body.subarray(0, 1000))
      reply.close()
    })
    await expect(fetchAll()).rejects.toThrow(/broke off at \d+ of 300000 bytes/)
    const kept = readFileSync(partial())
    expect(kept.length).toBeGreaterThan(0)
    expect(kept.equals(content.subarray(0, kept.length))).toBe(true)
  })
})

describe('a tampered blob', () => {
  test.each([
    ['of the same length', Buffer.alloc(300_000, 'x'), /has digest sha256:/],
    ['that is longer', Buffer.alloc(300_001, 'x'), /is longer than the 300000 bytes/],
  ])('%s leaves nothing', async (_, bytes, words) => {
    server.disturb(/blobs/, (__, reply) => reply.send(200, {}, bytes))
    await expect(fetchAll()).rejects.toThrow(words)
    expect(store.hasBlob(blob.digest)).toBe(false)
    expect(existsSync(partial())).toBe(false)
  })

  test('in what was kept is fetched anew by the next call', async () => {
    keep(Buffer.alloc(1000, 'x'))
    await expect(fetchAll()).rejects.toThrow(/has digest sha256:/)
    expect((await fetchAll()).equals(content)).toBe(true)
  })
})

test('two at once are one download', async () => {
  const both = await Promise.all([fetchAll(), fetchAll()])
  expect(both.map((bytes) => bytes.equals(content))).toEqual([true, true])
  expect(server.asked(/blobs/)).toBe(1)
  expect(readdirSync(join(folder, 'data/oci/partial'))).toEqual([])
})
