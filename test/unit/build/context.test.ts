import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readIgnored } from '../../../src/build/context/ignore.ts'
import { parseNamedContexts } from '../../../src/build/context/named.ts'
import { openContext } from '../../../src/build/context/open.ts'
import { planCopy } from '../../../src/build/copy/plan.ts'
import { plainCopy } from '../../../src/build/copy/types.ts'
import { directories } from '../../../src/platform/host/directories.ts'

const top = mkdtempSync(join(tmpdir(), 'sampan-context-'))
const where = directories({ HOME: top }, join(top, 'data'))
const options = { directories: where, folder: top, keepGitDir: false }
let server: Server
let url = ''

beforeAll(async () => {
  mkdirSync(join(top, 'dir/sub'), { recursive: true })
  writeFileSync(join(top, 'dir/Dockerfile'), 'FROM scratch\n')
  writeFileSync(join(top, 'dir/sub/f'), 'F\n')
  execFileSync('tar', ['-czf', join(top, 'dir.tar.gz'), '-C', join(top, 'dir'), '.'])
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', ...args], { cwd: join(top, 'repo') })
  execFileSync('cp', ['-r', join(top, 'dir'), join(top, 'repo')])
  git('init', '-q', '-b', 'main')
  git('add', '.')
  git('commit', '-qm', 'one')
  git('tag', 'v1')
  writeFileSync(join(top, 'repo/sub/f'), 'G\n')
  git('commit', '-qam', 'two')
  execFileSync('git', ['clone', '-q', '--bare', join(top, 'repo'), join(top, 'repo.git')])
  server = createServer((request, response) => {
    if (request.url === '/missing') response.writeHead(404).end()
    else if (request.url === '/Dockerfile') response.end('FROM web\n')
    else
      response
        .writeHead(200, { 'last-modified': 'Sat, 03 Jan 1970 00:00:00 GMT' })
        .end(readFileSync(join(top, 'dir.tar.gz')))
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}, 30_000)
afterAll(() => {
  server.close()
  rmSync(top, { recursive: true, force: true })
})

const file = (root: string) => readFileSync(join(root, 'sub/f'), 'utf8')

describe('a context', () => {
  test('that is a folder', async () => {
    using context = await openContext('dir', options)
    expect([context.root, context.fetched, context.dockerfile]).toEqual([join(top, 'dir'), false, undefined])
  })

  test('that is a Dockerfile: its folder is the context', async () => {
    using context = await openContext('dir/Dockerfile', options)
    expect(context.root).toBe(join(top, 'dir'))
    expect(context.dockerfile).toEqual({ text: 'FROM scratch\n', path: 'dir/Dockerfile' })
  })

  test('that is an archive, here or at a URL', async () => {
    for (const words of ['dir.tar.gz', `${url}/x`]) {
      using context = await openContext(words, options)
      expect([file(context.root), context.fetched]).toEqual(['F\n', true])
    }
    expect(readdirSync(join(where.data, 'build/fetched'))).toEqual([])
  })

  test('that is a Dockerfile at a URL', async () => {
    using context = await openContext(`${url}/Dockerfile`, options)
    expect(context.dockerfile?.text).toBe('FROM web\n')
    expect(readdirSync(context.root)).toEqual([])
  })

  test.each([
    ['', 'G\n'],
    ['#v1', 'F\n'],
  ])('that is in git: %s', async (fragment, content) => {
    using context = await openContext(`file://${top}/repo.git${fragment}`, options)
    expect(file(context.root)).toBe(content)
    expect(readdirSync(context.root)).not.toContain('.git')
  })

  test('a folder in git, a commit by its number', async () => {
    const commit = execFileSync('git', ['rev-parse', 'v1'], {
      cwd: join(top, 'repo'),
      encoding: 'utf8',
    }).trim()
    using context = await openContext(`file://${top}/repo.git#${commit}:sub`, options)
    expect(readdirSync(context.root)).toEqual(['f'])
  })

  test.each([
    ['nowhere', 'path "nowhere" not found'],
    ['docker-image://x', 'a context cannot be a docker-image'],
    ['file:///nowhere/x.git', 'git file:///nowhere/x.git:'],
  ])('%s is refused', async (words, sentence) => {
    await expect(openContext(words, options)).rejects.toThrow(sentence)
  })

  test('what git or a server does not have is said', async () => {
    await expect(openContext(`file://${top}/repo.git#nope`, options)).rejects.toThrow('nope')
    await expect(openContext(`file://${top}/repo.git#:nope`, options)).rejects.toThrow(
      'there is no folder "nope"',
    )
    await expect(openContext(`${url}/missing`, options)).rejects.toThrow('404')
    expect(readdirSync(join(where.data, 'build/fetched'))).toEqual([])
  })
})

describe('ADD from elsewhere', () => {
  const request = {
    instruction: 'ADD' as const,
    directory: '/',
    ...plainCopy,
  }
  const tree = { kind: 'folder' as const, path: top, ignore: [] }

  test('a URL is a file of mode 600 with the server`s time, its checksum checked', async () => {
    const asked = { ...request, sources: [`${url}/a*.tgz`], destination: '/d/' }
    using plan = await planCopy(asked, tree, where)
    const digest = execFileSync('sha256sum', [join(top, 'dir.tar.gz')], { encoding: 'utf8' }).slice(0, 64)
    expect(plan.work.items).toMatchObject([
      { form: 'single', name: 'a*.tgz', items: [{ mode: 0o600, digest, mtime: `${2 * 86_400}000000000` }] },
    ])
    using unpacked = await planCopy({ ...asked, unpack: true }, tree, where)
    expect(unpacked.work.items).toMatchObject([{ form: 'archive' }])
    const wrong = planCopy({ ...asked, checksum: `sha256:${'0'.repeat(64)}` }, tree, where)
    await expect(wrong).rejects.toThrow('digest mismatch')
    await expect(planCopy({ ...asked, sources: [`${url}/`] }, tree, where)).rejects.toThrow(
      'no name for a file',
    )
  })

  test('git: what is in it, and only with --keep-git-dir the history', async () => {
    const asked = { ...request, sources: [`file://${top}/repo.git#v1`], destination: '/d' }
    const names = async (keepGitDir: boolean) => {
      using plan = await planCopy({ ...asked, keepGitDir }, tree, where)
      return (plan.work.items[0] as { items: { to: string }[] }).items.map(({ to }) => to.split('/')[0])
    }
    expect(await names(false)).toEqual(['', 'Dockerfile', 'sub', 'sub'])
    expect(await names(true)).toContain('.git')
    await expect(planCopy({ ...asked, checksum: '0000' }, tree, where)).rejects.toThrow(
      'expected commit 0000',
    )
  })
})

describe('named contexts', () => {
  test.each([
    ['a=dir', { kind: 'files', words: 'dir' }],
    ['A=https://x/y.git#z', { kind: 'files', words: 'https://x/y.git#z' }],
    ['a=docker-image://alpine:3', { kind: 'image', reference: 'alpine:3' }],
    ['a=target:base', { kind: 'target', stage: 'base' }],
    ['a=oci-layout:///p/q:tag', { kind: 'layout', path: '/p/q', reference: 'tag' }],
    [
      `a=oci-layout://p@sha256:${'a'.repeat(64)}`,
      { kind: 'layout', path: 'p', reference: `sha256:${'a'.repeat(64)}` },
    ],
    ['a=oci-layout://p', { kind: 'layout', path: 'p', reference: '' }],
  ])('%s', (word, context) => {
    expect(parseNamedContexts([word]).get('a')).toEqual(context)
  })

  test.each(['a', '=b', 'a='])('%s is none', (word) => {
    expect(() => parseNamedContexts([word])).toThrow(/invalid context value/)
  })
})

describe('which ignore file', () => {
  test('the Dockerfile`s own before that of the context', () => {
    const root = join(top, 'ignore')
    mkdirSync(root)
    expect(readIgnored(root, join(root, 'Dockerfile'))).toEqual({ patterns: [], path: undefined })
    writeFileSync(join(root, '.dockerignore'), 'a\n')
    expect(readIgnored(root, join(root, 'Dockerfile')).patterns).toEqual(['a'])
    writeFileSync(join(root, 'Dockerfile.dockerignore'), 'b\n')
    expect(readIgnored(root, join(root, 'Dockerfile')).patterns).toEqual(['b'])
    expect(readIgnored(root, undefined).patterns).toEqual(['a'])
    writeFileSync(join(root, 'mine'), '[\n')
    expect(() => readIgnored(root, undefined, join(root, 'mine'))).toThrow('mine: "[": syntax error')
    expect(() => readIgnored(root, undefined, join(root, 'none'))).toThrow('no such file')
  })
})
