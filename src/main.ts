/**
 * From the words that were typed to an exit code. Only what every command needs is imported here: each command, help
 * and the rest are evaluated when they are asked for, which is most of why `ps` takes about 10 ms.
 */
import { basename } from 'node:path'
import type { Context, Dialect } from './cli/context.ts'
import { findCommand } from './cli/find.ts'
import { type CommandLine, readGlobals } from './cli/globals.ts'
import { processOutput } from './cli/output.ts'
import { parseCommand } from './cli/parse.ts'
import { exitCodeOf, reportError } from './cli/report.ts'
import { commands, groups, loadCommand } from './commands/index.ts'
import { build } from './platform/host/build.ts'

const program = basename(process.argv0)
const dialect: Dialect = program === 'docker' || program === 'podman' ? program : 'sampan'
/** How help and errors call us: by the name that was typed where that is one we answer to. */
const name = dialect

main(process.argv.slice(2)).then(
  // Not `process.exitCode`: a timer or a socket nobody waits for any more must not keep the process.
  (code) => process.exit(code),
)

async function main(words: readonly string[]): Promise<number> {
  // Inside the user namespace, started by ourselves: no options, no context.
  if (words[0] === '__job') return await job(words.slice(1))
  if (words.length === 1 && (words[0] === '--version' || words[0] === '-v')) return printVersion()
  let line: CommandLine
  try {
    line = readGlobals(words, process.env, dialect)
  } catch (error) {
    reportError(error, { out: processOutput(), debug: !!process.env['SAMPAN_DEBUG'] }, name)
    return exitCodeOf(error, 1, dialect)
  }
  if (line.version) return printVersion()
  warnOfSudo(line.context)
  return line.words.length === 0 || line.help ? await printHelp(line.words, line.context) : await run(line)
}

/** Finds the command, reads its words, makes its one call, and turns what it throws into words and a code. */
async function run({ words, context }: CommandLine): Promise<number> {
  let title = name as string
  let failure = 1
  try {
    const found = findCommand(name, words, Object.keys(commands), Object.keys(groups))
    if (found.kind === 'group') return await printHelp([found.name], context)
    title = `${name} ${found.name}`
    const command = await loadCommand(found.name)
    failure = command.failure ?? 1
    const input = parseCommand(command, title, found.rest)
    return input === undefined
      ? await printHelp(found.name.split(' '), context)
      : await command.run(input, context)
  } catch (error) {
    reportError(error, context, title)
    return exitCodeOf(error, failure, dialect)
  }
}

async function printHelp(words: readonly string[], context: Context): Promise<number> {
  const { helpOn } = await import('./commands/help.ts')
  context.out.write(await helpOn(words, context))
  return 0
}

function printVersion(): number {
  processOutput().write(`sampan version ${build.version}, build ${build.commit}\n`)
  return 0
}

async function job(words: readonly string[]): Promise<number> {
  const { runJob } = await import('./jobs/index.ts')
  return await runJob(words[0] ?? '', words.slice(1))
}

/** Root's images and containers are not those of the person who typed sudo: the usual reason for "No such image". */
function warnOfSudo({ out, environment }: Context): void {
  const person = environment['SUDO_USER']
  if (person !== undefined && person !== 'root' && process.getuid?.() === 0) {
    out.note(
      `WARNING: under sudo you see root's containers and images, not ${person}'s. sampan needs no sudo.`,
    )
  }
}
