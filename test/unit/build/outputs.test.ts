import { describe, expect, test } from 'vitest'
import { parseCachePlace, parseOutput } from '../../../src/build/outputs/parse.ts'

describe('--output', () => {
  test.each([
    ['out', { type: 'local', path: 'out' }],
    ['-', { type: 'tar', path: '-' }],
    ['type=local,dest=a b', { type: 'local', path: 'a b' }],
    ['type=tar', { type: 'tar', path: '-' }],
    ['type=tar,dest=x.tar', { type: 'tar', path: 'x.tar' }],
    ['type=oci,dest=x.tar,name=a:b', { type: 'oci', path: 'x.tar', folder: false, names: ['a:b'] }],
    ['type=oci,dest=x,tar=false', { type: 'oci', path: 'x', folder: true, names: [] }],
    ['type=docker', { type: 'image', names: [], push: false }],
    ['type=docker,dest=-', { type: 'docker', path: '-', folder: false, names: [] }],
    ['type=image,"name=a,b",push=true', { type: 'image', names: ['a', 'b'], push: true }],
    ['type=registry,name=a', { type: 'image', names: ['a'], push: true }],
    ['type=cacheonly', { type: 'cacheonly' }],
  ])('%s', (text, output) => {
    expect(parseOutput(text)).toEqual(output)
  })

  test.each([
    ['', 'must not be empty'],
    ['dest=x', 'type is required'],
    ['type=zip', 'unknown type "zip"'],
    ['type=local', 'dest is required'],
    ['type=oci,tar=false', 'needs a dest'],
    ['type=oci,tar=perhaps', 'must be true or false'],
    ['type=oci,compression=zstd', 'compression=zstd with type=oci is not supported'],
    ['type=image,x', 'expected key=value'],
  ])('%j is refused', (text, sentence) => {
    expect(() => parseOutput(text)).toThrow(sentence)
  })
})

describe('where a cache is', () => {
  test.each([
    ['--cache-from', 'user/app', { type: 'registry', reference: 'user/app', all: false }],
    [
      '--cache-from',
      'type=registry,ref=user/app:c',
      { type: 'registry', reference: 'user/app:c', all: false },
    ],
    ['--cache-from', 'type=local,src=d', { type: 'local', path: 'd', all: false }],
    ['--cache-to', 'type=local,dest=d,mode=max', { type: 'local', path: 'd', all: true }],
    ['--cache-to', 'type=inline', { type: 'inline' }],
  ] as const)('%s %s', (option, text, place) => {
    expect(parseCachePlace(text, option)).toEqual(place)
  })

  test.each([
    ['--cache-to', 'type=local,src=d', 'dest is required'],
    ['--cache-from', 'type=inline', 'is read by type=registry'],
    ['--cache-to', 'type=local,dest=d,mode=most', 'mode must be min or max'],
    ['--cache-to', 'type=gha', 'type=gha is not supported'],
  ] as const)('%s %s is refused', (option, text, sentence) => {
    expect(() => parseCachePlace(text, option)).toThrow(sentence)
  })
})
