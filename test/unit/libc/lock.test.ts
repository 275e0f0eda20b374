import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { isLocked, Lock, waitUntilFree } from '../../../src/platform/libc/lock.ts'
import { bunScript } from './script.ts'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sampan-lock-'))
  path = join(folder, 'a.lock')
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Another process that takes the lock and keeps it until it is killed. */
async function holder(mode: 'exclusive' | 'shared') {
  const child = bunScript(`
    import { Lock } from 'SRC/platform/libc/lock.ts'
    Lock.take(${JSON.stringify(path)}, '${mode}')
    console.log('taken')
    await Bun.sleep(30_000)
  `)
  await child.line()
  return child
}

test('an exclusive lock keeps everybody else out', () => {
  using _lock = Lock.take(path, 'exclusive')
  expect(Lock.tryTake(path, 'exclusive')).toBeUndefined()
  expect(Lock.tryTake(path, 'shared')).toBeUndefined()
  expect(isLocked(path)).toBe(true)
})

test('shared locks live side by side, and keep an exclusive one out', () => {
  using _one = Lock.take(path, 'shared')
  using two = Lock.tryTake(path, 'shared')
  expect(two).toBeInstanceOf(Lock)
  expect(Lock.tryTake(path, 'exclusive')).toBeUndefined()
})

test('the end of the block releases it, and releasing twice is harmless', () => {
  {
    using lock = Lock.take(path, 'exclusive')
    lock.release()
  }
  using again = Lock.tryTake(path, 'exclusive')
  expect(again).toBeInstanceOf(Lock)
})

test('a file that is not there is not locked, and looking does not make it', () => {
  expect(isLocked(path)).toBe(false)
  expect(existsSync(path)).toBe(false)
})

test('the deadline says what is in use', () => {
  using _lock = Lock.take(path, 'exclusive')
  expect(() => Lock.take(path, 'exclusive', { deadline: 20, what: 'container web' })).toThrow(
    'container web is in use by another process',
  )
})

test('waiting without blocking ends when the holder releases', async () => {
  const lock = Lock.take(path, 'exclusive')
  const waiting = Lock.wait(path, 'exclusive', { deadline: 5000 })
  lock.release()
  using mine = await waiting
  expect(mine.mode).toBe('exclusive')
})

test('a killed holder holds nothing', async () => {
  const child = await holder('exclusive')
  expect(isLocked(path)).toBe(true)
  expect(waitUntilFree(path, 30)).toBe(false)
  await child.kill()
  expect(waitUntilFree(path, 5000)).toBe(true)
})

test('a lock on a file that was removed meanwhile is not a lock', () => {
  const old = Lock.take(path, 'exclusive')
  rmSync(path)
  using fresh = Lock.tryTake(path, 'exclusive')
  expect(fresh).toBeInstanceOf(Lock)
  old.release()
  expect(isLocked(path)).toBe(true)
})
