/**
 * What may stand at the cursor of a command line that is being typed. Pure but for the sources it is given: the shells'
 * scripts only pass the words on and show the answer, so that three shells agree and never lag behind the options.
 */
import type { Command, Completion, Option, Options } from './command.ts'
import { mostWords } from './find.ts'

export interface Candidate {
  readonly word: string
  readonly description: string
}

/** `files` and `directories` are the shell's own to find. */
export interface Candidates {
  readonly words: readonly Candidate[]
  readonly paths: 'files' | 'directories' | 'none'
}

/** What the engine asks about commands and about the objects there are. */
export interface Sources {
  readonly globals: Options
  /** Members of a group, or with '' the first words. */
  members(group: string): Promise<readonly Candidate[]>
  /** The command that these words spell, undefined for a group or nothing. */
  command(words: readonly string[]): Promise<Command | undefined>
  isGroup(words: string): boolean
  /** Names of containers, images, volumes … */
  objects(kind: Completion & string): readonly string[]
}

const NOTHING: Candidates = { words: [], paths: 'none' }
const FILES: Candidates = { words: [], paths: 'files' }

/**
 * Candidates for the last of `words`, which may be empty.
 * @param words what stands after the program's name, up to the cursor
 */
export async function complete(words: readonly string[], sources: Sources): Promise<Candidates> {
  const current = words.at(-1) ?? ''
  const before = words.slice(0, -1)
  const global = walk(sources.globals, before, true)
  if (global.pending !== undefined) return values(global.pending, current, '', sources)
  const { operands } = global
  if (operands.length === 0) {
    if (current.startsWith('-')) return flags(sources.globals, current, sources)
    return { words: startingWith(current, await sources.members('')), paths: 'none' }
  }
  for (let count = Math.min(operands.length, mostWords); count > 0; count--) {
    const name = operands.slice(0, count)
    const command = await sources.command(name)
    if (command !== undefined) return inside(command, operands.slice(count), current, sources)
    if (count === operands.length && sources.isGroup(name.join(' ')))
      return { words: startingWith(current, await sources.members(name.join(' '))), paths: 'none' }
  }
  return NOTHING
}

function inside(command: Command, before: readonly string[], current: string, sources: Sources): Candidates {
  const { options } = command
  const walked = walk(options, before, command.stopAtFirstOperand === true)
  if (walked.pending !== undefined) return values(walked.pending, current, '', sources)
  const count = walked.operands.length
  // What follows the image of `run` or the container of `exec` is a command line of its own.
  if (command.stopAtFirstOperand && count > 0) return FILES
  if (!walked.ended && current.startsWith('-')) return flags(options, current, sources)
  if (count >= command.arity[1]) return NOTHING
  const answer = ofKind(command.complete ?? 'none', current, '', sources)
  // An operand that is there already is not offered again: `rm a b …`.
  return { ...answer, words: answer.words.filter(({ word }) => !walked.operands.includes(word)) }
}

interface Walked {
  readonly operands: readonly string[]
  /** The option whose value comes next. */
  readonly pending: Option | undefined
  /** After `--`. */
  readonly ended: boolean
}

/** Reads words the way the parser does, but forgives what is unknown: the line is still being typed. */
function walk(options: Options, words: readonly string[], stopAtFirstOperand: boolean): Walked {
  const operands: string[] = []
  let pending: Option | undefined
  for (const [index, word] of words.entries()) {
    if (pending !== undefined) pending = undefined
    else if (word === '--')
      return { operands: [...operands, ...words.slice(index + 1)], pending, ended: true }
    else if (word.startsWith('-') && word !== '-') pending = wantsValue(options, word)
    else if (stopAtFirstOperand) return { operands: words.slice(index), pending, ended: false }
    else operands.push(word)
  }
  return { operands, pending, ended: false }
}

function wantsValue(options: Options, word: string): Option | undefined {
  if (word.includes('=')) return undefined
  if (word.startsWith('--')) return valued(find(options, word.slice(2)))
  // In `-it` the last letter decides; in `-p80:80` the first one already has its value.
  for (const [index, letter] of [...word.slice(1)].entries()) {
    const option = valued(Object.values(options).find(({ short }) => short === letter))
    if (option !== undefined) return index === word.length - 2 ? option : undefined
  }
  return undefined
}

function valued(option: Option | undefined): Option | undefined {
  return option?.type === 'boolean' || option?.type === 'tristate' ? undefined : option
}

function find(options: Options, name: string): Option | undefined {
  return options[name] ?? Object.values(options).find(({ aliases }) => aliases?.includes(name))
}

function flags(options: Options, current: string, sources: Sources): Candidates {
  const equals = current.indexOf('=')
  if (equals > 0) {
    const option = find(options, current.slice(2, equals))
    const prefix = current.slice(0, equals + 1)
    return option === undefined ? NOTHING : values(option, current.slice(equals + 1), prefix, sources)
  }
  const all = Object.entries(options)
    .filter(([, option]) => !option.hidden)
    .flatMap(([name, { short, describe }]) => [
      { word: `--${name}`, description: describe },
      ...(short === undefined ? [] : [{ word: `-${short}`, description: describe }]),
    ])
  return {
    words: startingWith(current, [...all, { word: '--help', description: 'Print help' }]),
    paths: 'none',
  }
}

function values(option: Option, current: string, prefix: string, sources: Sources): Candidates {
  const kind = option.type === 'boolean' || option.type === 'tristate' ? ['true', 'false'] : option.complete
  return ofKind(kind ?? 'none', current, prefix, sources)
}

function ofKind(kind: Completion, current: string, prefix: string, sources: Sources): Candidates {
  if (kind === 'none') return NOTHING
  if (kind === 'files' || kind === 'directories') return { words: [], paths: kind }
  const words = typeof kind === 'string' ? sources.objects(kind) : kind
  const candidates = words.map((word) => ({ word: prefix + word, description: '' }))
  return { words: startingWith(prefix + current, candidates), paths: 'none' }
}

function startingWith(start: string, candidates: readonly Candidate[]): readonly Candidate[] {
  return candidates.filter(({ word }) => word.startsWith(start)).sort((a, b) => (a.word < b.word ? -1 : 1))
}
