/**
 * The words of a Go text/template: text, and inside `{{ }}` fields, variables, names, literals and signs. Pure.
 * Follows the lexical rules documented for Go's text/template, trimming and comments included.
 */

export type TokenKind =
  | 'text'
  | 'left' // {{
  | 'right' // }}
  | 'space'
  | 'field' // .Name
  | 'variable' // $ or $name
  | 'name' // functions and keywords
  | 'string'
  | 'number'
  | 'character' // 'x'
  | 'sign' // | = := , ( ) .
  | 'other' // a character with no meaning here, for the parser to complain about
  | 'end'

export interface Token {
  readonly kind: TokenKind
  /** As written. */
  readonly text: string
  /** Index of the first character in the template. */
  readonly position: number
}

/** What is wrong with a template's text; the message is complete, as Go prints it. */
export class TemplateSyntaxError extends Error {
  constructor(line: number, what: string) {
    super(`template: :${line}: ${what}`)
  }
}

/** Inside an action, tried in this order at the current position. */
const RULES: readonly (readonly [TokenKind, RegExp])[] = [
  ['space', /[ \t\r\n]+/y],
  ['field', /\.[\p{L}_][\p{L}\p{Nd}_]*/uy],
  [
    'number',
    /[+-]?(?:0[xX][\da-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)/y,
  ],
  ['variable', /\$[\p{L}\p{Nd}_]*/uy],
  ['name', /[\p{L}_][\p{L}\p{Nd}_]*/uy],
  ['string', /"(?:[^"\\\n]|\\.)*"|`[^`]*`/y],
  ['character', /'(?:[^'\\\n]|\\.[^']*)'/y],
  ['sign', /:=|[|=,().]/y],
]

/** Cuts a template into tokens; the last one is always 'end'. @throws TemplateSyntaxError */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  let trimNext = false
  const push = (kind: TokenKind, position: number, text: string) => tokens.push({ kind, position, text })

  while (at < source.length) {
    const open = source.indexOf('{{', at)
    const end = open < 0 ? source.length : open
    const trimsBefore = open >= 0 && /^-[ \t\r\n]/.test(source.slice(open + 2, open + 4))
    let text = source.slice(at, end)
    if (trimNext) text = text.trimStart()
    if (trimsBefore) text = text.trimEnd()
    if (text !== '') push('text', at, text)
    trimNext = false
    if (open < 0) break
    at = open + 2 + (trimsBefore ? 2 : 0)
    if (source.startsWith('/*', at)) {
      const close = /\*\/(?:[ \t\r\n]-)?\}\}/y
      const stop = source.indexOf('*/', at + 2)
      if (stop < 0) throw new TemplateSyntaxError(lineOf(source, open), 'unclosed comment')
      close.lastIndex = stop
      const match = close.exec(source)
      if (match === null)
        throw new TemplateSyntaxError(lineOf(source, open), 'comment ends before closing delimiter')
      trimNext = match[0].length > 4
      at = close.lastIndex
      continue
    }
    push('left', open, '{{')
    const closed = action(source, at, open, push)
    trimNext = closed.trims
    at = closed.at
  }
  push('end', source.length, '')
  return tokens
}

/** Cuts the inside of one action, up to and over its `}}`. */
function action(
  source: string,
  start: number,
  open: number,
  push: (kind: TokenKind, position: number, text: string) => void,
): { readonly at: number; readonly trims: boolean } {
  let at = start
  while (at < source.length) {
    const trims = /^[ \t\r\n]+-\}\}/.exec(source.slice(at, at + 64))
    if (trims !== null || source.startsWith('}}', at)) {
      push('right', at, '}}')
      return { at: at + (trims?.[0].length ?? 2), trims: trims !== null }
    }
    const token = match(source, at) ?? oddCharacter(source, at)
    push(token.kind, at, token.text)
    at += token.text.length
  }
  throw new TemplateSyntaxError(lineOf(source, open), 'unclosed action')
}

function match(source: string, at: number): { kind: TokenKind; text: string } | undefined {
  for (const [kind, rule] of RULES) {
    rule.lastIndex = at
    const text = rule.exec(source)?.[0]
    if (text !== undefined) return { kind, text }
  }
  return undefined
}

const UNTERMINATED: Readonly<Record<string, string>> = {
  '"': 'unterminated quoted string',
  '`': 'unterminated raw quoted string',
  "'": 'unterminated character constant',
}

/** A character that starts no token: alone it is the parser's to refuse, glued to a name the lexer's. */
function oddCharacter(source: string, at: number): Token {
  const text = String.fromCodePoint(source.codePointAt(at) ?? 0)
  const code = (text.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
  const fail = (what: string) => new TemplateSyntaxError(lineOf(source, at), what)
  const unterminated = UNTERMINATED[text]
  if (unterminated !== undefined) throw fail(unterminated)
  if (/[\p{L}\p{Nd}_]/u.test(source[at - 1] ?? '')) throw fail(`bad character U+${code} '${text}'`)
  if (!/[!-~]/.test(text)) throw fail(`unrecognized character in action: U+${code} '${text}'`)
  return { kind: 'other', text, position: at }
}

export function lineOf(source: string, position: number): number {
  return source.slice(0, position).split('\n').length
}
