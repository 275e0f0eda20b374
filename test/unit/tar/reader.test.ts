import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { TarError } from '../../../src/platform/tar/header.ts'
import { type Entry, TarReader } from '../../../src/platform/tar/reader.ts'
import { archive, entry, file, folder, hardLink, header, link, pax } from '../../support/tar-bytes.ts'

interface Read extends Entry {
  /** The file as it would be on disk; holes as zeros. */
  readonly content: string
}

/** Feeds the archive in pieces of this size. */
function read(bytes: Buffer, piece = bytes.length): Read[] {
  const entries: { entry: Entry; content: Buffer; finished: boolean }[] = []
  const reader = new TarReader({
    entry(next) {
      const content = Buffer.alloc(next.kind === 'file' && next.size < 1 << 26 ? next.size : 0)
      entries.push({ entry: next, content, finished: false })
    },
    data(part, offset) {
      part.copy((entries.at(-1) as { content: Buffer }).content, offset)
    },
    finish() {
      ;(entries.at(-1) as { finished: boolean }).finished = true
    },
  })
  for (let at = 0; at < bytes.length; at += piece) reader.write(bytes.subarray(at, at + piece))
  reader.end()
  expect(entries.every(({ finished }) => finished)).toBe(true)
  return entries.map(({ entry, content }) => ({ ...entry, content: content.toString('latin1') }))
}

const one = (bytes: Buffer) => {
  const [only, ...others] = read(bytes)
  expect(others).toEqual([])
  return only as Read
}

describe('reads entries', () => {
  test.each([
    ['a file', file('a', 'hello'), { kind: 'file', name: 'a', size: 5, content: 'hello', mode: 0o644 }],
    ['a folder', folder('d'), { kind: 'folder', name: 'd/', mode: 0o755 }],
    ['a symbolic link', link('l', '/etc'), { kind: 'link', target: '/etc' }],
    ['a hard link', hardLink('h', 'a'), { kind: 'hard-link', target: 'a' }],
    ['a fifo', entry({ name: 'p', type: '6' }), { kind: 'fifo' }],
    [
      'a device',
      entry({ name: 'n', type: '3', major: 1, minor: 3 }),
      { kind: 'character', major: 1, minor: 3 },
    ],
    ['setuid and sticky bits', file('s', '', { mode: 0o7755 }), { mode: 0o7755 }],
    ['owners', file('o', '', { uid: 1000, gid: 100 }), { uid: 1000, gid: 100 }],
    ['a v7 file', file('v', 'x', { magic: '\0', type: '\0' }), { kind: 'file', content: 'x' }],
    ['a v7 folder', entry({ name: 'v/', magic: '\0', type: '\0' }), { kind: 'folder' }],
    ['a ustar prefix', file('base', '', { prefix: 'deep/er' }), { name: 'deep/er/base' }],
    ['a name of exactly 100 bytes', file('n'.repeat(100)), { name: 'n'.repeat(100) }],
    [
      'a GNU prefix field that is something else',
      file('n', '', { prefix: 'times', magic: 'ustar  \0' }),
      { name: 'n' },
    ],
    [
      'a size in base 256',
      entry({ name: 'b', raw: { 124: '\x80\0\0\0\0\0\0\0\0\0\0\x02' } }, 'hi'),
      { size: 2, content: 'hi' },
    ],
    [
      'a time before 1970',
      file('t', '', { raw: { 136: '\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff' } }),
      { mtime: -1_000_000_000n },
    ],
    ['bytes that are no UTF-8', file('\xff\xfe\n'), { name: '\xff\xfe\n' }],
    ['a signed checksum', signed(), { name: '\xff' }],
  ] as const)('%s', (_, bytes, wanted) => {
    expect(one(archive(bytes))).toMatchObject(wanted)
  })

  test('in pieces of any size', () => {
    const bytes = archive(
      folder('d'),
      pax({ path: 'd/'.padEnd(300, 'x') }),
      file('short', 'y'.repeat(1500)),
      file('z', 'last'),
    )
    const whole = read(bytes)
    expect(whole.map(({ name }) => name.length)).toEqual([2, 300, 1])
    for (const piece of [1, 7, 511, 512, 513, 1000]) expect(read(bytes, piece)).toEqual(whole)
  })

  test.each([513, 600, 1023])('the last one without all of its padding: %i bytes', (length) => {
    expect(one(file('a', 'x').subarray(0, length))).toMatchObject({ name: 'a', content: 'x' })
  })

  test('the same without end marks, with one, and with garbage after them', () => {
    const body = file('a', 'x')
    for (const end of [
      Buffer.alloc(0),
      Buffer.alloc(512),
      Buffer.concat([Buffer.alloc(1024), Buffer.from('junk')]),
    ]) {
      expect(read(Buffer.concat([body, end]))).toHaveLength(1)
    }
    expect(read(Buffer.alloc(0))).toEqual([])
    expect(read(Buffer.alloc(10240))).toEqual([])
  })
})

