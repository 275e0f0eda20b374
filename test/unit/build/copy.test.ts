/** COPY and ADD on folders of this machine, without a container: what is found, and what is written. */
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { planCopy } from '../../../src/build/copy/plan.ts'
import { type CopyRequest, plainCopy, type SourceTree } from '../../../src/build/copy/types.ts'
import { write } from '../../../src/build/copy/write.ts'
import { directories } from '../../../src/platform/host/directories.ts'

const top = mkdtempSync(join(tmpdir(), 'sampan-copy-'))
let run = 0
let here = ''
const context = () => join(here, 'context')
const upper = () => join(here, 'upper')
const lower = () => join(here, 'lower')

beforeEach(() => {
  run += 1
  here = join(top, String(run))
  for (const folder of [context(), upper(), lower()]) mkdirSync(folder, { recursive: true, mode: 0o755 })
})
afterAll(() => rmSync(top, { recursive: true, force: true }))

function put(root: string, files: Readonly<Record<string, string>>): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(root, name)
    mkdirSync(name.endsWith('/') ? path : dirname(path), { recursive: true, mode: 0o755 })
    if (name.endsWith('/')) continue
    if (content.startsWith('-> ')) symlinkSync(content.slice(3), path)
    else writeFileSync(path, content, { mode: 0o644 })
  }
}

/** Path to content (`/` for a folder, `-> x` for a link), and the mode where it is not the usual one. */
function tree(root: string, below = ''): Record<string, string> {
  const result: Record<string, string> = {}
  for (const name of readdirSync(join(root, below)).sort()) {
    const path = join(below, name)
    const stat = lstatSync(join(root, path))
    const mode = stat.mode & 0o7777
    const usual = stat.isDirectory() ? 0o755 : 0o644
    const note = mode === usual || stat.isSymbolicLink() ? '' : ` (${mode.toString(8)})`
    if (stat.isSymbolicLink()) result[path] = `-> ${readlinkSync(join(root, path))}`
    else if (stat.isDirectory()) Object.assign(result, { [path]: `/${note}` }, tree(root, path))
    else result[path] = readFileSync(join(root, path), 'utf8') + note
  }
  return result
}

function request(
  sources: string | string[],
  destination: string,
  more: Partial<CopyRequest> = {},
): CopyRequest {
  return {
    instruction: 'COPY',
    sources: [sources].flat(),
    destination,
    directory: '/work',
    ...plainCopy,
    ...more,
  }
}

const where = () => directories({ HOME: here }, join(here, 'data'))
const plan = (asked: CopyRequest, ignore: string[] = []) => {
  const source: SourceTree = { kind: 'folder', path: context(), ignore }
  return planCopy(asked, source, where())
}

async function apply(asked: CopyRequest, ignore: string[] = []): Promise<void> {
  using planned = await plan(asked, ignore)
  await write({
    request: asked,
    pieces: planned.work.items as never,
    target: { upper: upper(), lowers: [lower()] },
    single: false,
  })
}

async function copy(asked: CopyRequest, ignore: string[] = []): Promise<Record<string, string>> {
  await apply(asked, ignore)
  return tree(upper())
}

