import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseName, randomName } from '../../../src/containers/names.ts'
import { checkDetachKeys } from '../../../src/containers/values/detach-keys.ts'
import { parseDuration, tryDuration } from '../../../src/containers/values/duration.ts'
import {
  mergeEnvironment,
  parseEnvironment,
  parseLabels,
} from '../../../src/containers/values/environment.ts'
import { parseLog } from '../../../src/containers/values/log.ts'
import { parseNamespace } from '../../../src/containers/values/namespaces.ts'
import { parseHealthCheck, parseRestartPolicy } from '../../../src/containers/values/policies.ts'
import { parseSignal, signalName } from '../../../src/containers/values/signal.ts'
import { parseSize, parseSizeOrUnlimited } from '../../../src/containers/values/size.ts'
import { parseUlimits } from '../../../src/containers/values/ulimit.ts'

describe('detach keys', () => {
  test.each([
    undefined,
    '',
    'a',
    'ctrl-p,ctrl-q',
    'ctrl-@',
    'ctrl-a,d',
    'ctrl-[,ctrl-\\,ctrl-],ctrl-^,ctrl-_',
  ])('%j are', (given) => expect(checkDetachKeys(given)).toBe(given))
  test.each(['nope', 'ctrl-', 'ctrl-1', 'ctrl-p,', ',', 'ctrl-p ctrl-q', 'é', Array(17).fill('a').join(',')])(
    '%j are not',
    (given) => expect(() => checkDetachKeys(given)).toThrow('invalid detach keys'),
  )
})

describe('sizes', () => {
  test.each([
    ['0', 0],
    ['1024', 1024],
    ['64b', 64],
    ['1k', 1024],
    ['1K', 1024],
    ['1kb', 1024],
    ['1KiB', 1024],
    ['64m', 64 * 1024 ** 2],
    ['1.5g', 1.5 * 1024 ** 3],
    ['2048m', 2 * 1024 ** 3],
    ['1 t', 1024 ** 4],
  ])('%s', (text, bytes) => expect(parseSize(text, '--memory')).toBe(bytes))

  test.each(['', 'x', '-1', '1z', '1mm', '1.m', '9999999999p'])('%j is refused', (text) =>
    expect(() => parseSize(text, '--memory')).toThrow(
      `invalid argument "${text}" for "--memory": invalid size: '${text}'`,
    ),
  )

  test('-1 is unlimited where that is allowed', () =>
    expect(parseSizeOrUnlimited('-1', '--memory-swap')).toBe(-1))
})

describe('durations', () => {
  test.each([
    ['0', 0],
    ['1ns', 1],
    ['5us', 5000],
    ['5µs', 5000],
    ['100ms', 1e8],
    ['1.5s', 1.5e9],
    ['30s', 30e9],
    ['1m30s', 90e9],
    ['2h', 7200e9],
    ['.5s', 5e8],
    ['-10m', -600e9],
  ])('%s', (text, nanoseconds) => expect(tryDuration(text)).toBe(nanoseconds))

  test.each(['', '5', 's', '1m30', '1 s', '10x', '1..5s', 'ms', '-'])('%j is none', (text) =>
    expect(tryDuration(text)).toBeUndefined(),
  )

  test('a negative one is refused where time goes forward', () =>
    expect(() => parseDuration('-1s', '--health-interval')).toThrow('invalid duration "-1s"'))
})

describe('signals', () => {
  test.each([
    ['SIGTERM', 15],
    ['term', 15],
    ['9', 9],
    ['SIGUSR1', 10],
    ['winch', 28],
    ['SIGRTMIN', 34],
    ['RTMIN+3', 37],
    ['SIGRTMAX-1', 63],
    ['SIGRTMAX', 64],
    ['IOT', 6],
  ])('%s', (text, number) => expect(parseSignal(text)).toBe(number))

  test.each(['', '0', '65', 'SIGNOPE', 'RTMIN+31', 'RTMIN-1', '1.5'])('%j is refused', (text) =>
    expect(() => parseSignal(text)).toThrow(`Invalid signal: ${text}`),
  )

  test.each([1, 9, 15, 31, 34, 37, 64])('%i has a name that means the same', (number) =>
    expect(parseSignal(signalName(number))).toBe(number),
  )
})

