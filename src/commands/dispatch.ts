/** From the words that were typed to an exit code: which command, its input, its one call, its errors. */
import { basename } from 'node:path'
import type { Context, Dialect } from '../cli/context.ts'
import { findCommand } from '../cli/find.ts'
import { type CommandLine, checkDataFolder, readGlobals } from '../cli/globals.ts'
import { processOutput } from '../cli/output.ts'
import { parseCommand } from '../cli/parse.ts'
import { exitCodeOf, reportError } from '../cli/report.ts'
import { build } from '../platform/host/build.ts'
import { commands, groups, loadCommand } from './index.ts'

/**
 * Runs one command line.
 * @param program the name we were called by: `docker` and `podman` choose their dialect
 */
export async function dispatch(
  words: readonly string[],
  program: string,
  environment: Context['environment'],
): Promise<number> {
  const dialect = dialectOf(program)
  let line: CommandLine
  try {
    line = readGlobals(words, environment, dialect)
  } catch (error) {
    reportError(error, { out: processOutput(), debug: !!environment['SAMPAN_DEBUG'] }, dialect)
    return exitCodeOf(error, 1, dialect)
  }
  const { context } = line
  warnOfSudo(context)
  warnOfRemote(context)
  const asked: Asked = { title: dialect, failure: 1 }
  const fail = (error: unknown) => {
    reportError(error, context, asked.title)
    return exitCodeOf(error, asked.failure, dialect, asked.title)
  }
  // What is thrown in a callback that nobody awaits would else be a stack on the person's screen.
  for (const event of ['uncaughtException', 'unhandledRejection']) {
    process.once(event, (error) => process.exit(fail(error)))
  }
  return await run(line, asked).catch(fail)
}

/** What is known of the command when something goes wrong. */
interface Asked {
  title: string
  failure: number
}

/** Finds the command, reads its words, and makes its one call. */
async function run({ words, context, help, version }: CommandLine, asked: Asked): Promise<number> {
  if (version) {
    context.out.write(`${build.title}\n`)
    return 0
  }
  if (words.length === 0 || help) return await printHelp(words, context)
  const found = findCommand(context.dialect, words, Object.keys(commands), Object.keys(groups))
  if (found.kind === 'group') return await printHelp(found.name.split(' '), context)
  asked.title = `${context.dialect} ${found.name}`
  const command = await loadCommand(found.name)
  asked.failure = command.failure ?? 1
  const input = parseCommand(command, asked.title, found.rest)
  if (input === undefined) return await printHelp(found.name.split(' '), context)
  checkDataFolder(context)
  return await command.run(input, context)
}

function dialectOf(program: string): Dialect {
  const name = basename(program)
  return name === 'docker' || name === 'podman' ? name : 'sampan'
}

async function printHelp(words: readonly string[], context: Context): Promise<number> {
  const { helpOn } = await import('./help.ts')
  context.out.write(await helpOn(words, context))
  return 0
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

/** Somebody who set this to reach another machine would be surprised to find the container here. */
function warnOfRemote({ out, environment }: Context): void {
  for (const name of ['DOCKER_HOST', 'CONTAINER_HOST']) {
    const address = environment[name]
    if (address === undefined || !/^(ssh|tcp|https?):/.test(address)) continue
    out.note(`WARNING: ${name}=${address} is ignored: sampan has no daemon and works on this machine only`)
  }
}
