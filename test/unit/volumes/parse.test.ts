import { describe, expect, test } from 'vitest'
import { splitCsv } from '../../../src/volumes/csv.ts'
import { parseMountFlag } from '../../../src/volumes/mount-flag.ts'
import { parseTmpfsFlag } from '../../../src/volumes/tmpfs-flag.ts'
import { parseVolumeFlag } from '../../../src/volumes/volume-flag.ts'

const here = '/work/here'

describe('-v', () => {
  test.each([
    ['/host:/c', { type: 'bind', source: '/host', destination: '/c', readOnly: false }],
    ['/host:/c:ro', { type: 'bind', source: '/host', destination: '/c', readOnly: true, mode: 'ro' }],
    ['/host:/c:ro,z,rslave', { type: 'bind', readOnly: true, propagation: 'rslave' }],
    ['./x:/c', { type: 'bind', source: '/work/here/x' }],
    ['../x:/c', { type: 'bind', source: '/work/x' }],
    ['.:/c', { type: 'bind', source: here }],
    ['data:/c', { type: 'volume', name: 'data', readOnly: false }],
    ['data:/c:nocopy', { type: 'volume', name: 'data', noCopy: true }],
    ['/c', { type: 'volume', name: undefined, destination: '/c' }],
    ['/host:/c//d/../e/', { destination: '/c/e' }],
  ])('%s', (given, expected) => expect(parseVolumeFlag(given, here)).toMatchObject(expected))

  test.each([
    ['', 'invalid volume specification'],
    ['a:b:c:d', 'invalid volume specification'],
    ['/host:rel', 'mount path must be absolute'],
    ['rel', 'mount path must be absolute'],
    ['/host:/', "destination can't be '/'"],
    [':/c', 'the source is empty'],
    ['/host:/c:rx', 'invalid mode: rx'],
    ['/host:/c:nocopy', 'nocopy is for volumes'],
    ['da/ta:/c', 'includes invalid characters for a local volume name'],
    ['x y:/c', 'includes invalid characters for a local volume name'],
    ['data:/c:U,O', 'invalid mode: U and O'],
    ['data:/c:exec,noexec', 'invalid mode: exec and noexec'],
    ['data:/c:idmap=uids=0-1-1', 'volume mode idmap=uids=0-1-1 is not supported'],
  ])('%j is refused', (given, message) => expect(() => parseVolumeFlag(given, here)).toThrow(message))
})

describe('--mount', () => {
  test.each([
    ['type=bind,src=/a,dst=/b', { type: 'bind', source: '/a', destination: '/b', recursive: true }],
    ['type=bind,source=x,target=/b,readonly', { source: '/work/here/x', readOnly: true }],
    [
      'type=bind,source=/a,target=/b,ro=false,bind-propagation=shared',
      { readOnly: false, propagation: 'shared' },
    ],
    ['type=bind,source=/a,target=/b,bind-recursive=disabled', { recursive: false }],
    ['type=bind,source=/a,target=/b,bind-nonrecursive', { recursive: false }],
    ['source=data,target=/b', { type: 'volume', name: 'data' }],
    ['target=/b,volume-nocopy,volume-subpath=a/b', { name: undefined, noCopy: true, subpath: 'a/b' }],
    [
      'type=tmpfs,destination=/t,tmpfs-size=64m,tmpfs-mode=700',
      { type: 'tmpfs', size: 67108864, mode: 0o700 },
    ],
    ['type=bind,"source=/a,b",target=/c', { source: '/a,b' }],
  ])('%s', (given, expected) => expect(parseMountFlag(given, here)).toMatchObject(expected))

  test.each([
    ['type=bind,source=/a', 'target is required'],
    ['type=bind,target=/b', 'type=bind requires a source'],
    ['type=npipe,target=/b', 'mount type npipe is not supported'],
    ['type=bind,source=/a,target=/b,volume-nocopy', "cannot mix 'volume-nocopy' with mount type 'bind'"],
    ['type=bind,source=/a,target=/b,nope=1', "unexpected key 'nope'"],
    ['type=bind,source', 'must be a key=value pair'],
    ['type=bind,source=/a,target=/b,readonly=maybe', 'invalid value for readonly'],
    ['type=bind,source=/a,target=/b,bind-propagation=up', 'invalid value for bind-propagation'],
    ['target=/b,volume-subpath=../x', 'must stay inside what is mounted'],
    ['target=/b,volume-driver=nfs', 'volume driver nfs is not supported'],
    ['type=tmpfs,target=/b,tmpfs-size=x', 'invalid tmpfs size'],
  ])('%s is refused', (given, message) => expect(() => parseMountFlag(given, here)).toThrow(message))
})

describe('--tmpfs', () => {
  test.each([
    ['/t', { size: 0, mode: 0o1777, readOnly: false, options: ['noexec', 'nosuid', 'nodev'] }],
    ['/t:exec,size=1m,mode=755', { size: 1048576, mode: 0o755, options: ['nosuid', 'nodev'] }],
    ['/t:ro,uid=1000', { readOnly: true, options: ['noexec', 'nosuid', 'nodev', 'uid=1000'] }],
  ])('%s', (given, expected) =>
    expect(parseTmpfsFlag(given)).toMatchObject({ destination: '/t', ...expected }),
  )

  test.each(['t', '/t:nope', '/t:size=x', '/t:mode=9'])('%s is refused', (given) =>
    expect(() => parseTmpfsFlag(given)).toThrow(),
  )
})

test.each([
  ['a,b', ['a', 'b']],
  ['', ['']],
  ['"a,b",c', ['a,b', 'c']],
  ['"say ""hi""",', ['say "hi"', '']],
])('fields of %j', (text, fields) => expect(splitCsv(text)).toEqual(fields))

test('a quote that is not closed is refused', () => expect(() => splitCsv('"a,b')).toThrow('invalid quotes'))
