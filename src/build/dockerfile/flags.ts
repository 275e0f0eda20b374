/** The `--flags` between an instruction's name and its words. Pure. */
import type { LogicalLine } from './source.ts'
import type { Escape } from './types.ts'
import { endOfWord, isBlank } from './words.ts'

/** A flag as written: `--name` or `--name=value`, quotes and escapes taken off. */
export interface Flag {
  readonly name: string
  readonly value: string | undefined
  readonly at: number
}

type FlagKind = 'text' | 'bool' | 'list'
type FlagKinds = Readonly<Record<string, FlagKind>>
type FlagValues<Kinds extends FlagKinds> = {
  readonly [Name in keyof Kinds]: Kinds[Name] extends 'list'
    ? readonly string[]
    : (Kinds[Name] extends 'bool' ? boolean : string) | undefined
}

/** The flags that begin at `from`, and where the words after them begin. A lone `--` ends the flags. */
export function splitFlags(text: string, from: number, escapeChar: Escape): { flags: Flag[]; end: number } {
  const flags: Flag[] = []
  let at = afterBlanks(text, from)
  while (text.startsWith('--', at)) {
    const end = endOfWord(text, at, escapeChar)
    const word = unquoted(text.slice(at + 2, end), escapeChar)
    const next = afterBlanks(text, end)
    if (word === '') return { flags, end: next }
    const equals = word.indexOf('=')
    flags.push({
      name: equals === -1 ? word : word.slice(0, equals),
      value: equals === -1 ? undefined : word.slice(equals + 1),
      at,
    })
    at = next
  }
  return { flags, end: at }
}

/**
 * The values of the flags an instruction may have.
 * @throws DockerfileError for one that is unknown, given twice, has no value or is not true or false
 */
export function readFlags<const Kinds extends FlagKinds>(
  line: LogicalLine,
  flags: readonly Flag[],
  kinds: Kinds,
): FlagValues<Kinds> {
  const values: Record<string, string | boolean | string[] | undefined> = {}
  for (const name of Object.keys(kinds)) values[name] = kinds[name] === 'list' ? [] : undefined
  for (const { name, value, at } of flags) {
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined
    if (kind === undefined) throw line.error(`unknown flag: --${name}`, at, allowed(Object.keys(kinds)))
    if (kind === 'bool') {
      if (values[name] !== undefined) throw line.error(`duplicate flag specified: --${name}`, at)
      values[name] = truth(line, name, value, at)
      continue
    }
    if (value === undefined) throw line.error(`missing a value on flag: --${name}`, at, `--${name}=VALUE`)
    const list = values[name]
    if (Array.isArray(list)) list.push(value)
    else if (list !== undefined) throw line.error(`duplicate flag specified: --${name}`, at)
    else values[name] = value
  }
  return values as FlagValues<Kinds>
}

function truth(line: LogicalLine, name: string, value: string | undefined, at: number): boolean {
  const word = value?.toLowerCase() ?? 'true'
  if (word === 'true' || word === 'false') return word === 'true'
  throw line.error(`expecting boolean value for flag --${name}, not: ${value}`, at, 'true or false')
}

function allowed(names: readonly string[]): string {
  if (names.length === 0) return 'no flags: this instruction has none'
  return `one of ${names.map((name) => `--${name}`).join(', ')}`
}

function afterBlanks(text: string, from: number): number {
  let at = from
  while (at < text.length && isBlank(text.charAt(at))) at += 1
  return at
}

/** Without quotes; an escape character makes the next one plain (outside single quotes). */
function unquoted(text: string, escapeChar: Escape): string {
  let result = ''
  let quote = ''
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at)
    if (char === escapeChar && quote !== "'" && at + 1 < text.length) {
      at += 1
      result += text.charAt(at)
    } else if (quote !== '' ? char === quote : char === '"' || char === "'") {
      quote = quote === '' ? char : ''
    } else {
      result += char
    }
  }
  return result
}
