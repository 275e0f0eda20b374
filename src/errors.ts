/**
 * The one error type that reaches a person. Everything that can be foreseen is thrown as a SampanError; anything else
 * is a bug and `main` prints it as one.
 */

/** Docker's exit codes: 1 for most commands, 125 for run/create/exec that never reached the program. */
export type ExitCode = number

export interface ErrorDetails {
  /** What the person can try next: one sentence or one command line. */
  readonly hint?: string
  /** Exit code that overrides the command's own default (1, or 125 for run/create/exec). */
  readonly exitCode?: ExitCode
  readonly cause?: unknown
  /** Stable word that callers may branch on, e.g. 'no-such-container'. */
  readonly kind?: ErrorKind
}

export type ErrorKind =
  | 'no-such-container'
  | 'no-such-image'
  | 'no-such-object'
  | 'conflict'
  | 'not-running'
  | 'usage'
  | 'unsupported'
  | 'damaged'
  | 'registry'
  | 'helper'

/**
 * What went wrong, on which thing. The message starts in lower case unless Docker's phrase does not, has no final
 * period and no "Error: " (the printer adds that). Never logged where it is thrown: the user reads it once.
 */
export class SampanError extends Error {
  readonly hint: string | undefined
  readonly exitCode: ExitCode | undefined
  readonly kind: ErrorKind | undefined

  constructor(message: string, details: ErrorDetails = {}) {
    super(message, { cause: details.cause })
    this.name = 'SampanError'
    this.hint = details.hint
    this.exitCode = details.exitCode
    this.kind = details.kind
  }
}

/** A flag or value that this tool understands and does not do: says what to do instead, exit code 125. */
export function unsupported(what: string, instead: string): SampanError {
  return new SampanError(`${what} is not supported`, { hint: instead, exitCode: 125, kind: 'unsupported' })
}

/** A word on the command line that cannot be what it must be. Exit code 125 as Docker's unknown flag. */
export function usage(message: string, hint?: string): SampanError {
  return new SampanError(message, { exitCode: 125, kind: 'usage', ...(hint === undefined ? {} : { hint }) })
}

/** The `code` of a Node system error (ENOENT, EACCES …), or undefined for anything else. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
