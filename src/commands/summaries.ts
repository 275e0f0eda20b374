/** The commands of a list of help or completion, with what they do. */
import type { Command } from '../cli/command.ts'
import type { Listed } from '../cli/help.ts'
import { commands, groups, loadCommand } from './index.ts'

/**
 * The members of a group (`image`), or with '' the commands that are one word. An alias in the same list is left out;
 * so are hidden commands.
 */
export async function summaries(group: string): Promise<readonly Listed[]> {
  const listed = new Map<Command, Listed>()
  for (const spelling of Object.keys(commands)) {
    if (groupOf(spelling.split(' ')) !== group) continue
    const declaration = await loadCommand(spelling)
    if (declaration.hidden || listed.has(declaration)) continue
    // The first of a command's names in this list; the table is in alphabetical order.
    const name = declaration.names.find((words) => groupOf(words) === group)?.at(-1) ?? spelling
    listed.set(declaration, { name, summary: declaration.summary })
  }
  return [...listed.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** The groups in a group, or with '' those that are one word. */
export function groupsOf(group: string): readonly Listed[] {
  return Object.entries(groups).flatMap(([name, summary]) => {
    const words = name.split(' ')
    return groupOf(words) === group ? [{ name: words.at(-1) ?? name, summary }] : []
  })
}

function groupOf(words: readonly string[]): string {
  return words.slice(0, -1).join(' ')
}
