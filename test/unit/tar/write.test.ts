/** What the writer writes the reader reads back, and GNU tar agrees. */
import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { type Entry, TarReader } from '../../../src/platform/tar/reader.ts'
import { endOfArchive, headerBlocks, padding, plainEntry } from '../../../src/platform/tar/write.ts'

function readBack(bytes: Buffer): Entry[] {
  const entries: Entry[] = []
  const reader = new TarReader({ entry: (entry) => entries.push(entry), data() {}, finish() {} })
  reader.write(bytes)
  reader.end()
  return entries
}

const written = (entry: Entry, data = Buffer.alloc(0)) =>
  Buffer.concat([headerBlocks(entry), data, padding(data.length), endOfArchive])

const second = 1_000_000_000n
const long = (length: number) =>
  `${'d'.repeat(60)}/`
    .repeat(10)
    .slice(0, length - 1)
    .concat('n')

describe('reads back what was written', () => {
  test.each<[string, Partial<Entry> & { name: string }]>([
    ['a file', { name: 'etc/passwd', mode: 0o4755, uid: 1000, gid: 50, mtime: 1_700_000_000n * second }],
    ['a link', { name: 'bin/sh', kind: 'link', target: '../busybox', mode: 0o777 }],
    ['a hard link', { name: 'b', kind: 'hard-link', target: 'a' }],
    ['a device', { name: 'dev/null', kind: 'character', major: 1, minor: 3 }],
    ['a fifo', { name: 'p', kind: 'fifo' }],
    ['a name of 100 bytes', { name: long(100) }],
    ['a name of 101 bytes', { name: long(101) }],
    ['a name of 256 bytes', { name: long(256) }],
    ['a name of 500 bytes', { name: long(500) }],
    ['a name of 101 bytes in one part', { name: 'x'.repeat(101) }],
    ['a long target', { name: 'l', kind: 'link', target: long(300) }],
    ['a name that is not UTF-8', { name: 'caf\xe9' }],
    ['ids beyond ustar', { name: 'f', uid: 2_097_152, gid: 4_294_967_294 }],
    ['a time before 1970', { name: 'f', mtime: -5n * second }],
    [
      'attributes',
      {
        name: 'f',
        xattrs: new Map([
          ['security.capability', '\x01\0\0\x02\n='],
          ['user.a', ''],
        ]),
      },
    ],
  ])('%s', (_, fields) => {
    const entry = plainEntry(fields)
    const [found] = readBack(written(entry))
    expect(found).toMatchObject({ ...entry, xattrs: expect.anything() })
    const kept = [...entry.xattrs]
    expect([...(found?.xattrs ?? [])]).toEqual(kept)
  })

  test('a size beyond eight gigabytes', () => {
    const entry = plainEntry({ name: 'big', size: 9 * 2 ** 30 })
    const sizes: number[] = []
    const reader = new TarReader({ entry: ({ size }) => sizes.push(size), data() {}, finish() {} })
    reader.write(headerBlocks(entry))
    expect(sizes).toEqual([9 * 2 ** 30])
  })

  test('a fraction of a second before 1970 goes to the second before', () => {
    const [entry] = readBack(written(plainEntry({ name: 'f', mtime: -1n })))
    expect(entry?.mtime).toBe(-1n * second)
  })
})

test('GNU tar lists it', () => {
  const archive = Buffer.concat([
    headerBlocks(plainEntry({ name: 'folder', kind: 'folder', mode: 0o755 })),
    headerBlocks(plainEntry({ name: `folder/${'n'.repeat(150)}`, size: 3 })),
    Buffer.from('abc'),
    padding(3),
    endOfArchive,
  ])
  const { status, stdout, stderr } = spawnSync('tar', ['-tvf', '-', '--utc', '--numeric-owner'], {
    input: archive,
  })
  expect({ status, stderr: stderr.toString() }).toEqual({ status: 0, stderr: '' })
  expect(stdout.toString().trimEnd().split('\n')).toEqual([
    'drwxr-xr-x 0/0               0 1970-01-01 00:00 folder/',
    `-rw-r--r-- 0/0               3 1970-01-01 00:00 folder/${'n'.repeat(150)}`,
  ])
})
