/** Which rows a user namespace gets. */
import { expect, test } from 'vitest'
import type { UserNamespaceRecord } from '../../../src/containers/record.ts'
import { isIdentity, planUserNamespace } from '../../../src/containers/user-namespace.ts'
import { parseUserNamespace } from '../../../src/containers/values/user-namespace.ts'

const rows = (
  words: string,
  options: { own?: number; ranges?: number[]; others?: UserNamespaceRecord[] } = {},
) => {
  const ids = options.ranges ?? [1, 65536]
  const own = options.own ?? 1000
  return planUserNamespace(parseUserNamespace(words, [], []), {
    shared: { uids: ids, gids: ids },
    own: { uid: own, gid: own },
    others: options.others ?? [],
    largest: () => 100,
    containerNamed: () => ({ id: 'x', userNamespace: null }),
  })
}
const words = (namespace: UserNamespaceRecord | null) =>
  namespace?.uidMappings.map(({ containerID, hostID, size }) => `${containerID}:${hostID}:${size}`).join(' ')

test.each([
  ['keep-id', {}, '0:1:1000 1000:0:1 1001:1001:64536'],
  ['keep-id', { own: 0 }, '0:0:1 1:1:65536'],
  ['keep-id', { own: 2_000_000 }, '0:1:65536 2000000:0:1'],
  ['keep-id:uid=33', {}, '0:1:33 33:0:1 34:34:65503'],
  ['keep-id:size=2000', {}, '0:1:1000 1000:0:1 1001:1001:999'],
  ['nomap', {}, '0:1:65536'],
  ['nomap:size=10', {}, '0:1:10'],
  ['private', {}, '0:0:1 1:1:65536'],
  ['auto', {}, '0:1:1024'],
  // The kernel wants rows that do not cross the ranges around them.
  ['nomap', { ranges: [1, 100, 50] }, '0:1:100 100:101:50'],
  ['keep-id:uid=120', { ranges: [1, 100, 50] }, '0:1:100 100:101:20 120:0:1 121:121:30'],
])('%s %j is %s', (mode, options, expected) => {
  expect(words(rows(mode, options))).toBe(expected)
})

test('auto takes the first gap that is large enough', () => {
  const first = rows('auto:size=100')
  const third = { ...rows('auto:size=50'), uidMappings: [{ containerID: 0, hostID: 201, size: 50 }] }
  const others = [first, third] as UserNamespaceRecord[]
  expect(words(rows('auto:size=100', { others }))).toBe('0:101:100')
  expect(words(rows('auto:size=101', { others }))).toBe('0:251:101')
  expect(() => rows('auto:size=65500', { others })).toThrow('there is no free range of 65500 ids')
})

test('only ids that are the same on both sides do without mapped files', () => {
  expect(isIdentity(rows('private') as UserNamespaceRecord)).toBe(true)
  expect(isIdentity(rows('keep-id') as UserNamespaceRecord)).toBe(false)
})
