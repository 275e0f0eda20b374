/** Layers that want out, that contradict themselves, or that are merely strange. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { contentOf, halfDone, importLayer, inside, treeOf } from '../support/layer-tree.ts'
import { archive, entry, file, folder, hardLink, header, link, pax } from '../support/tar-bytes.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const outside = join(user.folder, 'outside')

beforeAll(() => {
  user.makeFolder('outside', 0o777)
  user.file('outside/secret', 'mine', 0o666)
})

/** Nothing beside the layer was touched, and nothing half-done stays, whatever happened. */
afterEach(async () => {
  expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('mine')
  expect((await user.run(['ls', '-A', outside])).stdout).toBe('secret\n')
  expect(await halfDone(user)).toBe('')
})

const unpack = async (...parts: Buffer[]) => {
  const fs = await importLayer(user, archive(...parts))
  return { fs, tree: await treeOf(user, fs) }
}

describe('stays inside', () => {
  test('absolute names and names that go up and down again', async () => {
    const { fs, tree } = await unpack(
      file(`${outside}/secret`, 'theirs'),
      file('a/../b/./c', 'x'),
      file('///d', 'y'),
    )
    expect(await contentOf(user, join(fs, outside, 'secret'))).toBe('theirs')
    expect(tree.get('b/c')?.type).toBe('f')
    expect(tree.get('d')?.type).toBe('f')
  })

  test('links that point outside lead to the same place inside', async () => {
    const { tree } = await unpack(
      link('out', outside),
      folder(outside),
      file('out/secret', 'theirs'),
      link('up', '../../../..'),
      file('up/here', 'x'),
    )
    expect(tree.get(`${outside.slice(1)}/secret`)?.type).toBe('f')
    expect(tree.get('here')?.type).toBe('f')
  })

  test('a link to a folder that is not in the layer: it is made there', async () => {
    const { tree } = await unpack(link('bin', 'usr/bin'), file('bin/tool', 'x'))
    expect(tree.get('usr/bin/tool')?.type).toBe('f')
    expect(tree.get('bin')?.type).toBe('l')
  })

  test('hard links to names outside', async () => {
    const { code, stderr } = await user.sampan(['import', '-'], {
      input: archive(hardLink('h', join(outside, 'secret'))),
    })
    expect(code).toBe(1)
    expect(stderr).toMatch(/"h": it is a hard link to ".*secret", which is not there/)
  })

  test('a hard link to a symbolic link is one more of that link', async () => {
    const { tree } = await unpack(
      link('l', join(outside, 'secret')),
      hardLink('h', 'l'),
      file('h2', ''),
      file('l', 'new'),
    )
    expect(tree.get('h')).toMatchObject({ type: 'l', target: join(outside, 'secret') })
    expect(tree.get('l')?.type).toBe('f')
  })

  test('a file over a link replaces the link', async () => {
    const { fs, tree } = await unpack(link('l', join(outside, 'secret')), file('l', 'x'))
    expect(tree.get('l')).toMatchObject({ type: 'f', size: 1 })
    expect(await contentOf(user, join(fs, 'l'))).toBe('x')
  })
})

