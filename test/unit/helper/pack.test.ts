import { expect, test } from 'vitest'
import { compressPack, plainPack, readPack } from '../../../src/platform/helper/pack.ts'

const files = [
  { name: 'program', executable: true, bytes: Buffer.from('\x7fELF…') },
  { name: 'empty', executable: false, bytes: Buffer.alloc(0) },
  { name: 'naïve', executable: false, bytes: Buffer.alloc(300_000, 'x') },
]

test('what went in comes out', () => {
  expect(readPack(compressPack(plainPack(files)))).toEqual(files)
})

test('the same files give the same bytes', () => {
  expect(compressPack(plainPack(files))).toEqual(compressPack(plainPack(files)))
})

test('garbage is refused', () => {
  expect(() => readPack(Buffer.from('no pack'))).toThrow()
})
