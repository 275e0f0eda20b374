/**
 * docs/compatibility.md: the options of docker's and podman's commands that people and scripts use, what becomes of each
 * here, and the test that shows it. Made from flags.tsv (which options there are), the declarations of our commands, and
 * the texts of the integration tests.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command, Option } from '../../src/cli/command.ts'
import { commands, loadCommand } from '../../src/commands/index.ts'

const checkout = join(import.meta.dirname, '../..')

export interface Row {
  readonly command: string
  readonly flag: string
  readonly docker: boolean
  readonly podman: boolean
  /** Undefined: neither honoured nor refused. */
  readonly status: 'honoured' | 'accepted' | 'refused' | undefined
  /** Of a refused one: what to do instead, where the declaration says so; of an accepted one: why it changes nothing. */
  readonly why: string
  /** Of an honoured one: the test file, below test/integration/. */
  readonly test: string | undefined
}

/** One row an option; commands that this tool has not got are left out. */
export async function compatibilityRows(): Promise<Row[]> {
  const lines = readFileSync(join(import.meta.dirname, 'flags.tsv'), 'utf8')
    .trimEnd()
    .split('\n')
    .slice(1)
  const tests = testTexts()
  const rows: Row[] = []
  for (const line of lines) {
    const [command = '', flag = '', docker, podman] = line.split('\t')
    if (!Object.hasOwn(commands, command)) continue
    const declared = optionOf(await loadCommand(command), flag)
    const [status, why] = statusOf(declared?.[1])
    rows.push({
      command,
      flag,
      docker: docker === 'yes',
      podman: podman === 'yes',
      status,
      why,
      test: declared !== undefined && status === 'honoured' ? testOf(command, declared, tests) : undefined,
    })
  }
  return rows
}

/** Declarations say so themselves: hidden options that begin with one of two words. */
function statusOf(option: Option | undefined): [Row['status'], string] {
  if (option === undefined) return [undefined, '']
  const [, word, why = ''] = /^(Not supported|Accepted)\b:? ?(.*)$/.exec(option.describe) ?? []
  if (word === undefined) return ['honoured', '']
  return [word === 'Accepted' ? 'accepted' : 'refused', why]
}

function optionOf({ options }: Command, flag: string): [string, Option] | undefined {
  return Object.entries(options).find(([name, { aliases }]) => name === flag || aliases?.includes(flag))
}

function testTexts(): Map<string, string> {
  const folder = join(checkout, 'test/integration')
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.test.ts'),
  )
  return new Map(names.sort().map((name) => [name, readFileSync(join(folder, name), 'utf8')]))
}

/**
 * The first test that gives this option to this command: a file that has both words, best the command's own. Words of a
 * command line stand in quotes, or between blanks.
 */
function testOf(
  command: string,
  [name, { short, aliases = [] }]: [string, Option],
  tests: ReadonlyMap<string, string>,
): string | undefined {
  const forms = [
    ...(short === undefined ? [] : [`-${short}`]),
    ...[name, ...aliases].map((long) => `--${long}`),
  ]
  const option = new RegExp(`['"\`\\s](?:${forms.join('|')})(?:['"\`\\s=,\\]]|$)`, 'm')
  const words = command.split(' ')
  // `create` has run's options, and is tested through it.
  const verbs = words.at(-1) === 'create' && words.length === 1 ? ['create', 'run'] : [words.at(-1) as string]
  const verb = new RegExp(`['"\`\\s](?:${verbs.join('|')})['"\`\\s]`)
  const candidates = [...tests].filter(([, text]) => option.test(text) && verb.test(text))
  const own = candidates.find(([file]) => file.startsWith(`${words.join('-')}.`))
  return (own ?? candidates[0])?.[0]
}

/** The whole page. */
export async function compatibilityPage(): Promise<string> {
  const rows = await compatibilityRows()
  const sections = Map.groupBy(rows, ({ command }) => command)
  const count = (status: Row['status']) => rows.filter((row) => row.status === status).length
  const head = `# Compatibility: the options of docker and podman

Made by \`scripts/compatibility\`; do not edit. Every option of docker's and podman's commands that people and scripts use:
${rows.length} in ${sections.size} commands, ${count('honoured')} honoured, ${count('accepted')} accepted because there
is nothing to change, ${count('refused')} refused with a sentence that says what to do instead. Spellings of a command (\`container run\`) have the options of the one listed. The last column of an honoured
option is a test in \`test/integration/\` that gives it to the packed executable.
`
  const body = [...sections].map(
    ([command, options]) => `
## ${command}

| option | docker | podman | | |
|---|---|---|---|---|
${options.map(line).join('\n')}
`,
  )
  return `${head}${body.join('')}`
}

function line({ flag, docker, podman, status, why, test }: Row): string {
  const yes = (has: boolean) => (has ? '×' : '')
  return `| \`--${flag}\` | ${yes(docker)} | ${yes(podman)} | ${status ?? 'missing'} | ${status === 'honoured' ? (test ?? '') : why} |`
}
