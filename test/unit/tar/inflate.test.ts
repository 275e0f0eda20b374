import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { constants, gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import { layerBytes, unpackedChunks } from '../../../src/platform/tar/filter.ts'
import { InflateError, inflate, packingOf } from '../../../src/platform/tar/inflate.ts'

const work = mkdtempSync(join(tmpdir(), 'sampan-inflate-'))
afterAll(() => rmSync(work, { recursive: true }))

/** Some megabytes, half of them random, so that every engine needs several rounds. */
const content = Buffer.concat(
  Array.from({ length: 24 }, () => Buffer.concat([randomBytes(100_000), Buffer.alloc(100_000, 'ab')])),
)

function command(name: string, bytes: Buffer): Buffer {
  return execFileSync(name, ['-c'], { input: bytes, maxBuffer: 1 << 26 })
}

async function collect(bytes: Buffer, how: typeof inflate): Promise<Buffer> {
  const path = join(work, 'input')
  writeFileSync(path, bytes)
  const fd = openSync(path, 'r')
  const chunks: Buffer[] = []
  try {
    await how(fd, (chunk) => void chunks.push(Buffer.from(chunk)))
  } finally {
    closeSync(fd)
  }
  return Buffer.concat(chunks)
}

test('a file that is still being written is read to the end of its bell', async () => {
  const path = join(work, 'growing')
  const bell = join(work, 'bell')
  execFileSync('mkfifo', [bell])
  const bytes = gzipSync(content, { level: 1 })
  const written = openSync(path, 'w')
  // Both ends, so that neither open waits for the other.
  const ring = openSync(bell, 'r+')
  const [file, heard] = [openSync(path, 'r'), openSync(bell, 'r')]
  const chunks: Buffer[] = []
  const done = inflate(file, (chunk) => void chunks.push(Buffer.from(chunk)), heard)
  for (let at = 0; at < bytes.length; at += 300_000) {
    writeSync(written, bytes.subarray(at, at + 300_000))
    writeSync(ring, '!')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  closeSync(ring)
  await done
  expect(Buffer.concat(chunks).equals(content)).toBe(true)
  for (const fd of [written, file, heard]) closeSync(fd)
})

const packed: readonly (readonly [string, string, () => Buffer])[] = [
  ['plain bytes', 'none', () => content],
  ['gzip', 'gzip', () => gzipSync(content, { level: 1 })],
  [
    'gzip in several members',
    'gzip',
    () =>
      Buffer.concat([gzipSync(content.subarray(0, 1000)), gzipSync(content.subarray(1000), { level: 1 })]),
  ],
  ['zstd', 'zstd', () => zstdCompressSync(content)],
  [
    'zstd in several frames',
    'zstd',
    () =>
      Buffer.concat([zstdCompressSync(content.subarray(0, 1000)), zstdCompressSync(content.subarray(1000))]),
  ],
  [
    'zstd with a skippable frame first',
    'zstd',
    () => Buffer.concat([skippable(), zstdCompressSync(content)]),
  ],
  ['zstd with a skippable frame last', 'zstd', () => Buffer.concat([zstdCompressSync(content), skippable()])],
]

/** As `zstd:chunked` layers carry their table of contents. */
function skippable(): Buffer {
  const frame = Buffer.alloc(8 + 100, 'x')
  frame.writeUInt32LE(0x184d2a50, 0)
  frame.writeUInt32LE(100, 4)
  return frame
}

describe('layers', () => {
  test.each(packed)('%s', async (_, packing, make) => {
    const bytes = make()
    expect(packingOf(bytes)).toBe(packing)
    expect((await collect(bytes, inflate)).equals(content)).toBe(true)
  })

  test('an empty input has no bytes', async () => {
    expect(await collect(Buffer.alloc(0), inflate)).toHaveLength(0)
  })

  test.each([
    ['gzip', gzipSync(content, { level: 1 })],
    // With its checksum: half of the content is random, is stored as it is, and may have any bytes.
    ['zstd', zstdCompressSync(content, { params: { [constants.ZSTD_c_checksumFlag]: 1 } })],
  ])('%s that is damaged is an error', async (_, bytes) => {
    const damaged = Buffer.from(bytes)
    damaged.fill(0x55, bytes.length >> 1, (bytes.length >> 1) + 200)
    await expect(collect(damaged, inflate)).rejects.toThrow(InflateError)
  })

  test('gzip that is cut off is an error', async () => {
    const bytes = gzipSync(content, { level: 1 })
    await expect(collect(bytes.subarray(0, bytes.length >> 1), inflate)).rejects.toThrow(InflateError)
  })

  test('zstd that is cut off gives a beginning: the digest of a layer and the end of a tar tell', async () => {
    const bytes = zstdCompressSync(content)
    const some = await collect(bytes.subarray(0, bytes.length >> 1), inflate)
    expect(some.length).toBeLessThan(content.length)
    expect(content.subarray(0, some.length).equals(some)).toBe(true)
  })

  test('what the consumer throws ends the reading', async () => {
    const stop = new Error('enough')
    const failing: typeof inflate = (fd) =>
      inflate(fd, () => {
        throw stop
      })
    for (const bytes of [content, gzipSync(content, { level: 1 })])
      await expect(collect(bytes, failing)).rejects.toBe(stop)
  })
})

describe('archives', () => {
  test.each(['xz', 'bzip2'])('%s goes through the program of that name', async (name) => {
    const bytes = command(name, content.subarray(0, 500_000))
    expect(packingOf(bytes)).toBe(name)
    expect((await collect(bytes, unpackedChunks)).equals(content.subarray(0, 500_000))).toBe(true)
    await expect(collect(bytes.subarray(0, 2000), unpackedChunks)).rejects.toThrow(InflateError)
  })

  test('import keeps gzip as it is and takes xz apart', async () => {
    const source = (bytes: Buffer) =>
      (async function* () {
        for (let at = 0; at < bytes.length; at += 3) yield bytes.subarray(at, at + 3)
      })()
    const all = async (chunks: AsyncIterable<Uint8Array>) => Buffer.concat(await Array.fromAsync(chunks))
    const small = content.subarray(0, 5000)
    expect((await all(layerBytes(source(command('xz', small))))).equals(small)).toBe(true)
    const gzip = gzipSync(small)
    expect((await all(layerBytes(source(gzip)))).equals(gzip)).toBe(true)
    expect(await all(layerBytes(source(Buffer.alloc(0))))).toHaveLength(0)
  })
})

test('a failure leaves no read behind that would take bytes of the next file', async () => {
  const damaged = gzipSync(content, { level: 1 })
  damaged.fill(0, 2_000, 3_000)
  for (let round = 0; round < 20; round++) {
    await expect(collect(damaged, inflate)).rejects.toThrow(InflateError)
    expect((await collect(content, inflate)).equals(content)).toBe(true)
  }
})
