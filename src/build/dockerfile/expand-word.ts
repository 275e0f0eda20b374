/**
 * Variables and quotes in the words of a Dockerfile, after the shell's rules as far as the Dockerfile reference takes
 * them over: `$v ${v} ${v:-w} ${v-w} ${v:+w} ${v+w} ${v:?w} ${v?w} ${v#p} ${v##p} ${v%p} ${v%%p} ${v/p/r} ${v//p/r}`,
 * single and double quotes, and the escape character. Pure.
 */
import { SampanError } from '../../errors.ts'
import { WordError } from './error.ts'
import { longestPrefix, longestSuffix, replaced, shortestPrefix, shortestSuffix } from './shell-pattern.ts'
import type { Escape } from './types.ts'
import { isBlank } from './words.ts'

/** The value of a variable, or undefined if there is none. */
export type Lookup = (name: string) => string | undefined

export interface Expansion {
  readonly escapeChar: Escape
  readonly lookup: Lookup
  /** Told of every variable that has no value and no word to stand in for it. */
  readonly onUndefined?: (name: string) => void
  /** True in heredocs: quotes are plain characters. */
  readonly plainQuotes?: boolean
}

/** @throws SampanError for a quote or brace that is not closed, a bad substitution, or what `${v:?message}` asks for */
export function expandWord(word: string, expansion: Expansion): string {
  return expand(word, expansion).text
}

/** The same, cut at every blank that is not quoted, those of the values included. */
export function expandWords(word: string, expansion: Expansion): readonly string[] {
  return expand(word, expansion).words
}

