/**
 * Reads a command line against a declaration, by the rules of pflag, the library under Docker's and podman's command
 * lines: `-itd`, `-p8080:80`, `-eA=b`, `--flag=false`, `--` and options that end at the first operand. Pure.
 * Yargs lays out help from the same declarations; it cannot express these rules, and loading it takes longer than `ps`.
 */

import { nearest } from '../containers/values/nearest.ts'
import { SampanError, usage } from '../errors.ts'
import { type Command, defaultValues, type Input, type Option, type Options } from './command.ts'
import { readBoolean, readInteger } from './scalars.ts'

export interface Parsed {
  /** Every option by its long name, defaults filled in. */
  readonly options: Record<string, Value>
  readonly operands: readonly string[]
  /** `--help` was among the words. */
  readonly help: boolean
}

type Value = boolean | string | number | readonly string[] | undefined

/**
 * Reads words into options and operands.
 * @param stopAtFirstOperand everything from the first operand on is operands, whatever it looks like
 * @throws usage error (exit code 125) in Docker's words: `unknown flag: --x`, `invalid argument "x" for "-n, --last" flag: …`
 */
export function parseWords(options: Options, words: readonly string[], stopAtFirstOperand: boolean): Parsed {
  const values: Record<string, Value> = { ...defaultValues(options) }
  const operands: string[] = []
  let help = false
  let next = 0

  /** Takes the value of an option that needs one: attached, or the next word whatever it looks like. */
  const textFor = (attached: string | undefined, missing: string): string => {
    if (attached !== undefined) return attached
    const word = words[next]
    if (word === undefined) throw usage(`flag needs an argument: ${missing}`)
    next += 1
    return word
  }

  const set = (name: string, option: Option, text: string) => {
    values[name] = convert(name, option, text, values[name])
  }

  const long = (word: string) => {
    const equals = word.indexOf('=')
    const typed = equals < 0 ? word.slice(2) : word.slice(2, equals)
    const attached = equals < 0 ? undefined : word.slice(equals + 1)
    if (typed === '' || typed.startsWith('-')) throw usage(`bad flag syntax: ${word}`)
    const name = findLong(options, typed)
    if (name === undefined && typed === 'help') help = attached === undefined || readBoolean(attached)
    else if (name === undefined) throw unknownFlag(options, typed)
    else {
      const option = options[name] as Option
      set(name, option, isSwitch(option) ? (attached ?? bareValue(option)) : textFor(attached, `--${typed}`))
    }
  }

  const shorts = (word: string) => {
    for (let letters = word.slice(1); letters !== ''; ) {
      const letter = letters[0] as string
      const rest = letters.slice(1)
      const name = Object.keys(options).find((key) => options[key]?.short === letter)
      const option = name === undefined ? undefined : options[name]
      if (name === undefined || option === undefined) {
        if (letter !== 'h') throw usage(`unknown shorthand flag: '${letter}' in -${letters}`)
        help = true
        letters = rest
      } else if (rest.startsWith('=')) {
        set(name, option, rest.slice(1))
        letters = ''
      } else if (isSwitch(option)) {
        set(name, option, bareValue(option))
        letters = rest
      } else {
        set(name, option, textFor(rest === '' ? undefined : rest, `'${letter}' in -${letters}`))
        letters = ''
      }
    }
  }

  while (next < words.length) {
    const word = words[next] as string
    next += 1
    if (word === '--') {
      operands.push(...words.slice(next))
      break
    }
    if (word.startsWith('--')) long(word)
    else if (word.startsWith('-') && word !== '-') shorts(word)
    else if (stopAtFirstOperand) {
      operands.push(...words.slice(next - 1))
      break
    } else operands.push(word)
  }
  return { options: values, operands, help }
}

/**
 * Reads the words after a command's name.
 * @returns undefined when help was asked for
 * @throws usage error; a wrong number of operands has exit code 1, as Docker's
 */
export function parseCommand(command: Command, title: string, words: readonly string[]): Input | undefined {
  const { options, operands, help } = parseWords(command.options, words, command.stopAtFirstOperand === true)
  if (help) return undefined
  checkArity(command, title, operands.length)
  return { options, operands }
}

function checkArity(command: Command, title: string, count: number): void {
  const [fewest, most] = command.arity
  if (count >= fewest && count <= most) return
  throw new SampanError(`'${title}' ${requirement(fewest, most)}`, {
    exitCode: 1,
    kind: 'usage',
    hint: `${`Usage:  ${title} [OPTIONS] ${command.operands}`.trimEnd()}\nSee '${title} --help'.`,
  })
}

function requirement(fewest: number, most: number): string {
  const plural = (count: number) => `${count} argument${count === 1 ? '' : 's'}`
  if (most === 0) return 'accepts no arguments'
  if (fewest === most) return `requires ${plural(fewest)}`
  if (most === Number.POSITIVE_INFINITY) return `requires at least ${plural(fewest)}`
  if (fewest === 0) return `requires at most ${plural(most)}`
  return `requires at least ${fewest} and at most ${plural(most)}`
}

function isSwitch(option: Option): boolean {
  return option.type === 'boolean' || option.type === 'tristate' || bareValue(option) !== 'true'
}

/** What an option means that is given without a value. */
function bareValue(option: Option): string {
  return option.type === 'string' ? (option.bare ?? 'true') : 'true'
}

function findLong(options: Options, typed: string): string | undefined {
  if (Object.hasOwn(options, typed)) return typed
  return Object.keys(options).find((name) => options[name]?.aliases?.includes(typed))
}

function convert(name: string, option: Option, text: string, before: Value): Value {
  const label = option.short === undefined ? `--${name}` : `-${option.short}, --${name}`
  try {
    switch (option.type) {
      case 'boolean':
      case 'tristate':
        return readBoolean(text)
      case 'integer':
        return readInteger(text)
      case 'list':
        return [...(before as readonly string[]), text]
      case 'string':
        return text
    }
  } catch (error) {
    throw usage(`invalid argument ${JSON.stringify(text)} for "${label}" flag: ${(error as Error).message}`)
  }
}

function unknownFlag(options: Options, typed: string): SampanError {
  const visible = Object.keys(options).filter((name) => !options[name]?.hidden)
  const near = nearest(typed, visible)
  return usage(`unknown flag: --${typed}`, near === undefined ? undefined : `Did you mean --${near}?`)
}
