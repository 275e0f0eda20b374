import { execFileSync } from 'node:child_process'
import { afterEach, expect, test } from 'vitest'
import { userName } from '../../../src/platform/host/account.ts'
import { accountName } from '../../../src/platform/libc/account.ts'

const user = process.env['USER']
afterEach(() => {
  if (user === undefined) delete process.env['USER']
  else process.env['USER'] = user
})

test('the name of an account does not depend on $USER', () => {
  const me = execFileSync('id', ['-un'], { encoding: 'utf8' }).trim()
  const uid = process.getuid?.() ?? -1
  process.env['USER'] = 'somebody-else'
  expect(userName(uid)).toBe(me)
  delete process.env['USER']
  expect(userName(uid)).toBe(me)
})

test('the name services know what /etc/passwd knows, and nobody has a number that was not given', () => {
  expect(accountName(0)).toBe('root')
  expect(userName(0)).toBe('root')
  expect(userName(3_999_999_999)).toBeUndefined()
})