/** Some old tars added the bytes of a header as signed numbers. */
function signed(): Buffer {
  const block = header({ name: '\xff' })
  const sum = Number.parseInt(block.toString('latin1', 148, 154), 8) - 256
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return block
}

describe('extended headers', () => {
  test.each([
    [
      'long names and targets',
      pax({ path: 'p'.repeat(400), linkpath: 't'.repeat(300) }),
      link('x', 'y'),
      { name: 'p'.repeat(400), target: 't'.repeat(300) },
    ],
    ['large owners', pax({ uid: '4000000', gid: '4000001' }), file('x'), { uid: 4_000_000, gid: 4_000_001 }],
    [
      'times in nanoseconds',
      pax({ mtime: '1700000000.123456789' }),
      file('x'),
      { mtime: 1_700_000_000_123_456_789n },
    ],
    ['negative times', pax({ mtime: '-1.25' }), file('x'), { mtime: -1_250_000_000n }],
    [
      'a size that the header cannot hold',
      pax({ size: '2' }),
      entry({ name: 'x', size: 0 }, 'hi'),
      { size: 2, content: 'hi' },
    ],
    [
      'attributes, bytes and all',
      pax({ 'SCHILY.xattr.user.a=b': 'x' }),
      file('x'),
      { xattrs: new Map([['user.a', 'b=x']]) },
    ],
    ['an empty value, which gives the header its say back', pax({ path: '' }), file('x'), { name: 'x' }],
  ])('%s', (_, extended, body, wanted) => {
    expect(one(archive(extended, body))).toMatchObject(wanted)
  })

  test('global ones hold until the end, local ones for one entry', () => {
    const all = read(archive(pax({ uid: '7' }, 'g'), pax({ uid: '8' }), file('a'), file('b')))
    expect(all.map(({ uid }) => uid)).toEqual([8, 7])
  })

  test('GNU long names and link targets', () => {
    const long = 'n'.repeat(200)
    const bytes = archive(
      entry({ name: '././@LongLink', type: 'L' }, `${long}\0`),
      entry({ name: '././@LongLink', type: 'K' }, `${long}t\0`),
      link('cut', 'cut'),
    )
    expect(one(bytes)).toMatchObject({ name: long, target: `${long}t` })
  })

  test('a long name that is cut at a slash in the header does not make a folder', () => {
    const name = `${'d'.repeat(99)}/${'f'.repeat(50)}`
    const bytes = archive(
      entry({ name: '././@LongLink', type: 'L' }, `${name}\0`),
      file(name.slice(0, 100), 'x'),
    )
    expect(one(bytes)).toMatchObject({ kind: 'file', name })
  })
})

describe('what GNU tar writes', () => {
  const work = mkdtempSync(join(tmpdir(), 'sampan-tar-'))
  afterAll(() => rmSync(work, { recursive: true }))
  mkdirSync(join(work, 'd'))
  const deep = 'long-'.repeat(40)
  writeFileSync(join(work, 'd', deep), 'deep')
  writeFileSync(join(work, 'd/holes'), 'start')
  truncateSync(join(work, 'd/holes'), 3_000_000)
  writeFileSync(join(work, 'd/holes'), 'end', { flag: 'a' })
  truncateSync(join(work, 'd/holes'), 5_000_000)
  const holes = `start${'\0'.repeat(2_999_995)}end`.padEnd(5_000_000, '\0')

  test.each([
    ['gnu', ''],
    ['oldgnu', ''],
    ['pax', ''],
    ['pax', '0.0'],
    ['pax', '0.1'],
    ['pax', '1.0'],
  ])('format %s %s', (format, sparse) => {
    const version = sparse === '' ? [] : [`--sparse-version=${sparse}`]
    const bytes = execFileSync('tar', ['-C', work, '-S', ...version, `--format=${format}`, '-c', 'd'], {
      maxBuffer: 1 << 26,
    })
    const found = new Map(read(bytes, 3000).map((each) => [each.name, each]))
    expect([...found.keys()].sort()).toEqual(['d/', 'd/holes', `d/${deep}`])
    expect(found.get(`d/${deep}`)?.content).toBe('deep')
    expect(found.get('d/holes')?.size).toBe(5_000_000)
    expect(found.get('d/holes')?.content === holes).toBe(true)
    // The archive has only what is not a hole.
    expect(bytes.length).toBeLessThan(100_000)
  })
})

