import { describe, expect, test } from 'vitest'
import { parseGit } from '../../../src/build/context/words.ts'

describe('a git address', () => {
  test.each([
    ['https://host/x.git', { url: 'https://host/x.git', ref: undefined, folder: '' }],
    ['https://host/x.git#v1', { url: 'https://host/x.git', ref: 'v1', folder: '' }],
    ['https://host/x.git#v1:a/b', { url: 'https://host/x.git', ref: 'v1', folder: 'a/b' }],
    ['https://host/x.git#:a/', { url: 'https://host/x.git', ref: undefined, folder: 'a' }],
    ['git@host:u/x.git#main', { url: 'git@host:u/x.git', ref: 'main', folder: '' }],
    ['git://host/x', { url: 'git://host/x', ref: undefined, folder: '' }],
    ['ssh://git@host/x', { url: 'ssh://git@host/x', ref: undefined, folder: '' }],
    ['github.com/u/x#f:d', { url: 'https://github.com/u/x', ref: 'f', folder: 'd' }],
    ['https://h/x.git?ref=v2&subdir=d', { url: 'https://h/x.git', ref: 'v2', folder: 'd' }],
    ['https://h/x.git?branch=b', { url: 'https://h/x.git', ref: 'b', folder: '' }],
  ])('%s', (words, expected) => {
    expect(parseGit(words)).toMatchObject(expected)
  })

  test.each(['.', 'dir', 'https://host/x.tar.gz', 'http://host/', 'a:b', './github.com/x/y'])(
    '%s is none',
    (words) => {
      expect(parseGit(words)).toBeUndefined()
    },
  )

  test('a reference that git would take for an option is refused', () => {
    expect(() => parseGit('https://h/x.git#--upload-pack=x')).toThrow('dash')
  })
})
