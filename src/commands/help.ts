import { command } from '../cli/command.ts'
import type { Context } from '../cli/context.ts'
import { findCommand } from '../cli/find.ts'
import { globalOptions } from '../cli/globals.ts'
import { commands, groups, loadCommand } from './index.ts'
import { groupsOf, summaries } from './summaries.ts'

/**
 * The help of a command, a group, or of the program when there are no words.
 * @throws SampanError for words that name no command
 */
export async function helpOn(words: readonly string[], { dialect, out }: Context): Promise<string> {
  const { commandHelp, listHelp } = await import('../cli/help.ts')
  if (words.length === 0) {
    const sections = [
      { heading: 'Commands', commands: await summaries('') },
      {
        heading: 'Groups of commands',
        commands: groupsOf(''),
      },
    ]
    const summary = 'Containers for people who are not root: one executable, no daemon'
    return await listHelp(dialect, summary, sections, globalOptions, out.columns)
  }
  const found = findCommand(dialect, words, Object.keys(commands), Object.keys(groups))
  if (found.kind === 'group') {
    const members = [...(await summaries(found.name)), ...groupsOf(found.name)]
    const sections = [{ heading: 'Commands', commands: members }]
    return await listHelp(`${dialect} ${found.name}`, groups[found.name] ?? '', sections, {}, out.columns)
  }
  return await commandHelp(dialect, `${dialect} ${found.name}`, await loadCommand(found.name), out.columns)
}

export default command({
  names: [['help']],
  summary: 'Print help for a command',
  operands: '[COMMAND]',
  arity: [0, 3],
  options: {},
  async run({ operands }, context) {
    context.out.write(await helpOn(operands, context))
    return 0
  },
})