describe('where things go', () => {
  test('a file to a new name, in folders that are made', async () => {
    put(context(), { a: 'A' })
    expect(await copy(request('a', '/x/y/b'))).toEqual({ x: '/', 'x/y': '/', 'x/y/b': 'A' })
  })

  test('a file into a folder: because of the slash, or because it is there', async () => {
    put(context(), { a: 'A', b: 'B' })
    put(lower(), { 'etc/passwd': 'x' })
    await copy(request('a', '/new/'))
    expect(await copy(request('b', '/etc'))).toEqual({ new: '/', 'new/a': 'A', etc: '/', 'etc/b': 'B' })
  })

  test('relative to WORKDIR, `.` and ``..`` included', async () => {
    put(context(), { a: 'A' })
    await copy(request('a', 'b'))
    await copy(request('a', '.'))
    expect(await copy(request('a', '../c'))).toEqual({ work: '/', 'work/a': 'A', 'work/b': 'A', c: 'A' })
  })

  test('of a folder what is in it', async () => {
    put(context(), { 'd/a': 'A', 'd/e/b': 'B', 'd/empty/': '' })
    expect(await copy(request('d', '/x'))).toEqual({
      x: '/',
      'x/a': 'A',
      'x/e': '/',
      'x/e/b': 'B',
      'x/empty': '/',
    })
  })

  test('several need a folder', async () => {
    put(context(), { a: 'A', b: 'B' })
    await expect(copy(request(['a', 'b'], '/x'))).rejects.toThrow(
      'When using COPY with more than one source file, the destination must be a directory and end with a /',
    )
    await expect(copy(request('*', '/x'))).rejects.toThrow('more than one source file')
    expect(await copy(request(['a', 'b'], '/x/'))).toEqual({ x: '/', 'x/a': 'A', 'x/b': 'B' })
  })

  test('links of lower layers are followed, inside the tree only', async () => {
    put(context(), { a: 'A', 'd/f': 'F' })
    put(lower(), {
      'usr/lib/x': '',
      lib: '-> usr/lib',
      out: '-> ../../../../etc',
      'etc/x': '',
      abs: '-> /usr/lib/x',
    })
    await copy(request('a', '/lib/'))
    await copy(request('a', '/out/b'))
    await copy(request('a', '/abs'))
    expect(await copy(request('d', '/lib'))).toEqual({
      etc: '/',
      'etc/b': 'A',
      usr: '/',
      'usr/lib': '/',
      'usr/lib/a': 'A',
      'usr/lib/f': 'F',
      'usr/lib/x': 'A',
    })
  })

  test('a folder over a link to one goes through it; with --link it takes its place', async () => {
    put(context(), { 'root/lib/f': 'F' })
    put(lower(), { 'usr/lib/x': '', lib: '-> usr/lib' })
    expect(await copy(request('root', '/'))).toEqual({ usr: '/', 'usr/lib': '/', 'usr/lib/f': 'F' })
    rmSync(join(upper(), 'usr'), { recursive: true })
    expect(await copy(request('root', '/', { link: true }))).toEqual({ lib: '/', 'lib/f': 'F' })
  })

  test('a file does not take the place of a folder, nor a folder that of a file', async () => {
    put(context(), { a: 'A', 'd/x/f': '' })
    put(lower(), { 'p/a/': '', 'q/x': '' })
    await expect(copy(request('a', '/p/'))).rejects.toThrow('cannot replace to directory /p/a with file')
    await expect(copy(request('d', '/q'))).rejects.toThrow('cannot copy to non-directory: /q/x')
  })

  test('heredocs are files of their names', async () => {
    const heredocs = [{ name: 'EOF', content: 'hello\n' }]
    await copy(request([], '/a.txt', { heredocs }))
    expect(await copy(request([], '/d/', { heredocs, chmod: '700' }))).toEqual({
      'a.txt': 'hello\n',
      d: '/',
      'd/EOF': 'hello\n (700)',
    })
  })
})

