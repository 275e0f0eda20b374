import { describe, expect, test } from 'vitest'
import type { Command, Options } from '../../../src/cli/command.ts'
import { parseCommand, parseWords } from '../../../src/cli/parse.ts'
import { SampanError } from '../../../src/errors.ts'

const options = {
  all: { type: 'boolean', short: 'a', describe: '' },
  detach: { type: 'boolean', short: 'd', describe: '' },
  env: { type: 'list', short: 'e', describe: '' },
  hostname: { type: 'string', short: 'h', describe: '' },
  init: { type: 'tristate', describe: '' },
  interactive: { type: 'boolean', short: 'i', describe: '' },
  last: { type: 'integer', short: 'n', default: -1, describe: '' },
  network: { type: 'string', aliases: ['net'], default: 'slirp', describe: '' },
  publish: { type: 'list', short: 'p', describe: '' },
  'sig-proxy': { type: 'boolean', default: true, describe: '' },
  tty: { type: 'boolean', short: 't', describe: '' },
} as const satisfies Options

function read(line: string, stop = true) {
  return parseWords(options, line.split(' '), stop)
}

describe('options', () => {
  test.each([
    ['-itd c', { interactive: true, tty: true, detach: true }],
    ['-p8080:80 c', { publish: ['8080:80'] }],
    ['-eA=b c', { env: ['A=b'] }],
    ['-e=A=b c', { env: ['A=b'] }],
    ['-e A=b -e C=d c', { env: ['A=b', 'C=d'] }],
    ['-eA=b,C=d c', { env: ['A=b,C=d'] }],
    ['-ite A c', { interactive: true, tty: true, env: ['A'] }],
    ['-d=false c', { detach: false }],
    ['--detach=false c', { detach: false }],
    ['--detach=T c', { detach: true }],
    ['-d --detach=0 c', { detach: false }],
    ['--sig-proxy=false c', { 'sig-proxy': false }],
    ['c', { 'sig-proxy': true, init: undefined, last: -1, env: [], network: 'slirp', hostname: undefined }],
    ['--init c', { init: true }],
    ['--init=false c', { init: false }],
    ['--net none c', { network: 'none' }],
    ['--net=none --network host c', { network: 'host' }],
    ['-n -5 c', { last: -5 }],
    ['-n3 c', { last: 3 }],
    ['--last=0x10 c', { last: 16 }],
    ['--env -x c', { env: ['-x'] }],
    ['--env --tty c', { env: ['--tty'], tty: false }],
    ['-e -- c', { env: ['--'] }],
    ['--env= c', { env: [''] }],
    ['-h box c', { hostname: 'box' }],
  ])('%s', (line, expected) => {
    const { options: values, operands } = read(line)
    expect(values).toMatchObject(expected)
    expect(operands).toEqual(['c'])
  })
})

describe('operands', () => {
  test.each([
    ['image -a --tty', true, ['image', '-a', '--tty']],
    ['-a image -- -x', true, ['image', '--', '-x']],
    ['-a -- -x image', true, ['-x', 'image']],
    ['one -a two', false, ['one', 'two']],
    ['one -- -a two', false, ['one', '-a', 'two']],
    ['- -a', false, ['-']],
  ])('%s (ends at the first: %s)', (line, stop, operands) => {
    expect(read(line, stop).operands).toEqual(operands)
  })
})

describe('what is refused, in the words of docker', () => {
  test.each([
    ['--nope', 'unknown flag: --nope'],
    ['--nope=1', 'unknown flag: --nope'],
    ['-z', "unknown shorthand flag: 'z' in -z"],
    ['-itz', "unknown shorthand flag: 'z' in -z"],
    ['-izt', "unknown shorthand flag: 'z' in -zt"],
    ['--env', 'flag needs an argument: --env'],
    ['-e', "flag needs an argument: 'e' in -e"],
    ['-ite', "flag needs an argument: 'e' in -e"],
    ['--=x', 'bad flag syntax: --=x'],
    ['---x', 'bad flag syntax: ---x'],
    [
      '--detach=maybe',
      'invalid argument "maybe" for "-d, --detach" flag: strconv.ParseBool: parsing "maybe": invalid syntax',
    ],
    ['-n x', 'invalid argument "x" for "-n, --last" flag: strconv.ParseInt: parsing "x": invalid syntax'],
    ['--init=2', 'invalid argument "2" for "--init" flag: strconv.ParseBool: parsing "2": invalid syntax'],
    [
      '-n 99999999999999999999',
      'invalid argument "99999999999999999999" for "-n, --last" flag: strconv.ParseInt: parsing "99999999999999999999": value out of range',
    ],
  ])('%s', (line, message) => {
    const error = thrown(() => read(line))
    expect(error.message).toBe(message)
    expect(error.exitCode).toBe(125)
    expect(error.kind).toBe('usage')
  })

  test('a slip in a long option is answered with the option that was meant', () => {
    expect(thrown(() => read('--netwrok=none')).hint).toBe('Did you mean --network?')
  })
})

describe('a command', () => {
  const base = {
    names: [['rm']],
    summary: '',
    operands: 'CONTAINER [CONTAINER...]',
    options: { force: { type: 'boolean', short: 'f', describe: '' } },
    run: () => 0,
  } as const satisfies Omit<Command, 'arity'>

  test.each([
    [[1, Number.POSITIVE_INFINITY], '', "'sampan rm' requires at least 1 argument"],
    [[2, 2], 'a', "'sampan rm' requires 2 arguments"],
    [[0, 0], 'a', "'sampan rm' accepts no arguments"],
    [[0, 1], 'a b', "'sampan rm' requires at most 1 argument"],
    [[1, 2], 'a b c', "'sampan rm' requires at least 1 and at most 2 arguments"],
  ] as const)('that takes %j operands refuses "%s" with exit code 1', (arity, line, message) => {
    const words = line === '' ? [] : line.split(' ')
    const error = thrown(() => parseCommand({ ...base, arity }, 'sampan rm', words))
    expect(error).toMatchObject({ message, exitCode: 1 })
    expect(error.hint).toContain('Usage:  sampan rm [OPTIONS] CONTAINER [CONTAINER...]')
  })

  test.each(['--help', '-h', '-fh', '-f --help'])(
    'asked for help by %s does not look at operands',
    (line) => {
      expect(parseCommand({ ...base, arity: [1, 1] }, 'sampan rm', line.split(' '))).toBeUndefined()
    },
  )

  test('asked for help and for something unknown complains about that', () => {
    expect(() => parseCommand({ ...base, arity: [1, 1] }, 'sampan rm', ['--help', '--nope'])).toThrow(
      'unknown flag',
    )
  })
})

function thrown(call: () => unknown): SampanError {
  try {
    call()
  } catch (error) {
    if (error instanceof SampanError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}
