/** RUN: mounts, network, security, and a command that may bring heredocs. Pure. */
import { SampanError } from '../../errors.ts'
import { readFlags } from './flags.ts'
import { heredocMark } from './heredocs.ts'
import type { RunMount } from './mount-types.ts'
import { parseMounts } from './run-mounts.ts'
import type { Statement } from './statement.ts'
import { atLeastOne, commandLine, written } from './statement.ts'
import type { RunCommand, RunInstruction } from './types.ts'

/** @throws DockerfileError */
export function parseRun(statement: Statement): RunInstruction {
  const { line, flags } = statement
  atLeastOne(statement, 'a command')
  const given = readFlags(line, flags, { mount: 'list', network: 'text', security: 'text', device: 'list' })
  return {
    ...written(statement),
    name: 'RUN',
    command: runCommand(statement),
    mountFlags: given.mount,
    mounts: mountsOf(statement, given.mount),
    network: oneOf(statement, 'network', given.network, ['default', 'none', 'host'] as const),
    security: oneOf(statement, 'security', given.security, ['sandbox', 'insecure'] as const),
    devices: given.device,
    heredocs: line.heredocs,
  }
}

function mountsOf({ line, flags }: Statement, given: readonly string[]): RunMount[] {
  try {
    return parseMounts(given)
  } catch (error) {
    if (!(error instanceof SampanError)) throw error
    // The flag that is wrong on its own; else the first, for the ones that only clash.
    const at = flags.find(({ name, value }) => name === 'mount' && !isMount(value ?? ''))?.at ?? 0
    throw line.error(error.message, at, error.hint)
  }
}

function isMount(flag: string): boolean {
  try {
    parseMounts([flag])
    return true
  } catch {
    return false
  }
}

function runCommand(statement: Statement): RunCommand {
  const { line, rest } = statement
  const command = commandLine(statement)
  const [heredoc] = line.heredocs
  if (command.form === 'exec' || heredoc === undefined) return command
  if (heredocMark(rest) === undefined) {
    // The shell reads them, `<<-` and all, so they go to it as they were written.
    const text = line.heredocs.reduce((all, { name, content }) => `${all}\n${content}${name}`, rest)
    return { form: 'shell', text }
  }
  return heredoc.content.startsWith('#!')
    ? { form: 'script', heredoc }
    : { form: 'shell', text: heredoc.content }
}

function oneOf<const Word extends string>(
  { line, flags }: Statement,
  name: string,
  value: string | undefined,
  words: readonly [Word, ...Word[]],
): Word {
  if (value === undefined) return words[0]
  const found = words.find((word) => word === value)
  if (found !== undefined) return found
  const at = flags.find((flag) => flag.name === name)?.at ?? 0
  throw line.error(`invalid ${name} mode: ${JSON.stringify(value)}`, at, words.join(', '))
}