describe('modes, owners and links', () => {
  test('modes stay, and --chmod sets those of files and folders', async () => {
    put(context(), { 'd/run': 'x', 'd/e/f': '' })
    chmodSync(join(context(), 'd/run'), 0o4750)
    chmodSync(join(context(), 'd/e'), 0o700)
    expect(await copy(request('d', '/a'))).toMatchObject({ a: '/', 'a/run': 'x (4750)', 'a/e': '/ (700)' })
    expect(await copy(request('d', '/b', { chmod: 'go=' }))).toMatchObject({
      b: '/',
      'b/run': 'x (4700)',
      'b/e/f': ' (600)',
    })
  })

  test('a folder of lower layers keeps its mode; one below the source gets the source`s', async () => {
    put(context(), { 'd/sub/f': '' })
    put(lower(), { 'tmp/sub/x': '' })
    chmodSync(join(lower(), 'tmp'), 0o1777)
    chmodSync(join(lower(), 'tmp/sub'), 0o1777)
    chmodSync(join(context(), 'd/sub'), 0o711)
    expect(await copy(request('d', '/tmp'))).toEqual({
      tmp: '/ (1777)',
      'tmp/sub': '/ (711)',
      'tmp/sub/f': '',
    })
  })

  test('links are copied as links, but the source itself is followed', async () => {
    put(context(), { file: 'F', 'd/l': '-> nowhere', l: '-> file', ld: '-> d', up: '-> ../../../../../file' })
    expect(await copy(request('d', '/d'))).toEqual({ d: '/', 'd/l': '-> nowhere' })
    await copy(request(['l', 'up'], '/e/'))
    expect(await copy(request('ld', '/g'))).toMatchObject({ 'e/l': 'F', 'e/up': 'F', 'g/l': '-> nowhere' })
    await expect(copy(request('d/l', '/x'))).rejects.toThrow('"/d/l": not found')
  })

  test('a large file keeps its holes', async () => {
    mkdirSync(join(context(), 'd'))
    execFileSync('truncate', ['-s', '20M', join(context(), 'd/sparse')])
    execFileSync(
      'dd',
      ['if=/dev/urandom', `of=${join(context(), 'd/sparse')}`, 'bs=1M', 'count=1', 'seek=9', 'conv=notrunc'],
      {
        stdio: 'ignore',
      },
    )
    await apply(request('d', '/d', { chmod: '4711' }))
    const written = lstatSync(join(upper(), 'd/sparse'))
    expect([written.size, written.mode & 0o7777]).toEqual([20 << 20, 0o4711])
    expect(written.blocks * 512).toBeLessThan(5 << 20)
    execFileSync('cmp', [join(context(), 'd/sparse'), join(upper(), 'd/sparse')])
  })

  test('names of one file stay that', async () => {
    put(context(), { 'd/a': 'A' })
    linkSync(join(context(), 'd/a'), join(context(), 'd/b'))
    await copy(request('d', '/d'))
    expect(lstatSync(join(upper(), 'd/a')).ino).toBe(lstatSync(join(upper(), 'd/b')).ino)
  })

  test('--chown by the image`s accounts, for made folders too', async () => {
    if (process.getuid?.() !== 0) return
    put(context(), { a: '' })
    put(lower(), { 'etc/passwd': 'web:x:33:34::/:/bin/sh\n' })
    await copy(request('a', '/srv/a', { chown: 'web' }))
    const owners = ['srv', 'srv/a'].map((path) => lstatSync(join(upper(), path)))
    expect(owners.map(({ uid, gid }) => [uid, gid])).toEqual([
      [33, 34],
      [33, 34],
    ])
    await expect(copy(request('a', '/b', { chown: 'nobody' }))).rejects.toThrow('unable to find user nobody')
  })

  test('a name that is no UTF-8 stays as it is', async () => {
    mkdirSync(join(context(), 'd'))
    writeFileSync(Buffer.concat([Buffer.from(join(context(), 'd/')), Buffer.from([0xff, 0x61])]), 'x')
    await apply(request('d', '/d'))
    expect(readdirSync(join(upper(), 'd'), { encoding: 'latin1' })).toEqual(['\xffa'])
  })
})

