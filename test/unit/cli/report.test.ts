import { describe, expect, test } from 'vitest'
import { exitCodeOf, reportError } from '../../../src/cli/report.ts'
import { SampanError, unsupported, usage } from '../../../src/errors.ts'

function printed(error: unknown, { debug = false, title }: { debug?: boolean; title?: string } = {}): string {
  const lines: string[] = []
  reportError(error, { debug, out: { note: (line) => void lines.push(line) } }, title)
  return lines.join('\n')
}

const systemError = (code: string, text: string) => Object.assign(new Error(`${code}: ${text}`), { code })

describe('a person reads', () => {
  test('what went wrong and, on a line of its own, what to try next', () => {
    expect(printed(new SampanError('No such container: x', { hint: '`ps -a` lists them' }))).toBe(
      'Error: No such container: x\n`ps -a` lists them',
    )
  })

  test('where the options of a command are told, after a word that is wrong', () => {
    expect(printed(usage('unknown flag: --x'), { title: 'sampan ps' })).toBe(
      "Error: unknown flag: --x\nSee 'sampan ps --help'.",
    )
    expect(printed(usage('bad', 'Use --y'), { title: 'sampan ps' })).toBe(
      "Error: bad\nUse --y\nSee 'sampan ps --help'.",
    )
    expect(printed(unsupported('--x', 'Use --y'), { title: 'sampan ps' })).not.toContain('--help')
  })

  test('a full disk as a full disk, without the code of the error', () => {
    const text = printed(systemError('ENOSPC', "no space left on device, write '/data/x'"))
    expect(text).toMatch(/^Error: no space left on device, write '\/data\/x'\n.*--root DIR$/)
    expect(text).not.toContain('bug')
  })

  test('that anything else is a bug, its stack only where asked for', () => {
    const error = new TypeError('x is not a function')
    expect(printed(error)).toMatch(/^Error: x is not a function\nThis is a bug in sampan\./)
    expect(printed(error)).not.toContain('    at ')
    expect(printed(error, { debug: true })).toContain('    at ')
  })

  test('every cause, where asked for', () => {
    const error = new SampanError('outer', { cause: new Error('inner') })
    expect(printed(error)).toBe('Error: outer')
    expect(printed(error, { debug: true })).toMatch(/outer[\s\S]*Error: inner/)
  })
})

describe('the exit code is', () => {
  const missing = new SampanError('x', { kind: 'no-such-container' })
  test.each([
    ['the error’s own', new SampanError('x', { exitCode: 126 }), 125, 'sampan', 126],
    ['else the command’s', new SampanError('x'), 125, 'sampan', 125],
    ['that of usage for a wrong word', usage('x'), 1, 'sampan', 125],
    ['the command’s for a bug', new Error('x'), 1, 'sampan', 1],
    ['podman’s 125 where docker’s is 1', new SampanError('x'), 1, 'podman', 125],
    ['podman’s 125 for a container that is not there', missing, 1, 'podman', 125, 'podman stop'],
    ['podman’s 1 for one that is to be removed', missing, 1, 'podman', 1, 'podman container rm'],
    ['podman’s 2 for one in use', new SampanError('x', { kind: 'conflict' }), 1, 'podman', 2, 'podman rmi'],
    ['docker’s 1 for either', missing, 1, 'docker', 1, 'docker rm'],
    ['the program’s in any dialect', new SampanError('x', { exitCode: 127 }), 125, 'podman', 127],
  ] as const)('%s', (_, error, failure, dialect, code, title?) => {
    expect(exitCodeOf(error, failure, dialect, title)).toBe(code)
  })
})