describe('refuses, with a sentence', () => {
  test.each([
    ['a name that leads out', [file('a/../../x', 'x')], /"a\/..\/..\/x": its name leads out of the archive/],
    ['a hard link that leads out', [hardLink('h', '../x')], /leads out of the archive/],
    ['a file in the place of the root', [file('./.', 'x')], /replace the root folder/],
    [
      'an entry below a file',
      [file('f', ''), file('f/g', '')],
      /"f\/g": it lies below "f", which is no folder/,
    ],
    ['a loop of links', [link('a', 'b'), link('b', 'a'), file('a/x', '')], /loop of symbolic links/],
    ['a link below itself', [link('a', 'a/b'), file('a/x', '')], /loop of symbolic links/],
    ['a whiteout of "."', [file('d/.wh..', '')], /whiteout/],
    ['a whiteout of ".."', [file('d/.wh...', '')], /whiteout/],
    [
      'a name longer than a file system has',
      [pax({ path: 'n'.repeat(300) }), file('x')],
      /name is longer than the file system allows/,
    ],
    [
      'a file larger than a file system has',
      [pax({ 'GNU.sparse.map': '', 'GNU.sparse.size': '9000000000000000' }), file('x')],
      /larger than the file system allows/,
    ],
    ['a size that nothing follows', [header({ name: 'x', size: 1 << 30 })], /ends in the middle of "x"/],
    [
      'a wrong checksum',
      [file('a'), entry({ name: 'b', damage: { 0: 'c' } })],
      /byte 512 has a wrong checksum/,
    ],
    ['no tar at all', [Buffer.alloc(4096, 'x')], /does not begin with a tar header/],
  ] as const)('%s', async (_, parts, words) => {
    const { code, stderr, stdout } = await user.sampan(['import', '-'], { input: archive(...parts) })
    expect(stderr).toMatch(words)
    expect(stderr).toMatch(/^Error: /)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  })

  test('a compressed archive that is cut off', async () => {
    const bytes = gzipSync(archive(file('a', 'x'.repeat(100_000))))
    const { code, stderr } = await user.sampan(['import', '-'], {
      input: bytes.subarray(0, bytes.length - 20),
    })
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/cannot be decompressed|whole tar/),
    })
  })

  test.runIf(user.uid !== 0)('owners beyond the range of /etc/subuid, and says how to get more', async () => {
    const { code, stderr } = await user.sampan(['import', '-'], {
      input: archive(file('x', '', { raw: { 108: '\x80\0\0\0\x7f\0\0\0' } })),
    })
    expect(code).toBe(1)
    expect(stderr).toMatch(/"x": its owner 2130706432:0 is outside the ids/)
    expect(stderr).toMatch(/usermod --add-subuids/)
  })
})

describe('keeps', () => {
  test('modes, owners and times of everything', async () => {
    const { tree } = await unpack(
      folder('.', { mode: 0o711 }),
      folder('d', { mode: 0o2750, uid: 5, gid: 6, mtime: 1_000_000_001 }),
      pax({ mtime: '1500000000.123456789' }),
      file('d/s', 'x', { mode: 0o4711, uid: 7, gid: 8 }),
      folder('tmp', { mode: 0o1777 }),
      file('d/none', '', { mode: 0 }),
      entry({ name: 'l', type: '2', target: 'nowhere', uid: 9, gid: 9, mtime: 5 }),
      entry({ name: 'pipe', type: '6', mode: 0o622 }),
      folder('d/late', { mtime: 1_000_000_002 }),
      file('d/late/x', ''),
    )
    expect(tree.get('')).toMatchObject({ mode: '711', time: '1000000000.000000000' })
    expect(tree.get('d')).toMatchObject({ mode: '2750', owner: '5:6', time: '1000000001.000000000' })
    expect(tree.get('d/s')).toMatchObject({ mode: '4711', owner: '7:8', time: '1500000000.123456789' })
    expect(tree.get('tmp')).toMatchObject({ mode: '1777' })
    expect(tree.get('d/none')).toMatchObject({ mode: '0', owner: '0:0' })
    expect(tree.get('l')).toMatchObject({ type: 'l', owner: '9:9', target: 'nowhere', time: '5.000000000' })
    expect(tree.get('pipe')).toMatchObject({ type: 'p', mode: '622' })
    expect(tree.get('d/late')).toMatchObject({ time: '1000000002.000000000' })
  })

  test('names with newlines, with bytes that are no UTF-8, and long ones', async () => {
    const long = Array.from({ length: 12 }, (_, at) => `${at}`.padEnd(200, 'x')).join('/')
    const { tree } = await unpack(
      file('a\nb', ''),
      file('\xff\xfe', ''),
      link('\xe9', '\xfc'),
      pax({ path: long }),
      file('cut'),
    )
    expect([...tree.keys()]).toEqual(expect.arrayContaining(['a\nb', '\xff\xfe', '\xe9', long]))
    expect(tree.get('\xe9')?.target).toBe('\xfc')
  })

  test('hard links, counted once', async () => {
    const { fs, tree } = await unpack(
      file('a', '12345'),
      hardLink('d/b', 'a'),
      hardLink('c', './d/b'),
      hardLink('a', 'a'),
    )
    expect(tree.get('c')).toMatchObject({ links: 3, size: 5 })
    const record = JSON.parse(readFileSync(join(fs, '../layer.json'), 'utf8'))
    expect(record).toMatchObject({ size: 5, entries: 4 })
  })

  test('holes', async () => {
    const sparse = pax({ 'GNU.sparse.map': '1000000000,4', 'GNU.sparse.size': '4000000000' })
    const { fs, tree } = await unpack(sparse, file('holes', 'data'))
    expect(tree.get('holes')?.size).toBe(4_000_000_000)
    const { stdout } = await inside(user, ['du', '-k', join(fs, 'holes')])
    expect(Number.parseInt(stdout, 10)).toBeLessThan(100)
  })

  test('attributes of the user and capabilities, but none by which it could pose as a whiteout', async () => {
    const capability = '\x01\0\0\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0'
    const { fs } = await unpack(
      pax({
        'SCHILY.xattr.user.note': 'hi',
        'SCHILY.xattr.user.overlay.opaque': 'y',
        'SCHILY.xattr.trusted.overlay.opaque': 'y',
        'SCHILY.xattr.security.capability': capability,
      }),
      file('x', 'x'),
    )
    const { stdout } = await inside(user, ['getfattr', '-d', '-m', '-', '--absolute-names', join(fs, 'x')])
    expect(stdout).toMatch(/user\.note="hi"/)
    expect(stdout).toMatch(/security\.capability=/)
    expect(stdout).not.toMatch(/overlay/)
  })

  test('the last of entries that contradict each other', async () => {
    const { fs, tree } = await unpack(
      file('a', 'first'),
      file('a', 'second'),
      folder('b'),
      file('b/c', 'x'),
      file('b', 'now a file'),
      file('c', ''),
      folder('c'),
      file('c/d', ''),
      link('d', 'c'),
      folder('d'),
      file('d/e', ''),
    )
    expect(await contentOf(user, join(fs, 'a'))).toBe('second')
    expect([...tree.keys()].sort()).toEqual(['', 'a', 'b', 'c', 'c/d', 'd', 'd/e'])
    const record = JSON.parse(readFileSync(join(fs, '../layer.json'), 'utf8'))
    expect(record.size).toBe('second'.length + 'now a file'.length)
  })

  test.runIf(user.uid !== 0)('everything but device nodes, which a user namespace may not make', async () => {
    const { tree } = await unpack(
      entry({ name: 'null', type: '3', major: 1, minor: 3 }),
      entry({ name: 'zero', type: '3' }),
      entry({ name: 'disk', type: '4', major: 8 }),
      file('after', ''),
    )
    expect([...tree.keys()].sort()).toEqual(['', 'after'])
  })
})

