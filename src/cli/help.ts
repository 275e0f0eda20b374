/** Lays out help from the declarations, with yargs: loaded only when help is asked for. */
import yargs from 'yargs'
import type { Command, Option, Options } from './command.ts'

export interface Listed {
  readonly name: string
  readonly summary: string
}

/** The help of one command. `title` is the spelling it was asked under: `sampan container ls`. */
export async function commandHelp(
  program: string,
  title: string,
  command: Command,
  columns: number,
): Promise<string> {
  const names = command.names.map((words) => [program, ...words].join(' '))
  const operands = command.operands === '' ? '' : ` ${command.operands}`
  const options = Object.keys(command.options).length === 0 ? '' : ' [OPTIONS]'
  const layout = start(`Usage:  ${title}${options}${operands}\n\n${command.summary}`, columns)
  if (names.length > 1) layout.epilogue(`\nAliases:\n  ${names.join(', ')}`)
  const examples = (command.examples ?? []).map((example) =>
    example.includes('sampan') ? `  ${example}` : `  ${title} ${example}`.trimEnd(),
  )
  if (examples.length > 0) layout.epilogue(`\nExamples:\n${examples.join('\n')}`)
  addOptions(layout, command.options)
  return await text(layout)
}

/** The help of a group (`sampan image`) or of the whole program, whose options come before the command. */
export async function listHelp(
  title: string,
  summary: string,
  sections: readonly { readonly heading: string; readonly commands: readonly Listed[] }[],
  options: Options,
  columns: number,
): Promise<string> {
  const layout = start(
    `Usage:  ${title}${Object.keys(options).length > 0 ? ' [OPTIONS]' : ''} COMMAND\n\n${summary}`,
    columns,
  )
  addOptions(layout, options)
  const widest = Math.max(...sections.flatMap(({ commands }) => commands.map(({ name }) => name.length)))
  for (const { heading, commands } of sections) {
    const lines = commands.map(({ name, summary }) => `  ${name.padEnd(widest + 2)}${summary}`)
    layout.epilogue(`\n${heading}:\n${lines.join('\n')}`)
  }
  layout.epilogue(`\nSee '${title} COMMAND --help' for more about a command.`)
  return await text(layout)
}

type Layout = ReturnType<typeof yargs>

function start(usage: string, columns: number): Layout {
  return yargs([])
    .usage(usage)
    .help(false)
    .version(false)
    .wrap(Math.min(Math.max(columns, 60), 120))
}

function addOptions(layout: Layout, options: Options): void {
  for (const [name, option] of Object.entries(options).sort(byName)) {
    if (option.hidden) continue
    // yargs has no word for a value; a name with a space in it is laid out as `--name NAME`.
    const value = option.value ?? VALUE_WORDS[option.type]
    const label = value === undefined ? name : `${name} ${value}`
    const fallback = 'default' in option && option.default !== false ? ` (default ${option.default})` : ''
    layout.option(label, {
      ...(option.short && { alias: option.short }),
      describe: option.describe + fallback,
    })
  }
}

/** What stands for the value of an option that has no word of its own for it. */
const VALUE_WORDS: Readonly<Partial<Record<Option['type'], string>>> = {
  integer: 'NUMBER',
  list: 'VALUE',
  string: 'VALUE',
}

function byName([a]: readonly [string, Option], [b]: readonly [string, Option]): number {
  return a < b ? -1 : 1
}

/** Sections part by one empty line, whatever yargs puts before its own. */
async function text(layout: Layout): Promise<string> {
  const help = await layout.getHelp()
  return `${help.replace(/\n{3,}/g, '\n\n').trimEnd()}\n`
}
