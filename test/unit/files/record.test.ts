import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { SampanError } from '../../../src/errors.ts'
import { publishFolder } from '../../../src/platform/files/folder.ts'
import { isTemporaryName, temporaryName } from '../../../src/platform/files/names.ts'
import { readRecord, writeRecord } from '../../../src/platform/files/record.ts'

let work: string
beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), 'sampan-files-'))
})
afterEach(() => rmSync(work, { recursive: true }))

const any = (value: unknown) => value

describe('records', () => {
  test('are read as they were written, and replaced as a whole', () => {
    const path = join(work, 'r.json')
    expect(readRecord(path, any)).toBeUndefined()
    for (const value of [{ a: [1, 'ü', null] }, 'x']) {
      writeRecord(path, value)
      expect(readRecord(path, any)).toEqual(value)
    }
    expect(readdirSync(work)).toEqual(['r.json'])
  })

  test('keep the old one, and nothing else, when the new one cannot be put in place', () => {
    const path = join(work, 'r.json')
    mkdirSync(join(path, 'full'), { recursive: true })
    expect(() => writeRecord(path, 1)).toThrow()
    expect(readdirSync(work)).toEqual(['r.json'])
  })

  test.each([
    ['an empty file', ''],
    ['half a record', '{"a":'],
    ['binary', '\0\xff'],
  ])('%s is damage that names the file', (_, text) => {
    const path = join(work, 'r.json')
    writeFileSync(path, text)
    const failure = catchError(() => readRecord(path, any))
    expect(failure).toBeInstanceOf(SampanError)
    expect(failure).toMatchObject({
      kind: 'damaged',
      message: expect.stringContaining(path),
      hint: expect.any(String),
    })
  })

  test('a shape that the reader refuses is damage with its words', () => {
    const path = join(work, 'r.json')
    writeRecord(path, {})
    const failure = catchError(() =>
      readRecord(path, () => {
        throw new Error('no name in it')
      }),
    )
    expect(failure).toMatchObject({ kind: 'damaged', message: `${path} is damaged: no name in it` })
  })

  test('other errors of the system stay what they are', () => {
    mkdirSync(join(work, 'r.json'))
    expect(catchError(() => readRecord(join(work, 'r.json'), any))).toMatchObject({ code: 'EISDIR' })
    chmodSync(join(work, 'r.json'), 0o700)
  })
})

function catchError(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

describe('folders', () => {
  const fill = (name: string, text: string) => {
    const folder = join(work, name)
    mkdirSync(folder)
    writeFileSync(join(folder, 'file'), text)
    return folder
  }

  test('appear whole; the second of two is told and keeps its own', () => {
    const final = join(work, 'final')
    expect(publishFolder(fill('a', 'first'), final)).toBe(true)
    const second = fill('b', 'second')
    expect(publishFolder(second, final)).toBe(false)
    expect(readFileSync(join(final, 'file'), 'utf8')).toBe('first')
    expect(readdirSync(work).sort()).toEqual(['b', 'final'])
  })

  test('temporary names never repeat and are known as such', () => {
    const names = Array.from({ length: 100 }, () => temporaryName('/x/y'))
    expect(new Set(names).size).toBe(100)
    expect(names.every((name) => name.startsWith('/x/y.tmp-') && isTemporaryName(name))).toBe(true)
    expect(['layer.json', 'abc.lock', 'x.tmp'].some(isTemporaryName)).toBe(false)
  })
})
