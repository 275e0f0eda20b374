import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Command } from '../../../src/cli/command.ts'
import { completionScript, shells } from '../../../src/cli/completion-scripts.ts'
import { commands, groups, loadCommand } from '../../../src/commands/index.ts'

const checkout = join(import.meta.dirname, '../../..')
const spellings = Object.keys(commands)
const declarations = new Map<string, Command>()
for (const spelling of spellings) declarations.set(spelling, await loadCommand(spelling))

describe('the table of commands', () => {
  test.each(spellings)('has every spelling of "%s"', (spelling) => {
    const declaration = declarations.get(spelling)
    const names = declaration?.names.map((words) => words.join(' ')) ?? []
    expect(names).toContain(spelling)
    for (const name of names) expect(declarations.get(name)).toBe(declaration)
  })

  test('knows every group and only groups that have members', () => {
    const firsts = spellings.flatMap((name) => {
      const words = name.split(' ')
      return words.slice(1).map((_, at) => words.slice(0, at + 1).join(' '))
    })
    // `port` is a command by itself, and `port add` another.
    const only = [...new Set(firsts)].filter((words) => !spellings.includes(words))
    expect(Object.keys(groups).sort()).toEqual(only.sort())
  })

  test('has every command file', () => {
    const folder = join(checkout, 'src/commands')
    const files = readdirSync(folder).filter((name) =>
      /export default command\(/.test(readFileSync(join(folder, name), 'utf8')),
    )
    expect(new Set(declarations.values()).size).toBe(files.length)
  })
})

describe.each(
  [...new Map([...declarations].map(([, command]) => [command, command])).values()].map((command) => ({
    name: command.names[0]?.join(' '),
    command,
  })),
)('the declaration of $name', ({ command }) => {
  const options = Object.entries(command.options)

  test('uses each letter and each name once', () => {
    const letters = options.flatMap(([, { short }]) => (short === undefined ? [] : [short]))
    const names = options.flatMap(([name, { aliases = [] }]) => [name, ...aliases])
    expect(letters).toEqual([...new Set(letters)])
    expect(names).toEqual([...new Set(names)])
    for (const letter of letters) expect(letter).toHaveLength(1)
  })

  test('describes itself and its options in one line without a final period', () => {
    for (const text of [
      command.summary,
      ...options.filter(([, { hidden }]) => !hidden).map(([, { describe }]) => describe),
    ]) {
      expect(text).toMatch(/^\S[^\n]*[^.\s]$/)
    }
  })
})

test.each(shells)('the completion script of %s in completions/ is the one we print', (shell) => {
  const file = { bash: 'sampan.bash', zsh: '_sampan', fish: 'sampan.fish' }[shell]
  expect(readFileSync(join(checkout, 'completions', file), 'utf8')).toBe(completionScript(shell, 'sampan'))
})
