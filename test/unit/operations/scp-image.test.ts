import { expect, test } from 'vitest'
import { parsePlace } from '../../../src/operations/scp-image.ts'

test.each([
  ['busybox', { end: { kind: 'here' }, image: 'busybox' }],
  ['localhost:5000/a/b:1', { end: { kind: 'here' }, image: 'localhost:5000/a/b:1' }],
  ['server::', { end: { kind: 'host', host: 'server', port: undefined }, image: '' }],
  ['me@server::web:1', { end: { kind: 'host', host: 'me@server', port: undefined }, image: 'web:1' }],
  ['ssh://me@server:2222::web', { end: { kind: 'host', host: 'me@server', port: '2222' }, image: 'web' }],
  ['ssh://server/::web', { end: { kind: 'host', host: 'server', port: undefined }, image: 'web' }],
  ['/mnt/store::web', { end: { kind: 'folder', folder: '/mnt/store' }, image: 'web' }],
  ['./store::', { end: { kind: 'folder', folder: './store' }, image: '' }],
])('%s', (text, expected) => {
  expect(parsePlace(text)).toEqual(expected)
})

test.each(['::web', '-oProxyCommand=evil::web'])('%s is no place', (text) => {
  expect(() => parsePlace(text)).toThrow(/invalid (place|host)/)
})
