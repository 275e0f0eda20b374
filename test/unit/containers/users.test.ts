import { describe, expect, test } from 'vitest'
import { resolveUser } from '../../../src/containers/users.ts'

const accounts = {
  passwd: () =>
    'root:x:0:0:root:/root:/bin/sh\n# a comment\nbroken\napp:x:1000:1001:App:/home/app:/bin/sh\n42:x:77:78::/seven:\n',
  group: () => 'root:x:0:\nwheel:x:10:app,root\nstaff:x:50:app\napp:x:1001:\n55:x:56:\n',
}
const none = { passwd: () => undefined, group: () => undefined }

describe('-u', () => {
  test.each([
    ['', 0, 0, [10], '/root'],
    ['root', 0, 0, [10], '/root'],
    ['0', 0, 0, [10], '/root'],
    ['app', 1000, 1001, [10, 50], '/home/app'],
    ['1000', 1000, 1001, [10, 50], '/home/app'],
    ['app:staff', 1000, 50, [], '/home/app'],
    ['app:0', 1000, 0, [], '/home/app'],
    ['2000', 2000, 0, [], '/'],
    ['2000:3000', 2000, 3000, [], '/'],
    ['42', 77, 78, [], '/seven'],
    ['app:55', 1000, 56, [], '/home/app'],
  ])('%j', (given, uid, gid, groups, home) =>
    expect(resolveUser(given, [], accounts)).toEqual({ uid, gid, groups, home }),
  )

  test('--group-add takes names and numbers', () =>
    expect(resolveUser('app', ['wheel', '4000'], accounts).groups).toEqual([10, 50, 4000]))

  test.each([
    ['nobody', 'unable to find user nobody: no matching entries in passwd file'],
    ['app:nogroup', 'unable to find group nogroup: no matching entries in group file'],
    ['-1', 'unable to find user -1'],
    ['2147483648', 'uids and gids must be in range 0-2147483647'],
  ])('%s is refused', (given, message) => expect(() => resolveUser(given, [], accounts)).toThrow(message))

  test('an image without the files has root and numbers only', () => {
    expect(resolveUser('', [], none)).toEqual({ uid: 0, gid: 0, groups: [], home: '/root' })
    expect(resolveUser('5:6', [], none)).toMatchObject({ uid: 5, gid: 6 })
    expect(() => resolveUser('app', [], none)).toThrow('unable to find user app')
  })
})
