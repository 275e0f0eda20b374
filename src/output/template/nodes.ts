/** The tree of a parsed template. `position` and `text` say where a node stands, for errors. */

interface At {
  readonly position: number
  readonly text: string
}

export type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'action'; readonly pipe: Pipe }
  | ({ readonly kind: 'if' | 'with' | 'range' } & Branch)
  | { readonly kind: 'break' | 'continue' }
  | (At & { readonly kind: 'template'; readonly name: string; readonly pipe: Pipe | undefined })

export interface Branch {
  readonly pipe: Pipe
  readonly body: readonly Node[]
  readonly otherwise: readonly Node[]
}

/** `$a, $b := first | second | third`. */
export interface Pipe extends At {
  readonly variables: readonly string[]
  /** `=` instead of `:=`. */
  readonly assigns: boolean
  readonly stages: readonly Stage[]
}

/** One command of a pipeline: an operand, or a function or method with its operands. */
export interface Stage extends At {
  readonly operands: readonly Operand[]
}

export type Operand = At &
  (
    | { readonly kind: 'dot' | 'nil' }
    | { readonly kind: 'literal'; readonly value: string | number | boolean }
    | { readonly kind: 'function'; readonly name: string }
    | { readonly kind: 'field'; readonly path: readonly string[] }
    | { readonly kind: 'variable'; readonly name: string; readonly path: readonly string[] }
    | { readonly kind: 'pipe'; readonly pipe: Pipe; readonly path: readonly string[] }
  )

export interface Template {
  readonly source: string
  readonly body: readonly Node[]
  /** `{{define "name"}}` and `{{block "name" .}}`. */
  readonly named: ReadonlyMap<string, readonly Node[]>
}