describe('refuses', () => {
  test.each([
    ['what is no tar', Buffer.alloc(2048, 'x'), 'it does not begin with a tar header'],
    [
      'a wrong checksum',
      archive(file('a'), entry({ name: 'b', damage: { 0: 'c' } })),
      'the header at byte 512 has a wrong checksum',
    ],
    ['an unknown type', archive(file('a'), entry({ name: 'b', type: 'Q' })), 'the type "Q"'],
    [
      'a header cut short',
      Buffer.concat([file('a', 'x'), header({ name: 'b' }).subarray(0, 100)]),
      'it ends in the middle of a header',
    ],
    [
      'data cut short',
      archive(file('a', 'x'.repeat(1000))).subarray(0, 1100),
      'it ends in the middle of "a"',
    ],
    ['an extended header without an entry', pax({ path: 'x' }), 'ends in the middle'],
    [
      'a negative size',
      archive(file('a'), file('b', '', { raw: { 124: '\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff' } })),
      'a negative size',
    ],
    [
      'a size beyond all bounds',
      archive(file('a'), file('b', '', { raw: { 124: '\x8f\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff' } })),
      'a size that is too large',
    ],
    [
      'letters for a number',
      archive(file('a'), file('b', '', { raw: { 124: '12x' } })),
      'a size that is not a number',
    ],
    [
      'a pax length that lies',
      archive(file('a'), entry({ name: 'p', type: 'x' }, '99 path=x\n')),
      'do not add up',
    ],
    ['a pax record without =', archive(file('a'), entry({ name: 'p', type: 'x' }, '8 path\n\n')), 'no "="'],
    ['a pax size that is no number', archive(file('a'), pax({ size: '1e9' }), file('b')), 'not a number'],
    [
      'a huge extended header',
      archive(file('a'), header({ name: 'p', type: 'x', size: 1 << 30 })),
      'more than a megabyte',
    ],
    ['a zero byte in a name', archive(file('a'), pax({ path: 'x\0y' }), file('b')), 'zero byte'],
    ['sparse segments that overlap', archive(file('a'), sparse('0,3,2,3', '10', 6)), 'does not fit the file'],
    ['a sparse segment past the end', archive(file('a'), sparse('8,6', '10', 6)), 'does not fit the file'],
    [
      'a sparse map for more data than there is',
      archive(file('a'), sparse('0,3', '10', 6)),
      'does not fit the data',
    ],
    ['a sparse map of an odd length', archive(file('a'), sparse('0,3,4', '10', 3)), 'odd length'],
    ['a sparse map that never ends', archive(file('a'), endlessSparse()), 'sparse map'],
  ])('%s', (_, bytes, message) => {
    expect(() => read(bytes)).toThrow(TarError)
    expect(() => read(bytes)).toThrow(message)
  })
})

function sparse(map: string, size: string, stored: number): Buffer {
  return Buffer.concat([
    pax({ 'GNU.sparse.map': map, 'GNU.sparse.size': size }),
    file('s', 'x'.repeat(stored)),
  ])
}

function endlessSparse(): Buffer {
  const records = { 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.realsize': '5' }
  return Buffer.concat([pax(records), file('s', '9999999\n'.repeat(4096))])
}

test('a million entries need no more memory than one', () => {
  const reader = new TarReader({ entry: () => undefined, data: () => undefined, finish: () => undefined })
  const block = Buffer.concat(Array.from({ length: 1000 }, (_, at) => header({ name: `f${at}`, size: 0 })))
  reader.write(block)
  Bun.gc(true)
  const before = process.memoryUsage().heapUsed
  for (let at = 0; at < 999; at++) reader.write(block)
  Bun.gc(true)
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(5 << 20)
}, 120_000)
