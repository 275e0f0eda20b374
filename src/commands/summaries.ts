/** The commands of a list of help or completion, with what they do. */
import type { Command } from '../cli/command.ts'
import type { Listed } from '../cli/help.ts'
import { commands, loadCommand } from './index.ts'

/**
 * The members of a group (`image`), or with '' the commands that are one word. An alias in the same list is left out;
 * so are hidden commands.
 */
export async function summaries(group: string): Promise<readonly Listed[]> {
  const prefix = group === '' ? '' : `${group} `
  const listed = new Map<Command, Listed>()
  for (const spelling of Object.keys(commands)) {
    const name = spelling.slice(prefix.length)
    if (!spelling.startsWith(prefix) || name.includes(' ')) continue
    const declaration = await loadCommand(spelling)
    if (!declaration.hidden && !listed.has(declaration)) {
      listed.set(declaration, { name, summary: declaration.summary })
    }
  }
  return [...listed.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}