describe('variables', () => {
  const own = { HOME: '/home/me', EMPTY: '' }

  test.each([
    [['A=b'], ['A=b']],
    [['A=b=c:d *'], ['A=b=c:d *']],
    [['A='], ['A=']],
    [['HOME'], ['HOME=/home/me']],
    [['EMPTY'], ['EMPTY=']],
    [['NOT_SET'], ['NOT_SET']],
  ])('-e %j', (flags, expected) => expect(parseEnvironment(flags, [], own)).toEqual(expected))

  test.each(['', '=x'])('-e %j is refused', (flag) =>
    expect(() => parseEnvironment([flag], [], own)).toThrow('invalid environment variable'),
  )

  test('a file has no quotes and no escapes, and comments start a line', () => {
    const path = file('\uFEFFA=1\n\n# comment\n  B="two words" # kept\nHOME\nNOT_SET\nC=\r\n')
    expect(parseEnvironment(['D=4'], [path], own)).toEqual([
      'A=1',
      'B="two words" # kept',
      'HOME=/home/me',
      'C=',
      'D=4',
    ])
  })

  test.each([
    ['A B=c\n', "variable 'A B' contains whitespaces"],
    ['=x\n', "no variable name on line '=x'"],
  ])('a file with %j is refused', (text, message) =>
    expect(() => parseEnvironment([], [file(text)], own)).toThrow(message),
  )

  test('a missing file is named', () =>
    expect(() => parseEnvironment([], ['/nonexistent'], own)).toThrow(
      'open /nonexistent: no such file or directory',
    ))

  test('a name alone takes away what the image sets; places are kept', () =>
    expect(mergeEnvironment(['A=1', 'B=2', 'C=3'], ['B=x', 'A', 'D=4'])).toEqual(['B=x', 'C=3', 'D=4']))

  test('labels: flags win over files, a name alone is empty', () =>
    expect(parseLabels(['a=flag', 'bare'], [file('a=file\nb=2\n')])).toEqual({ a: 'flag', b: '2', bare: '' }))
})

describe('limits of resources', () => {
  test('soft and hard', () =>
    expect(parseUlimits(['nofile=10:20', 'core=0'], fail)).toEqual([
      { type: 'RLIMIT_NOFILE', soft: 10, hard: 20 },
      { type: 'RLIMIT_CORE', soft: 0, hard: 0 },
    ]))

  test('the last of a name wins', () =>
    expect(parseUlimits(['nofile=5', 'nofile=6'], fail)).toEqual([
      { type: 'RLIMIT_NOFILE', soft: 6, hard: 6 },
    ]))

  test('what only root may have is lowered, and said', () => {
    const notes: string[] = []
    const [limit] = parseUlimits(['nofile=1:9007199254740990'], (line) => notes.push(line))
    expect(limit?.hard).toBeLessThan(9007199254740990)
    expect(notes).toEqual([expect.stringContaining('only root can raise it')])
  })

  test('-1 is the most one may have, without a word', () =>
    expect(parseUlimits(['nofile=-1'], fail)[0]?.hard).toBeGreaterThan(0))

  test.each([
    ['nofile', 'invalid ulimit argument'],
    ['nofile=x', 'invalid ulimit argument'],
    ['nope=1', 'invalid ulimit type: nope'],
    ['nofile=3:2', 'soft limit must be less than or equal to hard limit'],
  ])('%s is refused', (text, message) => expect(() => parseUlimits([text], fail)).toThrow(message))
})

describe('restart policies', () => {
  test.each([
    ['no', 'no', 0],
    ['', 'no', 0],
    ['always', 'always', 0],
    ['unless-stopped', 'unless-stopped', 0],
    ['on-failure', 'on-failure', 0],
    ['on-failure:5', 'on-failure', 5],
  ])('%j', (text, policy, retries) => expect(parseRestartPolicy(text)).toEqual({ policy, retries }))

  test.each(['sometimes', 'always:3', 'on-failure:x', 'on-failure:1:2', 'no:'])('%j is refused', (text) =>
    expect(() => parseRestartPolicy(text)).toThrow('invalid restart policy'),
  )
})