describe('which sources', () => {
  test('wildcards as filepath.Match has them; several folders give what is in each', async () => {
    put(context(), { 'a1/x': '1', 'a2/y': '2', b: 'B', 'deep/a3': '3' })
    expect(await copy(request('a?', '/d/'))).toEqual({ d: '/', 'd/x': '1', 'd/y': '2' })
    rmSync(join(upper(), 'd'), { recursive: true })
    expect(await copy(request(['*/a3', 'b'], '/d/'))).toEqual({ d: '/', 'd/a3': '3', 'd/b': 'B' })
  })

  test('a wildcard for nothing is said and is no error, a missing name is one', async () => {
    put(context(), { a: 'A' })
    using planned = await plan(request('x*', '/d/'))
    expect(planned.warnings).toEqual(['COPY x*: nothing matches'])
    await expect(copy(request('nope', '/d'))).rejects.toThrow('COPY nope: "/nope": not found')
  })

  test('nothing above the context can be named', async () => {
    put(here, { secret: 'S' })
    put(context(), { link: '-> ../secret', 'd/../in': 'I' })
    await expect(copy(request('../secret', '/x'))).rejects.toMatchObject({
      message: 'COPY ../secret: "/secret": not found',
      hint: expect.stringContaining('cannot lead out of the context'),
    })
    await expect(copy(request('link', '/x'))).rejects.toThrow('not found')
    expect(await copy(request('/../in', '/x'))).toEqual({ x: 'I' })
  })

  test('what .dockerignore leaves out is not there, and the error says so', async () => {
    put(context(), { 'a/x.log': '', 'a/y': 'Y', 'b/keep/z': 'Z', 'b/gone': '', c: 'C' })
    const ignore = ['**/*.log', 'b', '!b/keep']
    expect(await copy(request('.', '/'), ignore)).toEqual({
      a: '/',
      'a/y': 'Y',
      b: '/',
      'b/keep': '/',
      'b/keep/z': 'Z',
      c: 'C',
    })
    await expect(copy(request('a/x.log', '/'), ignore)).rejects.toMatchObject({
      hint: '.dockerignore leaves it out by the pattern "**/*.log"',
    })
  })

  test('what is left out is not read: not even a folder nobody may read', async () => {
    put(context(), { 'big/x/y': '', a: 'A' })
    rmSync(join(context(), 'big'), { recursive: true })
    symlinkSync('/proc/1', join(context(), 'big'))
    expect(await copy(request('.', '/'), ['big'])).toEqual({ a: 'A' })
  })

  test('--exclude counts from the source', async () => {
    put(context(), { 'd/a.md': '', 'd/e/b.md': '', 'd/c': 'C', 'x.md': '', 'x.c': 'X' })
    expect(await copy(request('d', '/d', { exclude: ['*.md'] }))).toEqual({
      d: '/',
      'd/c': 'C',
      'd/e': '/',
      'd/e/b.md': '',
    })
    expect(await copy(request('x*', '/f/', { exclude: ['*.md'] }))).toMatchObject({ f: '/', 'f/x.c': 'X' })
    expect(tree(upper())).not.toHaveProperty(['f/x.md'])
  })

  test('--parents keeps the folders, from the pivot on', async () => {
    put(context(), { 'x/a.txt': 'A', 'x/y/b.txt': 'B', 'x/y/c': '' })
    chmodSync(join(context(), 'x/y'), 0o711)
    const parents = true
    expect(await copy(request('./x/y/b.txt', '/p', { parents }))).toEqual({
      p: '/',
      'p/x': '/',
      'p/x/y': '/ (711)',
      'p/x/y/b.txt': 'B',
    })
    rmSync(join(upper(), 'p'), { recursive: true })
    expect(await copy(request('./x/./y/*.txt', '/p', { parents }))).toEqual({
      p: '/',
      'p/y': '/ (711)',
      'p/y/b.txt': 'B',
    })
    rmSync(join(upper(), 'p'), { recursive: true })
    expect(await copy(request('**/*.txt', '/p', { parents }))).toEqual({
      p: '/',
      'p/x': '/',
      'p/x/a.txt': 'A',
      'p/x/y': '/ (711)',
      'p/x/y/b.txt': 'B',
    })
  })
})

