/** From tokens to the tree of a template. Pure; errors are those of Go's text/template/parse. */

import { lineOf, TemplateSyntaxError, type Token, tokenize } from './lexer.ts'
import { unquote } from './literals.ts'
import type { Branch, Node, Operand, Pipe, Stage, Template } from './nodes.ts'

const END_WORDS = ['end', 'else'] as const
const KEYWORDS = new Set([
  'block',
  'break',
  'continue',
  'define',
  'else',
  'end',
  'if',
  'range',
  'template',
  'with',
])

/**
 * Parses a template.
 * @param functions names that may be called
 * @throws TemplateSyntaxError `template: :1: function "x" not defined`
 */
export function parseTemplate(source: string, functions: ReadonlySet<string>): Template {
  return new Parser(source, functions).template()
}

class Parser {
  readonly #source: string
  readonly #tokens: readonly Token[]
  readonly #functions: ReadonlySet<string>
  readonly #named = new Map<string, readonly Node[]>()
  /** Variables in sight, the innermost last. */
  readonly #variables: string[] = ['$']
  #at = 0
  #loops = 0

  constructor(source: string, functions: ReadonlySet<string>) {
    this.#source = source
    this.#tokens = tokenize(source)
    this.#functions = functions
  }

  template(): Template {
    const { nodes, ended } = this.#list()
    if (ended !== 'end of text') throw this.#fail(`unexpected {{${ended}}}`)
    return { source: this.#source, body: nodes, named: this.#named }
  }

  /** Nodes up to `{{end}}`, `{{else` (its pipeline, if any, is left to read) or the end of the text. */
  #list(): { nodes: Node[]; ended: 'end' | 'else' | 'end of text' } {
    const nodes: Node[] = []
    for (;;) {
      const token = this.#next()
      if (token.kind === 'end') return { nodes, ended: 'end of text' }
      if (token.kind === 'text') {
        nodes.push({ kind: 'text', text: token.text })
        continue
      }
      // Only `{{` can follow.
      const word = this.#peekWord()
      const ending = END_WORDS.find((ending) => ending === word.text && word.kind === 'name')
      if (ending !== undefined) {
        this.#word()
        if (ending === 'end') this.#right('end')
        return { nodes, ended: ending }
      }
      const node = this.#action(word)
      if (node !== undefined) nodes.push(node)
    }
  }

  #action(word: Token): Node | undefined {
    if (word.kind === 'name') {
      switch (word.text) {
        case 'if':
        case 'with':
        case 'range':
          this.#word()
          return { kind: word.text, ...this.#branch(word.text) }
        case 'define':
          this.#word()
          return this.#define()
        case 'block':
        case 'template':
          this.#word()
          return this.#invoke(word)
        case 'break':
        case 'continue':
          this.#word()
          if (this.#loops === 0) throw this.#fail(`{{${word.text}}} outside {{range}}`)
          this.#right(word.text)
          return { kind: word.text }
      }
    }
    return { kind: 'action', pipe: this.#pipe('command', 'right') }
  }

  /** After `if`, `with` or `range`: pipeline, list, perhaps `else` or `else if …`, and the one `{{end}}` of it all. */
  #branch(word: 'if' | 'with' | 'range'): Branch {
    const inSight = this.#variables.length
    const pipe = this.#pipe(word, 'right')
    if (word === 'range') this.#loops += 1
    const { nodes, ended } = this.#list()
    if (word === 'range') this.#loops -= 1
    let otherwise: readonly Node[] = []
    if (ended === 'else') otherwise = this.#otherwise(word)
    else if (ended !== 'end') throw this.#fail('unexpected EOF')
    this.#variables.length = inSight
    return { pipe, body: nodes, otherwise }
  }

  #otherwise(word: 'if' | 'with' | 'range'): readonly Node[] {
    const next = this.#peekWord()
    if (next.kind === 'name' && next.text === word && word !== 'range') {
      this.#word()
      return [{ kind: word, ...this.#branch(word) }]
    }
    this.#right('else')
    const { nodes, ended } = this.#list()
    if (ended === 'else') throw this.#fail('expected end; found {{else}}')
    if (ended !== 'end') throw this.#fail('unexpected EOF')
    return nodes
  }

  #define(): undefined {
    const name = this.#templateName('define clause')
    this.#right('define clause')
    this.#body(name)
  }

  #body(name: string): void {
    const outer = this.#variables.splice(1)
    const { nodes, ended } = this.#list()
    if (ended !== 'end') throw this.#fail('unexpected EOF')
    this.#variables.splice(1, Number.POSITIVE_INFINITY, ...outer)
    this.#named.set(name, nodes)
  }

