import { type Command, command } from '../cli/command.ts'
import type { Context } from '../cli/context.ts'
import { findCommand } from '../cli/find.ts'
import { globalOptions } from '../cli/globals.ts'
import { commands, groups, loadCommand } from './index.ts'

/**
 * The help of a command, a group, or of the program when there are no words.
 * @throws SampanError for words that name no command
 */
export async function helpOn(words: readonly string[], { dialect, out }: Context): Promise<string> {
  const { commandHelp, listHelp } = await import('../cli/help.ts')
  if (words.length === 0) {
    const summary = 'Containers for people who are not root: one executable, no daemon'
    const groupNames = Object.entries(groups).map(([name, summary]) => ({ name, summary }))
    const sections = [
      { heading: 'Commands', commands: await summaries((name) => (name.includes(' ') ? undefined : name)) },
      { heading: 'Groups of commands', commands: groupNames },
    ]
    return await listHelp(dialect, summary, sections, globalOptions, out.columns)
  }
  const found = findCommand(dialect, words, Object.keys(commands), Object.keys(groups))
  if (found.kind === 'group') {
    const prefix = `${found.name} `
    const members = await summaries((name) =>
      name.startsWith(prefix) ? name.slice(prefix.length) : undefined,
    )
    const sections = [{ heading: 'Commands', commands: members }]
    return await listHelp(`${dialect} ${found.name}`, groups[found.name] ?? '', sections, {}, out.columns)
  }
  return await commandHelp(dialect, `${dialect} ${found.name}`, await loadCommand(found.name), out.columns)
}

/** Names and summaries of the commands that `shorten` gives a name for, aliases under the same list left out. */
async function summaries(shorten: (name: string) => string | undefined) {
  const listed = new Map<Command, { name: string; summary: string }>()
  for (const spelling of Object.keys(commands)) {
    const name = shorten(spelling)
    if (name === undefined) continue
    const declaration = await loadCommand(spelling)
    if (!declaration.hidden && !listed.has(declaration)) {
      listed.set(declaration, { name, summary: declaration.summary })
    }
  }
  return [...listed.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

export default command({
  names: [['help']],
  summary: 'Print help for a command',
  operands: '[COMMAND]',
  arity: [0, 2],
  options: {},
  async run({ operands }, context) {
    context.out.write(await helpOn(operands, context))
    return 0
  },
})
