/** Tar headers: what is written is read back, and no bytes whatever make the reader do anything but say what is wrong. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TarError } from '../../../src/platform/tar/header.ts'
import { type Entry, TarReader } from '../../../src/platform/tar/reader.ts'
import { endOfArchive, headerBlocks, padding, plainEntry } from '../../../src/platform/tar/write.ts'

interface Read {
  readonly entry: Entry
  readonly data: Buffer
}

/** Feeds the archive in pieces of these sizes, over and over. */
function read(bytes: Buffer, pieces: readonly number[]): Read[] {
  const all: { entry: Entry; parts: Buffer[] }[] = []
  const reader = new TarReader({
    entry: (entry) => void all.push({ entry, parts: [] }),
    data: (piece) => void all.at(-1)?.parts.push(Buffer.from(piece)),
    finish: () => undefined,
  })
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = pieces[turn % pieces.length] ?? bytes.length
    reader.write(bytes.subarray(at, at + size))
    at += size
  }
  reader.end()
  return all.map(({ entry, parts }) => ({ entry, data: Buffer.concat(parts) }))
}

/** Byte strings without NUL, which ends a name. */
const name = (maxLength: number) =>
  fc
    .array(
      fc.oneof(
        { weight: 4, arbitrary: fc.integer({ min: 97, max: 99 }) },
        fc.integer({ min: 1, max: 255 }),
        fc.constant(47),
      ),
      {
        minLength: 1,
        maxLength,
      },
    )
    .map((bytes) => String.fromCharCode(...bytes))
const xattrs = fc
  .dictionary(fc.stringMatching(/^user\.[a-z]{1,8}$/), name(40), { maxKeys: 3 })
  .map((object) => new Map(Object.entries(object)))
const id = fc.integer({ min: 0, max: 0xffff_fffe })
const common = {
  name: name(300).filter((text) => !text.endsWith('/')),
  mode: fc.integer({ min: 0, max: 0o7777 }),
  uid: id,
  gid: id,
  mtime: fc.integer({ min: -1e10, max: 1e10 }).map((seconds) => BigInt(seconds) * 1_000_000_000n),
  xattrs,
}
const entry: fc.Arbitrary<Read> = fc.oneof(
  fc.tuple(fc.record(common), fc.uint8Array({ maxLength: 1500 })).map(([fields, data]) => ({
    entry: plainEntry({ ...fields, size: data.length }),
    data: Buffer.from(data),
  })),
  fc
    .tuple(fc.record(common), fc.constantFrom('link', 'hard-link'), name(200))
    .map(([fields, kind, target]) => ({
      entry: plainEntry({ ...fields, kind, target }),
      data: Buffer.alloc(0),
    })),
  fc
    .tuple(fc.record(common), fc.constantFrom('fifo', 'folder'))
    .map(([fields, kind]) => ({ entry: plainEntry({ ...fields, kind }), data: Buffer.alloc(0) })),
)
const entries = fc.array(entry, { maxLength: 6 })
const pieces = fc.array(fc.integer({ min: 1, max: 2000 }), { minLength: 1, maxLength: 4 })
const archiveOf = (all: readonly Read[]) =>
  Buffer.concat([
    ...all.flatMap(({ entry, data }) => [headerBlocks(entry), data, padding(data.length)]),
    endOfArchive,
  ])

test('entries come back as they were written, however the bytes are cut', () => {
  fc.assert(
    fc.property(entries, pieces, (all, cuts) => {
      const back = read(archiveOf(all), cuts)
      expect(back).toEqual(
        all.map(({ entry, data }) => ({
          entry: entry.kind === 'folder' ? { ...entry, name: `${entry.name}/` } : entry,
          data,
        })),
      )
    }),
    { numRuns: 300 },
  )
})

test('damaged archives and mere noise are read or refused with a sentence, never anything else', () => {
  const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 5 })
  const damaged = fc.tuple(entries, damage, fc.nat()).map(([all, changes, cut]) => {
    const bytes = archiveOf(all)
    for (const [at, value] of changes) bytes[at % bytes.length] = value
    return cut % 3 === 0 ? bytes.subarray(0, cut % bytes.length) : bytes
  })
  const noise = fc.uint8Array({ maxLength: 3000 }).map((bytes) => Buffer.from(bytes))
  fc.assert(
    fc.property(fc.oneof({ weight: 3, arbitrary: damaged }, noise), pieces, (bytes, cuts) => {
      try {
        read(bytes, cuts)
      } catch (error) {
        if (!(error instanceof TarError)) throw error
        // None may reach a terminal.
        expect(error.message).not.toMatch(/[\x00-\x1f]/)
      }
    }),
    { numRuns: 1000 },
  )
})