describe('deletions', () => {
  test('hide names, hide folders, and never what the layer itself has', async () => {
    const { fs, tree } = await unpack(
      file('.wh.gone', ''),
      folder('d'),
      file('d/.wh..wh..opq', ''),
      file('d/new', ''),
      folder('e'),
      file('e/x', ''),
      file('.wh.e', ''),
      file('.wh.f', ''),
      file('f/x', ''),
      file('g', 'kept'),
      file('.wh.g', ''),
      file('.wh..wh.plnk/1.2', ''),
      file('.wh..wh.aufs', ''),
    )
    expect(tree.get('gone')).toMatchObject({ type: 'c', size: 0 })
    expect(tree.get('g')).toMatchObject({ type: 'f' })
    for (const name of ['d', 'e', 'f']) {
      const { stdout } = await inside(user, [
        'getfattr',
        '-n',
        'user.overlay.opaque',
        '--only-values',
        join(fs, name),
      ])
      expect({ name, stdout }).toEqual({ name, stdout: 'y' })
    }
    expect([...tree.keys()].filter((name) => name.includes('.wh.'))).toEqual([])
  })
})

test('a hundred thousand entries in bounded memory', async () => {
  const many = Array.from({ length: 100_000 }, (_, at) => header({ name: `d${at % 100}/f${at}`, size: 0 }))
  const input = gzipSync(archive(...many), { level: 1 })
  const path = user.file('many.tar.gz', input)
  const { code, stderr } = await user.run(
    ['sh', '-c', `ulimit -v 80000000; exec /usr/bin/time -f '%M' "$0" import "$1"`, user.executable, path],
    { timeout: 120_000 },
  )
  expect({ code, stderr: stderr.replace(/\d+/, 'N') }).toEqual({ code: 0, stderr: 'N\n' })
  // Kilobytes of the largest of our processes; a list of all names would be many times that.
  expect(Number(stderr)).toBeLessThan(200_000)
}, 150_000)
