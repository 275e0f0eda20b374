import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { deviceNumber, mknod, nodeType, renameNew, setTimes } from '../../../src/platform/libc/files.ts'
import { getXattr, listXattr, removeXattr, setXattr } from '../../../src/platform/libc/xattr.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sampan-files-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const file = (name: string, content = '') => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

test.each([
  [0, 0, 0n],
  [1, 3, 0x103n],
  [5, 1, 0x501n],
  [259, 65537, 0x10010301n],
])('device %i:%i', (major, minor, number) => {
  expect(deviceNumber(major, minor)).toBe(number)
})

test('a fifo is made; over something that is there: EEXIST', () => {
  const path = join(folder, 'fifo')
  mknod(path, nodeType.fifo | 0o600)
  expect(lstatSync(path).isFIFO()).toBe(true)
  expect(() => mknod(path, nodeType.fifo | 0o600)).toThrow(
    expect.objectContaining({ code: 'EEXIST', syscall: 'mknod', path }),
  )
})

test.each([
  ['after the epoch', 1_700_000_000_123_456_789n],
  ['before it', -1_500_000_001n],
])('times to the nanosecond, %s, of the link and not its target', (_, when) => {
  const target = file('target')
  const link = join(folder, `link${when}`)
  symlinkSync(target, link)
  const before = lstatSync(target, { bigint: true }).mtimeNs
  setTimes(link, when, when)
  expect(lstatSync(link, { bigint: true }).mtimeNs).toBe(when)
  expect(lstatSync(target, { bigint: true }).mtimeNs).toBe(before)
})

test('renameNew never replaces', () => {
  const [one, two] = [file('one', '1'), file('two', '2')]
  expect(renameNew(one, two)).toBe(false)
  expect(readFileSync(two, 'utf8')).toBe('2')
  expect(renameNew(one, join(folder, 'three'))).toBe(true)
})

test('names that are not UTF-8 are bytes', () => {
  const name = Buffer.from([0x66, 0xff, 0x66])
  mknod(Buffer.concat([Buffer.from(`${folder}/`), name]), nodeType.fifo | 0o600)
  expect(readdirSync(folder, { encoding: 'buffer' }).some((found) => found.equals(name))).toBe(true)
})

test('a NUL in a name is refused, not cut off', () => {
  expect(() => mknod(`${folder}/a\0b`, nodeType.fifo)).toThrow(expect.objectContaining({ code: 'EINVAL' }))
})

test('extended attributes: set, list, get, remove; empty and large values', () => {
  const path = file('attributes')
  setXattr(path, 'user.empty', new Uint8Array())
  setXattr(path, 'user.large', Buffer.alloc(2000, 7))
  expect(listXattr(path).sort()).toEqual(['user.empty', 'user.large'])
  expect(getXattr(path, 'user.large')).toEqual(new Uint8Array(2000).fill(7))
  expect(getXattr(path, 'user.empty')).toHaveLength(0)
  removeXattr(path, 'user.large')
  expect(getXattr(path, 'user.large')).toBeUndefined()
  expect(listXattr(file('none'))).toEqual([])
})