describe('ADD', () => {
  const tar = (name: string, ...flags: string[]) =>
    execFileSync('tar', [...flags, '-cf', join(context(), name), '-C', join(here, 'packed'), '.'])
  const add = (source: string, destination: string, more: Partial<CopyRequest> = {}) =>
    copy(request(source, destination, { instruction: 'ADD', ...more }))

  beforeEach(() => {
    put(join(here, 'packed'), { 'lib/f': 'F', top: 'T' })
    chmodSync(join(here, 'packed/top'), 0o700)
  })

  test.each([['plain'], ['gzip', '-z'], ['bzip2', '-j'], ['xz', '-J'], ['zstd', '--zstd']])(
    'unpacks an archive whatever it is called: %s',
    async (name, ...flags) => {
      tar(name, ...flags)
      put(lower(), { 'usr/lib/x': '', lib: '-> usr/lib' })
      expect(await add(name, '/d')).toEqual({ d: '/', 'd/lib': '/', 'd/lib/f': 'F', 'd/top': 'T (700)' })
    },
  )

  test('follows links of the image on the way', async () => {
    execFileSync('tar', ['-cf', join(context(), 'a.tar'), '-C', join(here, 'packed'), 'lib/f'])
    put(lower(), { 'usr/lib/x': '', lib: '-> usr/lib' })
    expect(await add('a.tar', '/')).toEqual({ usr: '/', 'usr/lib': '/', 'usr/lib/f': 'F' })
  })

  test('COPY, --unpack=false and what only looks like an archive stay as they are', async () => {
    tar('a.tar')
    put(context(), { 'b.tar': 'no archive\n' })
    execFileSync('gzip', ['-k', join(context(), 'b.tar')])
    await copy(request('a.tar', '/copied'))
    await add('a.tar', '/kept', { unpack: false })
    const written = await add('b.tar*', '/d/')
    expect(Object.keys(written)).toEqual(['copied', 'd', 'd/b.tar', 'd/b.tar.gz', 'kept'])
  })

  test('an archive cannot write outside of the tree', async () => {
    put(here, { 'evil/x': '-> ../../../../..' })
    execFileSync('tar', ['-cf', join(context(), 'e.tar'), '-C', join(here, 'evil'), 'x'])
    execFileSync('tar', [
      '-rPf',
      join(context(), 'e.tar'),
      '-C',
      join(here, 'packed'),
      `--transform=s,^top$,x${here}/escaped,`,
      'top',
    ])
    await add('e.tar', '/')
    expect(readdirSync(here)).not.toContain('escaped')
  })
})

describe('the digest', () => {
  const digest = async (asked = request('.', '/')) => {
    using planned = await plan(asked)
    return planned.digest
  }

  test('knows names, modes and bytes, and not times', async () => {
    put(context(), { a: 'A', 'd/b': 'B' })
    const first = await digest()
    execFileSync('touch', ['-d', '2001-01-01', join(context(), 'a'), join(context(), 'd')])
    expect(await digest()).toBe(first)
    chmodSync(join(context(), 'a'), 0o600)
    const other = await digest()
    chmodSync(join(context(), 'a'), 0o644)
    writeFileSync(join(context(), 'a'), 'C')
    const third = await digest()
    execFileSync('mv', [join(context(), 'a'), join(context(), 'aa')])
    expect(new Set([first, other, third, await digest()]).size).toBe(4)
  })

  test('is that of the request too', async () => {
    put(context(), { a: 'A' })
    const requests = [request('a', '/'), request('a', '/b'), request('a', '/', { chmod: '600' })]
    expect(new Set(await Promise.all(requests.map(digest))).size).toBe(3)
  })

  test('remembers files, and notices a change that leaves size and time of modification', async () => {
    put(context(), { a: 'A' })
    execFileSync('touch', ['-d', '2001-01-01', join(context(), 'a')])
    const first = await digest()
    writeFileSync(join(context(), 'a'), 'B')
    execFileSync('touch', ['-d', '2001-01-01', join(context(), 'a')])
    expect(await digest()).not.toBe(first)
  })

  test('a file that changes between reading and writing is an error', async () => {
    put(context(), { a: 'A' })
    const asked = request('a', '/x')
    using planned = await plan(asked)
    writeFileSync(join(context(), 'a'), 'B')
    const order = { request: asked, pieces: planned.work.items as never, single: false }
    await expect(write({ ...order, target: { upper: upper(), lowers: [] } })).rejects.toThrow(
      'changed while the build was reading it',
    )
  })
})
