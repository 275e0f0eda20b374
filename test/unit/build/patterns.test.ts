import { describe, expect, test } from 'vitest'
import {
  cleanPattern,
  hasWildcard,
  ignoreLines,
  nothingMatched,
  Patterns,
  partExpression,
} from '../../../src/build/copy/patterns.ts'

describe('one part of a path', () => {
  test.each([
    ['*', 'abc', true],
    ['*', '', true],
    ['a*', 'abc', true],
    ['a*', 'ba', false],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['a?c', 'aéc', true],
    ['[abc]', 'b', true],
    ['[a-c]x', 'bx', true],
    ['[a-c]x', 'dx', false],
    ['[^a-c]x', 'dx', true],
    ['[!a]', '!', true],
    ['[!a]', 'b', false],
    ['a\\*', 'a*', true],
    ['a\\*', 'ab', false],
    ['[\\]]', ']', true],
    ['[\\-a]', '-', true],
    ['a.b', 'axb', false],
    ['a+(b)', 'a+(b)', true],
    ['{a,b}', 'a', false],
    ['a**', 'abc', true],
  ])('%s and %s: %s', (pattern, name, matches) => {
    expect(partExpression(pattern).test(name)).toBe(matches)
  })

  test.each(['[', '[]', 'a[', '[a', '\\', 'a\\'])('%s is no pattern', (pattern) => {
    expect(() => partExpression(pattern)).toThrow('syntax error in pattern')
  })

  test('an escaped star is no wildcard', () => {
    expect([hasWildcard('a\\*'), hasWildcard('a*'), hasWildcard('[x]')]).toEqual([false, true, true])
  })
})

describe('the lines of a .dockerignore', () => {
  test('comments, spaces, slashes and dots are cleaned away', () => {
    expect(ignoreLines('\uFEFF# no\n  a/ \n\n/b\n./c//d\n! e\n#f\n !/g/../h\n')).toEqual([
      'a',
      'b',
      'c/d',
      '!e',
      '!h',
    ])
  })

  test('an exception of nothing is an error', () => {
    expect(() => cleanPattern('!')).toThrow('illegal exclusion pattern')
  })
})

describe('a list of patterns', () => {
  test.each<[string, string[], string, boolean]>([
    ['a name in the root only', ['a'], 'a', true],
    ['not deeper', ['a'], 'x/a', false],
    ['but all that is in it', ['a'], 'a/b/c', true],
    ['a star stops at slashes', ['*.md'], 'x/r.md', false],
    ['two do not', ['**/*.md'], 'x/y/r.md', true],
    ['nor in the root', ['**/*.md'], 'r.md', true],
    ['in the middle', ['a/**/z'], 'a/z', true],
    ['in the middle, deep', ['a/**/z'], 'a/b/c/z', true],
    ['at the end', ['a/**'], 'a/b/c', true],
    ['at the end: not the folder itself', ['a/**'], 'a', false],
    ['everything', ['**'], 'x/y', true],
    ['the last one wins', ['*', '!a', 'a'], 'a', true],
    ['an exception', ['*', '!a'], 'a', false],
    ['an exception in a folder that is out', ['a', '!a/b'], 'a/b', false],
    ['and what is in that', ['a', '!a/b'], 'a/b/c', false],
    ['out again in there', ['*', '!a', 'a/*.log'], 'a/x.log', true],
    ['an exception of a star', ['**', '!**/*.go'], 'a/x.go', false],
    ['one letter', ['a?'], 'ab', true],
    ['a file whose folder is matched by stars', ['*/tmp*'], 'a/tmp1/x', true],
  ])('%s: %j and %s: %s', (_, lines, path, matched) => {
    expect(new Patterns(lines).matchPath(path).matched).toBe(matched)
  })

  test.each<[string[], string, boolean]>([
    [['*'], 'big', false],
    [['*', '!src'], 'big', false],
    [['*', '!src'], 'src', true],
    [['*', '!src/a/b'], 'src/a', true],
    [['*', '!src/a/b'], 'src/x', false],
    [['*', '!**/x'], 'big', true],
    [['*', '!s*/x'], 'src', true],
    [['*', '!s*/x'], 'big', false],
  ])('%j: whether something in %s may come back: %s', (lines, folder, may) => {
    expect(new Patterns(lines).mayHaveExceptions(folder)).toBe(may)
  })

  test('says which pattern it was', () => {
    expect(new Patterns(['a', 'b*']).match('bc', nothingMatched).by).toBe('b*')
  })
})
