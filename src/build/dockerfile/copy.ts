/** COPY and ADD: flags, sources, heredocs and destination. Pure. */
import { readFlags } from './flags.ts'
import { heredocMark } from './heredocs.ts'
import type { Statement } from './statement.ts'
import { jsonList, written } from './statement.ts'
import type { AddInstruction, CopyInstruction, Heredoc } from './types.ts'
import { plainWords } from './words.ts'

const common = { chown: 'text', chmod: 'text', link: 'bool', exclude: 'list' } as const

/** @throws DockerfileError */
export function parseCopy(statement: Statement): CopyInstruction {
  const given = readFlags(statement.line, statement.flags, { from: 'text', ...common, parents: 'bool' })
  if (given.from?.includes('$')) {
    const at = statement.flags.find((flag) => flag.name === 'from')?.at ?? 0
    const message = "'--from' doesn't support variable expansion, define alias stage instead"
    throw statement.line.error(
      message,
      at,
      `a stage of its own: FROM ${given.from} AS name, then --from=name`,
    )
  }
  return {
    ...written(statement),
    name: 'COPY',
    ...sourcesAndDestination(statement),
    ...present({ from: given.from, chown: given.chown, chmod: given.chmod }),
    link: given.link ?? false,
    parents: given.parents ?? false,
    exclude: given.exclude,
  }
}

/** @throws DockerfileError */
export function parseAdd(statement: Statement): AddInstruction {
  const kinds = { ...common, checksum: 'text', unpack: 'bool', 'keep-git-dir': 'bool' } as const
  const given = readFlags(statement.line, statement.flags, kinds)
  return {
    ...written(statement),
    name: 'ADD',
    ...sourcesAndDestination(statement),
    ...present({ chown: given.chown, chmod: given.chmod, checksum: given.checksum }),
    ...present({ unpack: given.unpack, keepGitDir: given['keep-git-dir'] }),
    link: given.link ?? false,
    exclude: given.exclude,
  }
}

function sourcesAndDestination(statement: Statement) {
  const { line, keyword, at } = statement
  const words = jsonList(statement) ?? joinedMarks(plainWords(line.text, at).map((word) => word.text))
  const destination = words.at(-1)
  if (destination === undefined || words.length < 2) {
    const message = `${keyword} requires at least two arguments, but only one was provided. Destination could not be determined`
    throw line.error(message, line.text.trimEnd().length, `${keyword} SOURCE… DESTINATION`)
  }
  if (heredocMark(destination) !== undefined) {
    const where = line.text.lastIndexOf(destination)
    throw line.error(`${keyword} cannot accept a heredoc as a destination`, where, 'the file to write it to')
  }
  const sources: string[] = []
  const heredocs: Heredoc[] = []
  for (const word of words.slice(0, -1)) {
    const mark = heredocMark(word)
    const heredoc = line.heredocs.find((candidate) => candidate.name === mark?.name)
    if (heredoc === undefined) sources.push(word)
    else heredocs.push(heredoc)
  }
  return { sources, heredocs, destination }
}

/** `<<` and the name after it as one word. */
function joinedMarks(words: readonly string[]): string[] {
  const joined: string[] = []
  let mark = ''
  for (const word of words) {
    if (mark === '' && /^\d*<<-?$/.test(word)) mark = word
    else {
      joined.push(mark + word)
      mark = ''
    }
  }
  return mark === '' ? joined : [...joined, mark]
}

function present<T extends Record<string, string | boolean | undefined>>(
  values: T,
): { [Key in keyof T]?: NonNullable<T[Key]> } {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as { [Key in keyof T]?: NonNullable<T[Key]> }
}
