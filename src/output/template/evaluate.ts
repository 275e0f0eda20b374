/** Walks a parsed template with a value, and writes text. Errors say where, in Go's words. */
import { SampanError } from '../../errors.ts'
import { LAZY_FUNCTIONS, type TemplateFunction, WrongCount } from './functions.ts'
import { lineOf } from './lexer.ts'
import type { Branch, Node, Operand, Pipe, Stage, Template } from './nodes.ts'
import { printed } from './print.ts'
import {
  emptyField,
  entriesOf,
  isMap,
  isObject,
  isTrue,
  NIL_LIST,
  NIL_POINTER,
  Nil,
  NO_VALUE,
  StructValue,
  typed,
  typeName,
} from './values.ts'

export type Functions = Readonly<Record<string, TemplateFunction>>

/** @throws SampanError (exit code 1) where the template asks for something the value does not have */
export function evaluate(template: Template, value: unknown, functions: Functions): string {
  return new Evaluation(template, functions).run(template.body, value, [{ name: '$', value }])
}

/** Operands that start somewhere and follow fields from there. */
type Rooted = Extract<Operand, { readonly path: readonly string[] }>

interface Variable {
  readonly name: string
  value: unknown
}
type Scope = Variable[]

/** Thrown by `{{break}}` and `{{continue}}`, caught by the `{{range}}` around. */
class Jump {
  readonly to: 'break' | 'continue'
  constructor(to: 'break' | 'continue') {
    this.to = to
  }
}

/** A template that calls itself for ever is stopped here, well before the stack ends. */
const DEEPEST = 1000

class Evaluation {
  readonly #template: Template
  readonly #functions: Functions
  #name = ''
  #depth = 0
  #text = ''

  constructor(template: Template, functions: Functions) {
    this.#template = template
    this.#functions = functions
  }

  run(nodes: readonly Node[], dot: unknown, scope: Scope): string {
    this.#walk(nodes, dot, scope)
    return this.#text
  }

