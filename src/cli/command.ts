/**
 * A command is data plus one call. Words, options, help, completion and the type of the input all come from this one
 * object; the command file holds no logic.
 */
import type { Context } from './context.ts'

/** What the shell may complete an operand or an option's value with. */
export type Completion =
  | 'containers'
  | 'running-containers'
  | 'stopped-containers'
  | 'images'
  | 'networks'
  | 'volumes'
  | 'files'
  | 'directories'
  | 'signals'
  | 'none'
  | readonly string[]

interface OptionBase {
  /** One letter, without the dash. */
  readonly short?: string
  /** Other long names, hidden from help (`net` for `network`). */
  readonly aliases?: readonly string[]
  /** One line for help, no final period. */
  readonly describe: string
  /** The word for the value in help, e.g. `NAME`. */
  readonly value?: string
  readonly complete?: Completion
  readonly hidden?: boolean
}

/**
 * boolean: `--x`, `--x=false`. tristate: the same, undefined when not given. string: last one wins. list: repeatable,
 * never split at commas. integer: a whole number. Everything richer (sizes, durations, mounts, ports) is a string
 * here and parsed by the noun that owns it.
 */
export type Option =
  | (OptionBase & { readonly type: 'boolean'; readonly default?: boolean })
  | (OptionBase & { readonly type: 'tristate' })
  | (OptionBase & {
      readonly type: 'string'
      readonly default?: string
      /** The value of `--x` alone; another one needs the equals sign: `--x=y`. */
      readonly bare?: string
    })
  | (OptionBase & { readonly type: 'integer'; readonly default?: number })
  | (OptionBase & { readonly type: 'list' })

export type Options = Readonly<Record<string, Option>>

type ValueOf<O extends Option> = O extends { type: 'boolean' }
  ? boolean
  : O extends { type: 'tristate' }
    ? boolean | undefined
    : O extends { type: 'list' }
      ? readonly string[]
      : O extends { type: 'integer' }
        ? number | (O extends { default: number } ? never : undefined)
        : string | (O extends { default: string } ? never : undefined)

/** The typed input of a command, derived from its declaration; keys are the long names as written (`'cap-add'`). */
export type Values<O extends Options> = { readonly [K in keyof O]: ValueOf<O[K]> }

export interface Command<O extends Options = Options> {
  /** Words after `sampan`, e.g. `['container', 'ls']`. The first is the canonical spelling, the rest are aliases. */
  readonly names: readonly (readonly string[])[]
  readonly summary: string
  /** What follows the options in the usage line, e.g. `CONTAINER [CONTAINER...]`. */
  readonly operands: string
  /** Fewest and most operands; Infinity for any number. */
  readonly arity: readonly [number, number]
  readonly complete?: Completion
  /** Docker's `run`: options end at the first operand, the rest is the container's own command line. */
  readonly stopAtFirstOperand?: boolean
  /** Exit code of an error that carries none: 1, or 125 for run/create/exec. */
  readonly failure?: number
  /** What follows the command's name; one that has our own name in it is a whole command line. */
  readonly examples?: readonly string[]
  /** Left out of help and completion. */
  readonly hidden?: boolean
  readonly options: O
  /**
   * The one call. Returns the exit code. A method and not a function property, so that the table of all commands may
   * hold commands of different inputs.
   */
  run(input: Input<O>, context: Context): Promise<number> | number
}

export interface Input<O extends Options = Options> {
  readonly options: Values<O>
  readonly operands: readonly string[]
}

/** Keeps the option types of a declaration while checking it against Command. */
export function command<const O extends Options>(declaration: Command<O>): Command<O> {
  return declaration
}

/** What a command gets that was given no option. */
export function defaultValues<O extends Options>(options: O): Values<O> {
  const values: Record<string, boolean | string | number | readonly string[] | undefined> = {}
  for (const [name, option] of Object.entries(options)) {
    if (option.type === 'boolean') values[name] = option.default ?? false
    else if (option.type === 'list') values[name] = []
    else values[name] = option.type === 'tristate' ? undefined : option.default
  }
  return values as Values<O>
}
