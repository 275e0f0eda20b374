/** The tab key in the three shells, with the scripts that `sampan completion` prints. */
import { dirname } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { terminal } from '../support/terminal.ts'
import { executable, testUser } from '../support/user.ts'

const user = testUser({ env: { PATH: `${dirname(executable)}:/usr/bin:/bin` } })
const image = busybox(user)

beforeAll(async () => {
  await user.ok(['create', '--name', 'boat', image])
  await user.ok(['create', '--name', 'barge', image])
})

/** What bash offers after this line; `piece` is the last word as bash cuts it, at = and : too. */
async function bash(line: string, piece = line.split(' ').at(-1)): Promise<string> {
  const script = `
    source <(sampan completion bash)
    compopt() { printf '<%s>' "$*"; }
    read -ra COMP_WORDS <<<"$1"
    [[ $1 == *' ' ]] && COMP_WORDS+=('')
    COMP_LINE=$1 COMP_POINT=\${#1} COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
    COMP_WORDS[COMP_CWORD]=$2
    _sampan
    printf '%s\\n' "\${COMPREPLY[*]}"`
  const { stdout, stderr } = await user.run(['bash', '-c', script, 'bash', line, piece ?? ''])
  expect(stderr).toBe('')
  return stdout.trim()
}

async function fish(line: string): Promise<string[]> {
  const script = 'sampan completion fish | source; complete -C $argv[1]'
  const { stdout, stderr } = await user.run(['fish', '--no-config', '-c', script, line])
  expect(stderr).toBe('')
  return stdout.split('\n').map((candidate) => candidate.split('\t')[0] ?? '')
}

describe('bash', () => {
  test.each([
    ['sampan rm', undefined, 'rm rmi'],
    ['sampan container st', undefined, 'start stats stop'],
    ['sampan --root /tmp rm', undefined, 'rm rmi'],
    ['sampan rm b', undefined, 'barge boat'],
    ['sampan rm boat ', undefined, 'barge'],
    ['sampan run --network=h', 'h', 'host'],
    ['sampan rmi busy', undefined, 'busybox:latest'],
    ['sampan rmi busybox:', ':', 'latest'],
    ['sampan run --env-file ', undefined, '<-o default -o filenames>'],
    ['sampan --root ', undefined, '<-o dirnames -o filenames>'],
  ])('%j', async (line, piece, expected) => {
    expect(await bash(line, piece)).toBe(expected)
  })
})

describe('fish', () => {
  test('offers commands, options and names', async () => {
    expect(await fish('sampan container st')).toEqual(expect.arrayContaining(['start', 'stop']))
    expect(await fish('sampan ps --no')).toEqual(expect.arrayContaining(['--no-trunc', '--noheading']))
    expect(await fish('sampan rm b')).toEqual(expect.arrayContaining(['boat', 'barge']))
  })
})

describe('zsh', () => {
  test('completes a command and a name', async () => {
    using shell = terminal(user.argv(['zsh', '-f']), { cwd: user.folder })
    // Quotes inside, so that the echo of what is typed is not what is waited for.
    shell.type(
      "PS1='> '; autoload -Uz compinit; compinit -u -D; source <(sampan completion zsh); echo re''ady\r",
    )
    await shell.waitFor('ready')
    shell.forget()
    shell.type('sampan contai\tr\x15')
    await shell.waitFor('sampan container')
    shell.forget()
    shell.type('sampan rm boa\t')
    await shell.waitFor('sampan rm boat')
    shell.type('\x15exit\r')
    expect(await shell.exited()).toBe(0)
  })
})
