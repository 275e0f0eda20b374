import { createHash } from 'node:crypto'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { cachedFile } from '../../../src/platform/helper/cache.ts'
import { compressPack, plainPack } from '../../../src/platform/helper/pack.ts'
import { bunScript } from '../libc/script.ts'

const bytes = compressPack(
  plainPack([
    { name: 'hello', executable: true, bytes: Buffer.from('#!/bin/sh\necho hello\n') },
    { name: 'large', executable: false, bytes: Buffer.alloc(3_000_000, 'abcdefg') },
  ]),
)
const sha256 = createHash('sha256').update(bytes).digest('hex')
const pack = { sha256, read: () => bytes }

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sampan-cache-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test('the first need unpacks, later ones do not read the pack', () => {
  const path = cachedFile(folder, pack, 'hello', 'run')
  expect(statSync(path).mode & 0o777).toBe(0o755)
  expect(readFileSync(cachedFile(folder, pack, 'large', 'read'))).toHaveLength(3_000_000)
  const unreadable = {
    sha256,
    read: () => {
      throw new Error('read again')
    },
  }
  expect(cachedFile(folder, unreadable, 'hello', 'run')).toBe(path)
})

test('ten processes at once: each gets the whole file, nothing is left over', async () => {
  const file = join(folder, 'a.pack')
  writeFileSync(file, bytes)
  const script = `
    import { readFileSync } from 'node:fs'
    import { cachedFile } from 'SRC/platform/helper/cache.ts'
    const pack = { sha256: '${sha256}', read: () => readFileSync(${JSON.stringify(file)}) }
    // All at the same moment, whenever each was ready.
    await Bun.sleep(1000 - (Date.now() % 1000))
    const path = cachedFile(${JSON.stringify(folder)}, pack, 'hello', 'run')
    const length = readFileSync(cachedFile(${JSON.stringify(folder)}, pack, 'large', 'read')).length
    console.log(Bun.spawnSync([path]).stdout.toString().trim(), length)
  `
  const results = await Promise.all(Array.from({ length: 10 }, () => bunScript(script).result()))
  expect(results.map(({ stdout, stderr }) => stdout + stderr)).toEqual(Array(10).fill('hello 3000000\n'))
  expect(readdirSync(join(folder, 'embedded'))).toEqual([sha256])
})

test('a damaged pack is refused by its digest', () => {
  const damaged = Buffer.from(bytes)
  damaged[damaged.length >> 1] = (damaged[damaged.length >> 1] ?? 0) ^ 1
  expect(() => cachedFile(folder, { sha256, read: () => damaged }, 'hello', 'run')).toThrow(
    'this executable is damaged',
  )
  expect(readdirSync(folder)).toEqual([])
})

test('what a killed process left an hour ago goes, what one is writing stays', () => {
  const embedded = join(folder, 'embedded')
  const [old, fresh] = ['.new-1-old', '.new-2-fresh'].map((name) => join(embedded, name))
  for (const path of [old, fresh]) mkdirSync(path ?? '', { recursive: true })
  const longAgo = Date.now() / 1000 - 7200
  utimesSync(old ?? '', longAgo, longAgo)
  cachedFile(folder, pack, 'hello', 'run')
  expect(readdirSync(embedded).sort()).toEqual(['.new-2-fresh', sha256])
})

test('a file somebody removed from its folder: how to get it back', () => {
  const path = cachedFile(folder, pack, 'hello', 'run')
  rmSync(path)
  expect(() => cachedFile(folder, pack, 'hello', 'run')).toThrow(
    expect.objectContaining({ hint: expect.stringContaining(`rm -r ${dirname(path)}`) }),
  )
})

test('a cache nobody can write to: which one, and what to set', () => {
  const file = join(folder, 'file')
  writeFileSync(file, '')
  expect(() => cachedFile(join(file, 'cache'), pack, 'hello', 'run')).toThrow(
    expect.objectContaining({
      message: expect.stringContaining(`cannot unpack embedded files to ${join(file, 'cache')}`),
      hint: expect.stringContaining('XDG_CACHE_HOME='),
    }),
  )
})

test('a file system mounted noexec: said before anything is started', async () => {
  const file = join(folder, 'a.pack')
  const mounted = join(folder, 'mounted')
  mkdirSync(mounted)
  chmodSync(folder, 0o755)
  writeFileSync(file, bytes)
  const { stdout, stderr } = await bunScript(
    `
    import { readFileSync } from 'node:fs'
    import { cachedFile } from 'SRC/platform/helper/cache.ts'
    Bun.spawnSync(['mount', '-t', 'tmpfs', '-o', 'noexec', 'none', ${JSON.stringify(mounted)}])
    const pack = { sha256: '${sha256}', read: () => readFileSync(${JSON.stringify(file)}) }
    for (const again of [1, 2]) {
      try { console.log(cachedFile(${JSON.stringify(mounted)}, pack, 'hello', 'run')) } catch (error) { console.log(error.message, '|', error.hint) }
    }
    `,
    ['unshare', '--user', '--map-root-user', '--mount'],
  ).result()
  const sentence = `cannot use ${mounted}/embedded/${sha256}/hello: its file system is mounted noexec, or the file is not yours | Use another folder for the cache: XDG_CACHE_HOME=/a/folder/of/yours sampan …\n`
  expect(stdout + stderr).toBe(sentence + sentence)
})
