import { describe, expect, test } from 'vitest'
import { findCommand } from '../../../src/cli/find.ts'
import { nearest } from '../../../src/containers/values/nearest.ts'

const spellings = [
  'ps',
  'run',
  'images',
  'container ls',
  'container run',
  'image ls',
  'buildx history ls',
  '__complete',
]
const groups = ['buildx', 'buildx history', 'container', 'image']
const find = (line: string) => findCommand('sampan', line.split(' '), spellings, groups)

describe('the words name', () => {
  test.each([
    ['ps -a', { kind: 'command', name: 'ps', rest: ['-a'] }],
    ['container ls -a', { kind: 'command', name: 'container ls', rest: ['-a'] }],
    ['run ls', { kind: 'command', name: 'run', rest: ['ls'] }],
    ['container', { kind: 'group', name: 'container' }],
    ['image --help', { kind: 'group', name: 'image' }],
    ['buildx history ls -q', { kind: 'command', name: 'buildx history ls', rest: ['-q'] }],
    ['buildx history', { kind: 'group', name: 'buildx history' }],
  ])('%s', (line, found) => {
    expect(find(line)).toEqual(found)
  })
})

describe('a word that names nothing', () => {
  test.each([
    ['rnu', 'unknown command: sampan rnu', "Did you mean 'sampan run'?"],
    [
      'buildx history sl',
      'unknown command: sampan buildx history sl',
      "Did you mean 'sampan buildx history ls'?",
    ],
    ['image lss', 'unknown command: sampan image lss', "Did you mean 'sampan image ls'?"],
    ['imges', 'unknown command: sampan imges', "Did you mean 'sampan images'?"],
    ['frobnicate', 'unknown command: sampan frobnicate', "See 'sampan --help'."],
  ])('%s', (line, message, hint) => {
    expect(() => find(line)).toThrow(
      expect.objectContaining({ message, exitCode: 1, hint: expect.stringContaining(hint) }),
    )
  })
})

test.each([
  ['pss', ['ps', 'push'], 'ps'],
  ['strat', ['start', 'stats'], 'start'],
  ['xyz', ['ps', 'run'], undefined],
  ['p', ['ps'], 'ps'],
  ['q', ['ps'], undefined],
])('nearest to %s', (typed, candidates, expected) => {
  expect(nearest(typed, candidates)).toBe(expected)
})

test.each([
  ['buildx bake', 'sampan build --target NAME'],
  ['buildx debug build .', '--debug-shell'],
  ['buildx history export x', 'history inspect'],
])('%s is refused with what to do instead', (line, hint) => {
  expect(() => find(line)).toThrow(
    expect.objectContaining({ exitCode: 125, hint: expect.stringContaining(hint) }),
  )
})

test('a command that needs a daemon is refused with the reason', () => {
  expect(() => find('swarm init')).toThrow(
    expect.objectContaining({
      message: 'the command swarm is not supported',
      exitCode: 125,
      kind: 'unsupported',
    }),
  )
})