  /** `{{template "name" pipeline}}`, and `{{block "name" pipeline}}…{{end}}` which defines it too. */
  #invoke(word: Token): Node {
    const at = this.#peekWord().position
    const name = this.#templateName(`${word.text} clause`)
    const bare = this.#peekWord().kind === 'right' && word.text === 'template'
    const pipe = bare ? undefined : this.#pipe(`${word.text} clause`, 'right')
    if (bare) this.#right(word.text)
    if (word.text === 'block') this.#body(name)
    const shown = `{{template ${JSON.stringify(name)}${pipe === undefined ? '' : ` ${pipe.text}`}}}`
    return { kind: 'template', name, pipe, position: at, text: shown }
  }

  #templateName(where: string): string {
    const token = this.#word()
    if (token.kind !== 'string') throw this.#unexpected(token, where)
    return this.#unquote(token)
  }

  /** `$x := a | b`, up to and over the `}}` or `)` that ends it. */
  #pipe(where: string, close: 'right' | ')'): Pipe {
    const first = this.#peekWord()
    const declared = this.#declarations(where)
    const stages: Stage[] = []
    for (;;) {
      const token = this.#peekWord()
      const closes = close === 'right' ? token.kind === 'right' : token.text === ')' && token.kind === 'sign'
      if (closes) {
        if (stages.length === 0) throw this.#fail(`missing value for ${where}`)
        this.#word()
        const text = this.#source.slice(first.position, token.position).trimEnd()
        checkStages(stages, (what) => this.#fail(what))
        this.#variables.push(...(declared.assigns ? [] : declared.variables))
        return { ...declared, stages, position: first.position, text }
      }
      if (token.kind === 'end') throw this.#fail('unclosed action')
      if (close === ')' && token.kind === 'right') throw this.#fail('unclosed left paren')
      const opens = token.kind !== 'sign' || token.text === '.' || token.text === '('
      if (!opens || token.kind === 'other') throw this.#unexpected(token, where)
      stages.push(this.#stage(where))
    }
  }

  #declarations(where: string): { variables: string[]; assigns: boolean } {
    const start = this.#at
    const variables: string[] = []
    for (;;) {
      const variable = this.#word()
      if (variable.kind !== 'variable') break
      const sign = this.#word()
      variables.push(variable.text)
      if (sign.kind === 'sign' && (sign.text === ':=' || sign.text === '=')) {
        if (sign.text === '=') for (const name of variables) this.#seen(name)
        return { variables, assigns: sign.text === '=' }
      }
      if (sign.text !== ',' || where !== 'range' || variables.length > 1) break
    }
    this.#at = start
    return { variables: [], assigns: false }
  }

  #stage(where: string): Stage {
    const operands: Operand[] = []
    const position = this.#peekWord().position
    for (;;) {
      const token = this.#peekWord()
      if (token.kind === 'right' || (token.kind === 'sign' && token.text === ')')) break
      if (token.kind === 'sign' && token.text === '|') {
        this.#word()
        const next = this.#peekWord()
        if (next.kind === 'right' || next.text === ')') throw this.#fail(`missing value for ${where}`)
        break
      }
      operands.push(this.#operand(where))
      const after = this.#peek()
      const separates = after.kind === 'space' || after.kind === 'right' || ['|', ')'].includes(after.text)
      if (!separates) throw this.#unexpected(after, 'operand')
    }
    if (operands.length === 0) throw this.#fail('empty command')
    const end = this.#tokens[this.#at]?.position ?? this.#source.length
    const text = this.#source.slice(position, end).replace(/[\s|]+$/, '')
    return { operands, position, text }
  }

  #operand(where: string): Operand {
    const token = this.#word()
    const term = this.#term(token, where)
    const path: string[] = []
    let position = token.position
    while (this.#peek().kind === 'field') {
      const field = this.#next()
      path.push(field.text.slice(1))
      // Go reports a chain of fields at its second one.
      if (path.length === 1) position = field.position
    }
    if (path.length === 0) return term
    const end = this.#peek().position
    const at = { position, text: this.#source.slice(token.position, end) }
    switch (term.kind) {
      case 'field':
        return { ...term, ...at, path: [...term.path, ...path] }
      case 'variable':
      case 'pipe':
        return { ...term, ...at, path }
      default:
        throw this.#fail(`unexpected . after term ${JSON.stringify(token.text)}`)
    }
  }

  #term(token: Token, where: string): Operand {
    const at = { position: token.position, text: token.text }
    switch (token.kind) {
      case 'field':
        return { ...at, kind: 'field', path: [token.text.slice(1)] }
      case 'variable':
        return { ...at, kind: 'variable', name: this.#seen(token.text), path: [] }
      case 'string':
        return { ...at, kind: 'literal', value: this.#unquote(token) }
      case 'character':
        return { ...at, kind: 'literal', value: this.#unquote(token).codePointAt(0) ?? 0 }
      case 'number':
        return { ...at, kind: 'literal', value: Number(token.text.replaceAll('_', '')) }
      case 'name':
        if (token.text === 'true' || token.text === 'false') {
          return { ...at, kind: 'literal', value: token.text === 'true' }
        }
        if (token.text === 'nil') return { ...at, kind: 'nil' }
        if (KEYWORDS.has(token.text)) throw this.#unexpected(token, where)
        if (!this.#functions.has(token.text))
          throw this.#fail(`function ${JSON.stringify(token.text)} not defined`)
        return { ...at, kind: 'function', name: token.text }
      case 'sign':
        if (token.text === '.') return { ...at, kind: 'dot' }
        if (token.text === '(') {
          const pipe = this.#pipe('parenthesized pipeline', ')')
          return { ...at, kind: 'pipe', pipe, path: [], text: `(${pipe.text})` }
        }
    }
    throw this.#unexpected(token, 'operand')
  }

  #seen(name: string): string {
    if (!this.#variables.includes(name)) throw this.#fail(`undefined variable ${JSON.stringify(name)}`)
    return name
  }

  #unquote(token: Token): string {
    const text = unquote(token.text)
    if (text === undefined) throw this.#fail('invalid syntax')
    return text
  }

  #right(where: string): void {
    const token = this.#word()
    if (token.kind !== 'right') throw this.#unexpected(token, where)
  }

  #peek(): Token {
    return this.#tokens[this.#at] as Token
  }

  #next(): Token {
    const token = this.#peek()
    if (token.kind !== 'end') this.#at += 1
    return token
  }

  /** The next token that is no space. */
  #word(): Token {
    const token = this.#next()
    return token.kind === 'space' ? this.#next() : token
  }

  #peekWord(): Token {
    const token = this.#peek()
    return token.kind === 'space' ? (this.#tokens[this.#at + 1] as Token) : token
  }

  #unexpected(token: Token, where: string): TemplateSyntaxError {
    if (token.kind === 'end') return this.#fail('unexpected EOF')
    const quoted =
      token.kind === 'name' || token.kind === 'field' ? `<${token.text}>` : JSON.stringify(token.text)
    return this.#fail(`unexpected ${quoted} in ${where}`)
  }

  #fail(what: string): TemplateSyntaxError {
    const token = this.#tokens[Math.max(0, this.#at - 1)]
    return new TemplateSyntaxError(lineOf(this.#source, token?.position ?? 0), what)
  }
}

/** Only the first command of a pipeline may be a plain value: the later ones are given what came before. */
function checkStages(stages: readonly Stage[], fail: (what: string) => Error): void {
  for (const [index, stage] of stages.entries()) {
    const first = stage.operands[0]
    if (index > 0 && first !== undefined && ['literal', 'dot', 'nil'].includes(first.kind)) {
      throw fail(`non executable command in pipeline stage ${index + 1}`)
    }
  }
}