describe('health checks', () => {
  const none = {
    command: undefined,
    interval: undefined,
    timeout: undefined,
    startPeriod: undefined,
    startInterval: undefined,
    retries: undefined,
    onFailure: undefined,
    none: false,
  }
  const image = { Test: ['CMD', 'check'], Interval: 5e9, Retries: 7 }

  test("the image's own, defaults filled in", () =>
    expect(parseHealthCheck(none, image)).toEqual({
      test: ['CMD', 'check'],
      interval: 5e9,
      timeout: 30e9,
      startPeriod: 0,
      startInterval: 5e9,
      retries: 7,
      onFailure: 'none',
    }))

  test('flags win, one by one', () =>
    expect(parseHealthCheck({ ...none, command: 'curl x || exit 1', timeout: '1s' }, image)).toMatchObject({
      test: ['CMD-SHELL', 'curl x || exit 1'],
      interval: 5e9,
      timeout: 1e9,
    }))

  test.each([
    ['["CMD", "a", "b"]', ['CMD', 'a', 'b']],
    ['["a", "b"]', ['CMD', 'a', 'b']],
    ['[ -f /ready ]', ['CMD-SHELL', '[ -f /ready ]']],
  ])('%s', (command, words) => expect(parseHealthCheck({ ...none, command }, null)?.test).toEqual(words))

  test('none, NONE and an interval without a command are none', () => {
    expect(parseHealthCheck({ ...none, none: true }, image)).toBeNull()
    expect(parseHealthCheck(none, { Test: ['NONE'] })).toBeNull()
    expect(parseHealthCheck({ ...none, interval: '3s' }, null)).toBeNull()
  })

  test('too short, or contradictory', () => {
    expect(() => parseHealthCheck({ ...none, interval: '1us' }, image)).toThrow('cannot be less than 1ms')
    expect(() => parseHealthCheck({ ...none, none: true, command: 'x' }, image)).toThrow('conflicts with')
    expect(() => parseHealthCheck({ ...none, onFailure: 'pray' }, image)).toThrow(
      'invalid --health-on-failure',
    )
    expect(() => parseHealthCheck({ ...none, onFailure: 'kill' }, null)).toThrow('without a health check')
  })
})

describe('logs', () => {
  test.each([
    [undefined, [], { driver: 'json-file', maxSize: 10_000_000, maxFiles: 3 }],
    ['json-file', ['max-size=1k', 'max-file=2'], { driver: 'json-file', maxSize: 1000, maxFiles: 2 }],
    ['json-file', ['max-size=-1'], { driver: 'json-file', maxSize: 0, maxFiles: 3 }],
    ['none', [], { driver: 'none', maxSize: 0, maxFiles: 1 }],
    ['k8s-file', ['compress=true'], { driver: 'k8s-file', options: { compress: 'true' } }],
    [undefined, ['tag=x'], { driver: 'json-file', options: { tag: 'x' } }],
    ['journald', ['tag={{.Name}}'], { driver: 'journald', options: { tag: '{{.Name}}' } }],
  ])('%s %j', (driver, options, expected) => expect(parseLog(driver, options)).toMatchObject(expected))

  test.each([
    ['syslog', [], 'log driver syslog is not supported'],
    ['k8s-file', ['tag=x'], 'log option tag with k8s-file is not supported'],
    ['journald', [`tag=${'x'.repeat(129)}`], 'longer than 128 bytes'],
    ['journald', ['tag={{.Nope}}'], 'invalid log option tag: {{.Nope}}'],
    ['passthrough', ['max-size=1k'], 'log option max-size is not supported'],
    [undefined, ['compress=yes'], 'neither true nor false'],
    [undefined, ['compress=true', 'max-file=1'], 'compress cannot be true'],
    ['passthrough', ['compress=true'], 'log option compress is not supported'],
    [undefined, ['max-file=0'], 'max-file'],
    [undefined, ['max-size=x'], 'invalid size'],
  ])('%s %j is refused', (driver, options, message) =>
    expect(() => parseLog(driver, options)).toThrow(message),
  )
})

describe('namespaces', () => {
  test.each([
    [undefined, 'private'],
    ['', 'private'],
    ['private', 'private'],
    ['host', 'host'],
    ['container:web', { container: 'web' }],
  ])('%s', (text, mode) => expect(parseNamespace(text, '--pid')).toEqual(mode))

  test.each(['container:', 'shareable', 'x'])('%s is refused', (text) =>
    expect(() => parseNamespace(text, '--pid')).toThrow('--pid: invalid mode'),
  )
})

describe('names', () => {
  test.each(['web', 'w1', 'a_b-c.d', '/web'])('%s', (name) =>
    expect(parseName(name)).toBe(name.replace('/', '')),
  )

  test.each(['w', '-web', '.web', 'a b', 'a/b', 'ü', ''])('%j is refused in docker’s words', (name) =>
    expect(() => parseName(name)).toThrow('only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed'),
  )

  test('a random one is adjective_surname, and gets a number when that was taken', () => {
    expect(randomName(0)).toMatch(/^[a-z]+_[a-z]+$/)
    expect(randomName(2)).toMatch(/^[a-z]+_[a-z]+\d+$/)
    expect(parseName(randomName(0))).toMatch(/_/)
  })
})

function fail(line: string): never {
  throw new Error(`unexpected note: ${line}`)
}

let files = 0
function file(text: string): string {
  files += 1
  const path = join(tmpdir(), `sampan-values-${process.pid}-${files}`)
  writeFileSync(path, text)
  return path
}