function expand(word: string, expansion: Expansion): Result {
  if (!/[$'"\\`\s]/.test(word)) return { text: word, words: word === '' ? [] : [word] }
  try {
    return new Expander(word, expansion).until('')
  } catch (error) {
    if (!(error instanceof SampanError)) throw error
    throw new WordError(word, `failed to process ${JSON.stringify(word)}: ${error.message}`, error)
  }
}

interface Result {
  readonly text: string
  readonly words: readonly string[]
}

class Expander {
  private at = 0
  private readonly source: string
  private readonly expansion: Expansion

  constructor(source: string, expansion: Expansion) {
    this.source = source
    this.expansion = expansion
  }

  /** Up to the character `stop` (which is taken) or, if that is empty, to the end. */
  until(stop: string, keepEscapes = false): Result {
    const { escapeChar, plainQuotes } = this.expansion
    const collected = new Collected()
    while (this.at < this.source.length) {
      const char = this.peek()
      if (char === stop) {
        this.at += 1
        return collected.result()
      }
      if (char === '$') collected.add(this.variable())
      else if (char === "'" && plainQuotes !== true) collected.addQuoted(this.singleQuoted())
      else if (char === '"' && plainQuotes !== true) collected.addQuoted(this.doubleQuoted())
      else if (char === escapeChar) collected.addQuoted(this.escaped(keepEscapes))
      else collected.add(this.take())
    }
    if (stop !== '') throw problem(`syntax error: missing '${stop}'`)
    return collected.result()
  }

  private peek(): string {
    return this.source.charAt(this.at)
  }

  private take(): string {
    this.at += 1
    return this.source.charAt(this.at - 1)
  }

  private escaped(keepEscape: boolean): string {
    const escapeChar = this.take()
    const char = this.take()
    // At the very end it escapes nothing and is dropped.
    if (char === '') return keepEscape ? escapeChar : ''
    return keepEscape ? escapeChar + char : char
  }

  private singleQuoted(): string {
    const end = this.source.indexOf("'", this.at + 1)
    if (end === -1) throw problem('unexpected end of statement while looking for matching single-quote')
    const text = this.source.slice(this.at + 1, end)
    this.at = end + 1
    return text
  }

  private doubleQuoted(): string {
    this.at += 1
    let text = ''
    while (this.at < this.source.length) {
      const char = this.peek()
      if (char === '"') {
        this.at += 1
        return text
      }
      if (char === '$') {
        text += this.variable()
        continue
      }
      this.at += 1
      // Inside double quotes only these can be escaped; before any other character the escape character is itself.
      const escapes = char === this.expansion.escapeChar && ['"', '$', char].includes(this.peek())
      text += escapes ? this.take() : char
    }
    throw problem('unexpected end of statement while looking for matching double-quote')
  }

  private variable(): string {
    this.at += 1
    if (this.peek() === '{') {
      this.at += 1
      return this.braced()
    }
    const name = this.name()
    return name === '' ? '$' : this.value(name)
  }

  /** Letters, digits and underscores; or digits alone; or one of the shell's special characters. */
  private name(): string {
    const name = /^(?:\d+|[\p{L}_][\p{L}\d_]*|[@*#?\-$!])/u.exec(this.source.slice(this.at))?.[0] ?? ''
    this.at += name.length
    return name
  }

  private value(name: string): string {
    const value = this.expansion.lookup(name)
    if (value === undefined) this.expansion.onUndefined?.(name)
    return value ?? ''
  }

  private braced(): string {
    if (this.at >= this.source.length) throw problem("syntax error: missing '}'", 'a brace after the name')
    const name = this.name()
    if (name === '') throw problem('syntax error: bad substitution', forms)
    const operator = this.take()
    if (operator === '}') return this.value(name)
    if (operator === '') throw problem("syntax error: missing '}'", 'a brace after the name')
    if (operator === '/') return this.replacement(name)
    if (operator === '#' || operator === '%') return this.trimmed(name, operator)
    const emptyIsUnset = operator === ':'
    const choice = emptyIsUnset ? this.take() : operator
    if (!['-', '+', '?'].includes(choice)) {
      const modifier = `${emptyIsUnset ? ':' : ''}${choice}`
      throw problem(`unsupported modifier (${modifier}) in substitution`, forms)
    }
    const word = this.closed('}', false)
    const value = this.expansion.lookup(name)
    const given = value !== undefined && !(emptyIsUnset && value === '')
    if (choice === '+') return given ? word : ''
    if (given) return value
    if (choice === '-') return word
    const missing = value === undefined ? 'is not allowed to be unset' : 'is not allowed to be empty'
    throw problem(`${name}: ${word === '' ? missing : word}`, `a value: --build-arg ${name}=VALUE`)
  }

  private trimmed(name: string, operator: '#' | '%'): string {
    const longest = this.peek() === operator
    if (longest) this.at += 1
    const pattern = this.closed('}', true)
    const value = this.value(name)
    if (operator === '#') return (longest ? longestPrefix : shortestPrefix)(value, pattern)
    return (longest ? longestSuffix : shortestSuffix)(value, pattern)
  }

  private replacement(name: string): string {
    const everywhere = this.peek() === '/'
    if (everywhere) this.at += 1
    const pattern = this.closed('/', true)
    const word = this.closed('}', false)
    return replaced(this.value(name), pattern, word, everywhere)
  }

  private closed(stop: '}' | '/', keepEscapes: boolean): string {
    const { text } = this.until(stop, keepEscapes)
    return text
  }
}

/** The text, and the words it falls into. */
class Collected {
  private text = ''
  private readonly words: string[] = []
  private word: string | undefined

  add(text: string): void {
    this.text += text
    for (const char of text) {
      if (!isBlank(char)) this.word = (this.word ?? '') + char
      else this.endWord()
    }
  }

  addQuoted(text: string): void {
    this.text += text
    this.word = (this.word ?? '') + text
  }

  result(): Result {
    this.endWord()
    return { text: this.text, words: this.words }
  }

  private endWord(): void {
    if (this.word !== undefined && this.word !== '') this.words.push(this.word)
    this.word = undefined
  }
}

const forms =
  'NAME, NAME:-WORD, NAME:+WORD, NAME:?WORD, NAME#PATTERN, NAME%PATTERN or NAME/PATTERN/WORD in the braces'

function problem(message: string, expected?: string): SampanError {
  return new SampanError(message, { kind: 'usage', ...(expected === undefined ? {} : { hint: expected }) })
}
