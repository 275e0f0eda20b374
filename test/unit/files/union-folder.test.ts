import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { UnionFolder } from '../../../src/platform/files/union-folder.ts'

test('a folder that a container removes while it is being read has nothing in it', () => {
  const work = mkdtempSync(join(tmpdir(), 'sampan-union-'))
  const [upper, lower] = [join(work, 'upper'), join(work, 'lower')]
  mkdirSync(join(upper, 'gone'), { recursive: true })
  mkdirSync(join(lower, 'kept'), { recursive: true })
  using union = UnionFolder.open([upper, lower])
  expect(union.entries().map(({ name }) => name)).toEqual(['gone', 'kept'])
  rmSync(upper, { recursive: true })
  expect(union.entries().map(({ name }) => name)).toEqual(['kept'])
  rmSync(work, { recursive: true })
})
