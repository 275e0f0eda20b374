import { describe, expect, test } from 'vitest'
import { parseMode, parseOwner } from '../../../src/build/copy/modes.ts'

describe('--chmod', () => {
  test.each<[string, number, boolean, number]>([
    ['755', 0o600, false, 0o755],
    ['0644', 0o777, true, 0o644],
    ['4755', 0o600, false, 0o4755],
    ['+x', 0o644, false, 0o755],
    ['a+x', 0o600, false, 0o711],
    ['u=rwX,go=rX', 0o600, false, 0o644],
    ['u=rwX,go=rX', 0o600, true, 0o755],
    ['u=rwX,go=rX', 0o700, false, 0o755],
    ['go-rwx', 0o777, false, 0o700],
    ['o=', 0o777, false, 0o770],
    ['g=u', 0o640, false, 0o660],
    ['u+s,+t', 0o755, false, 0o5755],
    ['=r', 0o777, false, 0o444],
    ['u+w-x', 0o555, false, 0o655],
  ])('%s on %o (folder: %s) is %o', (text, mode, folder, result) => {
    expect(parseMode(text)(mode, folder)).toBe(result)
  })

  test.each(['', '9', '77777', 'u', 'x+u', 'u+q', 'u+x,', 'rwx'])('%j is no mode', (text) => {
    expect(() => parseMode(text)).toThrow('is no mode')
  })
})

describe('--chown', () => {
  const accounts = {
    passwd: () => 'root:x:0:0::/root:/bin/sh\nweb:x:33:34::/:/bin/sh\n55:x:7:8::/:/bin/sh\n',
    group: () => 'root:x:0:\nstaff:x:50:web\n',
  }
  test.each([
    ['web', 33, 34],
    ['web:staff', 33, 50],
    ['1000', 1000, 1000],
    ['1000:', 1000, 1000],
    ['1000:7', 1000, 7],
    ['web:0', 33, 0],
    ['0:staff', 0, 50],
  ])('%s', (text, uid, gid) => {
    expect(parseOwner(text, accounts)).toEqual({ uid, gid })
  })

  test.each(['nobody', 'web:nogroup', ':staff', ''])('%j is nobody of the image', (text) => {
    expect(() => parseOwner(text, accounts)).toThrow(`--chown=${text}`)
  })

  test('an image without accounts has numbers', () => {
    const none = { passwd: () => undefined, group: () => undefined }
    expect(parseOwner('5:6', none)).toEqual({ uid: 5, gid: 6 })
    expect(() => parseOwner('web', none)).toThrow('unable to find user web')
  })
})
