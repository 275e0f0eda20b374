/** Descriptors of the caller that the program has: socket activation and --preserve-fds. */
import { afterEach, describe, expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
const file = user.file('words', 'handed over\n')
const other = user.file('others', 'and this\n')

afterEach(async () => {
  await user.sampan(['rm', '-f', 'passed'])
})

/** A shell that becomes the tool with two files open. */
const withFiles = (words: readonly string[], before = '') =>
  user.run(['sh', '-c', `${before} exec "$@" 3<${file} 4<${other}`, 'sh', user.executable, ...words])

const tell = ['sh', '-c', 'cat <&3; echo "$LISTEN_FDS $LISTEN_PID $LISTEN_FDNAMES" $$; ls /proc/$$/fd; true']

describe.each([
  ['foreground', []],
  ['foreground with --init', ['--init']],
  ['background', ['-d']],
] as const)('%s', (_, flags: readonly string[]) => {
  const run = async (more: readonly string[], before?: string) => {
    const told = await withFiles(['run', ...flags, ...more, '--name', 'passed', image, ...tell], before)
    if (!flags.includes('-d')) return told.stdout
    expect(told).toMatchObject({ code: 0, stderr: '' })
    await user.ok(['wait', 'passed'])
    return user.ok(['logs', 'passed'])
  }

  test('--preserve-fds: those, and no others', async () => {
    const [words, variables = '', ...open] = (await run(['--preserve-fds', '1'])).trim().split('\n')
    expect({ words, open }).toEqual({ words: 'handed over', open: ['0', '1', '2', '3'] })
    expect(variables).toMatch(/^ {3}\d+$/)
  })

  test('LISTEN_FDS of ours: the program learns that they are its own', async () => {
    const told = await run([], 'export LISTEN_FDS=2 LISTEN_FDNAMES=web:admin LISTEN_PID=$$;')
    const [words, variables = '', ...open] = told.trim().split('\n')
    const [fds, pid, names, own] = variables.split(' ')
    expect({ words, fds, names, open }).toEqual({
      words: 'handed over',
      fds: '2',
      names: 'web:admin',
      open: ['0', '1', '2', '3', '4'],
    })
    expect(pid).toBe(own)
  })

  test('LISTEN_FDS of somebody else is nothing to us', async () => {
    expect(await run([], 'export LISTEN_FDS=2 LISTEN_PID=1;')).not.toContain('handed over')
  })
})

test('a program that is not there is said to be, descriptors or not', async () => {
  const told = await withFiles(['run', '--rm', '--preserve-fds', '2', image, 'nosuch'])
  expect(told).toMatchObject({ code: 127, stderr: expect.stringContaining('executable file not found') })
})

test('a start has them, too, and so has a restart by policy', async () => {
  const script = 'cat <&3; exit 1'
  await user.ok(['create', '--name', 'passed', '--restart', 'on-failure:1', image, 'sh', '-c', script])
  await withFiles(['start', 'passed'], 'export LISTEN_FDS=1 LISTEN_PID=$$;')
  expect(await user.ok(['wait', 'passed'])).toBe('1')
  // The second run finds the file where the first one has left it: at its end, but open.
  expect(await user.sampan(['logs', 'passed'])).toMatchObject({ stdout: 'handed over\n', stderr: '' })
  expect(await user.ok(['inspect', '-f', '{{.RestartCount}}', 'passed'])).toBe('1')
})
