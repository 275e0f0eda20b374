/** An instruction before its meaning is known: name, flags, and the words after them. Pure. */
import type { Flag } from './flags.ts'
import { splitFlags } from './flags.ts'
import type { LogicalLine } from './source.ts'
import type { CommandLine, Escape } from './types.ts'
import { jsonWords, type Word } from './words.ts'

export interface Statement {
  readonly line: LogicalLine
  readonly escapeChar: Escape
  /** In capitals. */
  readonly keyword: string
  readonly flags: readonly Flag[]
  /** What follows the flags, without blanks at its ends. */
  readonly rest: string
  /** Where `rest` begins in the logical line. */
  readonly at: number
}

export function readStatement(line: LogicalLine, escapeChar: Escape): Statement {
  const keyword = /^\s*(\S+)/.exec(line.text)?.[0] ?? ''
  const { flags, end } = splitFlags(line.text, keyword.length, escapeChar)
  const rest = line.text.slice(end).trim()
  return { line, escapeChar, keyword: keyword.trim().toUpperCase(), flags, rest, at: end }
}

/** What every instruction remembers of how it was written. */
export function written({ line }: Statement) {
  return { location: line.location, text: line.text.trim() }
}

/** The words of a JSON list, or undefined if the rest is plain text. @throws DockerfileError for a list with numbers */
export function jsonList({ line, rest, at }: Statement): readonly string[] | undefined {
  const words = jsonWords(rest)
  if (words === 'mixed') {
    const expected = 'strings only, as in ["echo", "1"]'
    throw line.error('when using JSON array syntax, arrays must be comprised of strings only', at, expected)
  }
  return words
}

/** A JSON list is the words themselves, anything else is for the shell; nothing at all is an empty list. */
export function commandLine(statement: Statement): CommandLine {
  const words = statement.rest === '' ? [] : jsonList(statement)
  return words === undefined ? { form: 'shell', text: statement.rest } : { form: 'exec', words }
}

/** @throws DockerfileError if nothing follows the instruction's name */
export function atLeastOne(statement: Statement, expected: string): void {
  if (statement.rest !== '') return
  const { line, keyword } = statement
  throw line.error(`${keyword} requires at least one argument`, line.text.trimEnd().length, expected)
}

/** @throws DockerfileError if nothing follows the instruction's name */
export function exactlyOne(statement: Statement, expected: string): string {
  if (statement.rest !== '') return statement.rest
  const { line, keyword } = statement
  throw line.error(`${keyword} requires exactly one argument`, line.text.trimEnd().length, expected)
}

/** `name=value` cut at the first equals sign. @throws DockerfileError for an empty name */
export function nameAndValue(
  { line, keyword }: Statement,
  word: Word,
): { key: string; value: string | undefined } {
  const equals = word.text.indexOf('=')
  const key = equals === -1 ? word.text : word.text.slice(0, equals)
  if (key === '') throw line.error(`${keyword} names can not be blank`, word.at, 'NAME=VALUE')
  return { key, value: equals === -1 ? undefined : word.text.slice(equals + 1) }
}
