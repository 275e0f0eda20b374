/** The error of a Dockerfile that cannot be understood: where, the line itself, and what was expected there. */
import { SampanError } from '../../errors.ts'

export interface Place {
  /** As the person named the file. */
  readonly path: string
  /** From 1. */
  readonly line: number
  /** From 1. */
  readonly column: number
  /** The source line. */
  readonly text: string
}

/** Says Docker's `dockerfile parse error on line N: …`, then file, line and column, and the line with a caret. */
export class DockerfileError extends SampanError {
  readonly place: Place

  constructor(message: string, place: Place, expected?: string) {
    super(`dockerfile parse error on line ${place.line}: ${message}\n${excerpt(place)}`, {
      exitCode: 1,
      ...(expected === undefined ? {} : { hint: `expected: ${expected}` }),
    })
    this.name = 'DockerfileError'
    this.place = place
  }
}

/** One word of an instruction that is to blame: it cannot be made sense of, or leads nowhere. The cause says why. */
export class WordError extends SampanError {
  /** As written; with its values where it had variables and made sense. */
  readonly word: string

  constructor(word: string, message: string, cause: SampanError, hint = cause.hint) {
    const { exitCode, kind } = cause
    super(message, {
      cause,
      ...(hint === undefined ? {} : { hint }),
      ...(exitCode === undefined ? {} : { exitCode }),
      ...(kind === undefined ? {} : { kind }),
    })
    this.name = 'WordError'
    this.word = word
  }
}

function excerpt({ path, line, column, text }: Place): string {
  const number = String(line)
  // A tab stays a tab in the margin, so that the caret stands under its character at any tab width.
  const margin = text.slice(0, column - 1).replace(/[^\t]/g, ' ')
  return `  ${path}:${line}:${column}\n  ${number} | ${text}\n  ${' '.repeat(number.length)} | ${margin}^`
}
