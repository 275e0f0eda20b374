/** A pull that is interrupted again and again: what has come stays, whoever was to blame. */
import { randomBytes, randomInt } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BadRegistry } from '../support/bad-registry.ts'
import { sha256 } from '../support/oci-image.ts'
import { eventually } from '../support/process.ts'
import { file } from '../support/tar-bytes.ts'
import { testUser } from '../support/user.ts'

const user = testUser({ env: { SAMPAN_REGISTRY_TIMEOUT: '5' } })
const bulk = (name: string, size: number) =>
  Buffer.concat([file(name, randomBytes(size).toString('latin1')), Buffer.alloc(1024)])

let registry: BadRegistry
beforeAll(async () => {
  registry = await BadRegistry.start()
})
afterAll(async () => await registry[Symbol.asyncDispose]())

type Interruption = 'connection' | 'SIGINT' | 'SIGKILL'

test('ten interruptions at random bytes cost no byte that was on disk, and change no digest', async () => {
  const made = registry.image('team/app', '1', {
    layers: [bulk('first', 1_500_000), bulk('second', 900_000)],
  })
  const kinds: Interruption[] = ['connection', 'SIGKILL', 'SIGINT']
  const left = Array.from({ length: 10 }, (_, at) => kinds[at % kinds.length] as Interruption)
  const onDisk = (digest: string) =>
    statSync(join(user.root, 'oci/partial', digest.slice(7)), { throwIfNoEntry: false })?.size ?? 0
  /** Where each request began, and what was on disk then. */
  const began: { from: number; kept: number }[] = []
  let kill: ((signal: 'SIGINT' | 'SIGKILL') => Promise<void>) | undefined

  registry.disturb(new RegExp(made.layers.join('|')), async ({ path, headers }, reply, proper) => {
    const digest = path.split('/').at(-1) ?? ''
    const from = Number(/^bytes=(\d+)-$/.exec(headers['range'] ?? '')?.[1] ?? 0)
    began.push({ from, kept: onDisk(digest) })
    const how = left.shift()
    const size = how === undefined ? proper.body.length : randomInt(1, proper.body.length)
    const extra = proper.headers['content-range'] ?? ''
    reply.raw(`HTTP/1.1 ${proper.status} Whatever\r\ncontent-length: ${proper.body.length}\r\n`)
    reply.raw(extra === '' ? '\r\n' : `content-range: ${extra}\r\n\r\n`)
    reply.raw(proper.body.subarray(0, size))
    if (how === undefined) return
    if (how !== 'connection') {
      // The process may be killed meanwhile for what happens to the other layer: then they never come.
      const there = () => expect(onDisk(digest)).toBeGreaterThanOrEqual(from + size)
      await eventually('the bytes are on disk', 2000, there).catch(() => undefined)
      await kill?.(how)
    }
    reply.close()
  })

  let code = 1
  for (let attempt = 0; code !== 0 && attempt < 12; attempt += 1) {
    using child = user.start(['pull', '-q', `${registry.host}/team/app:1`])
    kill = async (signal) => {
      child.signal(signal)
      await child.exited()
    }
    code = await child.exited()
  }
  expect(code).toBe(0)
  expect(left).toEqual([])
  expect(began.map(({ from }) => from)).toEqual(began.map(({ kept }) => kept))
  expect(began.filter(({ from }) => from > 0).length).toBeGreaterThan(3)
  expect(await user.ok(['images', '-q', '--no-trunc'])).toBe(made.config)
  for (const digest of made.layers) {
    const bytes = readFileSync(join(user.root, 'oci/blobs/sha256', digest.slice(7)))
    expect(`sha256:${sha256(bytes)}`).toBe(digest)
  }
}, 120_000)