  #walk(nodes: readonly Node[], dot: unknown, outer: Scope): void {
    const scope = [...outer]
    for (const node of nodes) this.#step(node, dot, scope)
  }

  #step(node: Node, dot: unknown, scope: Scope): void {
    switch (node.kind) {
      case 'text':
        this.#text += node.text
        return
      case 'action': {
        const value = this.#pipe(node.pipe, dot, scope)
        if (node.pipe.variables.length === 0) this.#text += printed(value)
        return
      }
      case 'if':
      case 'with': {
        const inner = [...scope]
        const value = this.#pipe(node.pipe, dot, inner)
        const yes = isTrue(value)
        this.#walk(yes ? node.body : node.otherwise, yes && node.kind === 'with' ? value : dot, inner)
        return
      }
      case 'range':
        this.#range(node, dot, scope)
        return
      case 'template':
        this.#invoke(node, dot, scope)
        return
      case 'break':
      case 'continue':
        throw new Jump(node.kind)
    }
  }

  #range(node: Branch, dot: unknown, outer: Scope): void {
    const scope = [...outer]
    const { pipe } = node
    const value = this.#pipe({ ...pipe, variables: [] }, dot, scope)
    const pairs = this.#pairs(value, pipe)
    if (pairs.length === 0) {
      this.#walk(node.otherwise, dot, outer)
      return
    }
    for (const [key, member] of pairs) {
      const inner = [...scope]
      const [first, second] = pipe.variables
      if (first !== undefined) this.#bind(pipe, first, second === undefined ? member : key, inner)
      if (second !== undefined) this.#bind(pipe, second, member, inner)
      try {
        this.#walk(node.body, member, inner)
      } catch (jump) {
        if (!(jump instanceof Jump)) throw jump
        if (jump.to === 'break') return
      }
    }
  }

  #pairs(value: unknown, at: Pipe): readonly (readonly [unknown, unknown])[] {
    if (Array.isArray(value)) return [...value.entries()]
    if (value === null || value === undefined || value === NO_VALUE || value instanceof Nil) return []
    if (typeof value === 'number' && Number.isInteger(value)) {
      return Array.from({ length: Math.max(0, value) }, (_, index) => [index, index] as const)
    }
    if (isObject(value) && isMap(value)) return entriesOf(value)
    throw this.#fail(at, `range can't iterate over ${printed(value)}`)
  }

  #invoke(node: Extract<Node, { kind: 'template' }>, dot: unknown, scope: Scope): void {
    const body = this.#template.named.get(node.name)
    if (body === undefined) throw this.#fail(node, `template ${JSON.stringify(node.name)} not defined`)
    const value = node.pipe === undefined ? NO_VALUE : this.#pipe(node.pipe, dot, scope)
    this.#depth += 1
    if (this.#depth > DEEPEST) throw this.#fail(node, `exceeded maximum template depth (${DEEPEST})`)
    const caller = this.#name
    this.#name = node.name
    this.#walk(body, value, [{ name: '$', value }])
    this.#name = caller
    this.#depth -= 1
  }

  #pipe(pipe: Pipe, dot: unknown, scope: Scope): unknown {
    let value: { readonly piped: unknown } | undefined
    for (const stage of pipe.stages) value = { piped: this.#stage(stage, dot, scope, value) }
    for (const name of pipe.variables) this.#bind(pipe, name, value?.piped, scope)
    return value?.piped
  }

  #bind(pipe: Pipe, name: string, value: unknown, scope: Scope): void {
    const known = pipe.assigns ? scope.findLast((variable) => variable.name === name) : undefined
    if (known === undefined) scope.push({ name, value })
    else known.value = value
  }

  #stage(stage: Stage, dot: unknown, scope: Scope, piped: { readonly piped: unknown } | undefined): unknown {
    const [first, ...rest] = stage.operands as [Operand, ...Operand[]]
    const given = (): unknown[] => [
      ...rest.map((operand) => this.#operand(operand, dot, scope)),
      ...(piped === undefined ? [] : [piped.piped]),
    ]
    if (first.kind === 'function') {
      if (LAZY_FUNCTIONS.has(first.name)) return this.#decide(first, rest, dot, scope, piped)
      return this.#call(first, stage, first.name, this.#functions[first.name], given())
    }
    if (rest.length === 0 && piped === undefined) {
      if (first.kind === 'nil') throw this.#fail(first, 'nil is not a command')
      return this.#operand(first, dot, scope)
    }
    if (first.kind === 'field' || first.kind === 'variable' || first.kind === 'pipe') {
      return this.#method(first, given(), dot, scope)
    }
    throw this.#fail(first, `can't give argument to non-function ${first.text}`)
  }

  /** `and` gives its first empty operand, `or` its first one that is not; what follows is not evaluated. */
  #decide(
    at: Operand & { readonly kind: 'function' },
    operands: readonly Operand[],
    dot: unknown,
    scope: Scope,
    piped: { readonly piped: unknown } | undefined,
  ): unknown {
    if (operands.length === 0 && piped === undefined) {
      throw this.#fail(at, `wrong number of args for ${at.name}: want at least 1 got 0`)
    }
    let value: unknown
    for (const operand of operands) {
      value = this.#operand(operand, dot, scope)
      if (isTrue(value) === (at.name === 'or')) return value
    }
    return piped === undefined ? value : piped.piped
  }

  #operand(operand: Operand, dot: unknown, scope: Scope): unknown {
    switch (operand.kind) {
      case 'dot':
        return dot
      case 'nil':
        return null
      case 'literal':
        return operand.value
      case 'function':
        if (LAZY_FUNCTIONS.has(operand.name)) return this.#decide(operand, [], dot, scope, undefined)
        return this.#call(operand, operand, operand.name, this.#functions[operand.name], [])
      default:
        return this.#follow(operand, operand.path, this.#base(operand, dot, scope))
    }
  }

  #base(operand: Rooted, dot: unknown, scope: Scope): unknown {
    if (operand.kind === 'field') return dot
    if (operand.kind === 'pipe') return this.#pipe(operand.pipe, dot, [...scope])
    return scope.findLast((variable) => variable.name === operand.name)?.value
  }

  #follow(at: Operand, path: readonly string[], base: unknown): unknown {
    let value = base
    for (const name of path) value = this.#field(at, value, name)
    return value
  }

  #field(at: Operand, value: unknown, name: string): unknown {
    if (value instanceof StructValue) {
      const field = value.struct.field(name)
      if (field !== undefined) return field.value
      const method = value.struct.method(name)
      if (method !== undefined) throw this.#fail(at, `wrong number of args for ${name}: want 1 got 0`)
      throw this.#noField(at, name, value.struct.names)
    }
    if (value === NO_VALUE) return NO_VALUE
    if (value === null || value === undefined || value === NIL_POINTER)
      throw this.#fail(at, `nil pointer evaluating interface {}.${name}`)
    if (value instanceof Nil && value.type === 'map') return NO_VALUE
    if (!isObject(value)) throw this.#fail(at, `can't evaluate field ${name} in type ${typeName(value)}`)
    if (Object.hasOwn(value, name) && value[name] !== undefined) {
      return isMap(value) ? (value[name] ?? NIL_LIST) : typed(name, value[name])
    }
    if (isMap(value)) return NO_VALUE
    const empty = emptyField(name, value)
    if (empty !== undefined) return empty.value
    throw this.#noField(at, name, Object.keys(value))
  }

  /** The last name of the path is a method that takes operands: `.Label "key"`. */
  #method(at: Rooted, operands: readonly unknown[], dot: unknown, scope: Scope): unknown {
    const name = at.path.at(-1)
    const owner = this.#follow(at, at.path.slice(0, -1), this.#base(at, dot, scope))
    const method = name !== undefined && owner instanceof StructValue ? owner.struct.method(name) : undefined
    if (name !== undefined && method !== undefined) return this.#call(at, at, name, method, operands)
    if (name === undefined) throw this.#fail(at, `can't give argument to non-function ${at.text}`)
    this.#field(at, owner, name)
    throw this.#fail(at, `${name} is not a method but has arguments`)
  }

  /** Go names the whole command where a call fails, and the function where it is called the wrong way. */
  #call(
    at: Operand,
    whole: Operand | Stage,
    name: string,
    call: TemplateFunction | undefined,
    operands: readonly unknown[],
  ): unknown {
    if (call === undefined) throw this.#fail(at, `${JSON.stringify(name)} is not a defined function`)
    try {
      return call(...operands)
    } catch (error) {
      if (error instanceof WrongCount)
        throw this.#fail(at, `wrong number of args for ${name}: ${error.message}`)
      throw this.#fail(whole, `error calling ${name}: ${(error as Error).message}`)
    }
  }

  #noField(at: Operand, name: string, known: readonly string[]): SampanError {
    const hint =
      known.length === 0 ? undefined : `Fields here: ${known.map((field) => `.${field}`).join(' ')}`
    return this.#fail(at, `map has no entry for key ${JSON.stringify(name)}`, hint)
  }

  #fail(at: { readonly position: number; readonly text: string }, what: string, hint?: string): SampanError {
    const { source } = this.#template
    const column = at.position - (source.lastIndexOf('\n', at.position - 1) + 1)
    const where = `:${lineOf(source, at.position)}:${column}`
    const message = `template: ${this.#name}${where}: executing ${JSON.stringify(this.#name)} at <${at.text}>: ${what}`
    return new SampanError(`template parsing error: ${message}`, { exitCode: 1, ...(hint && { hint }) })
  }
}
