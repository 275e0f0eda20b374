/** What is known of a build that failed: where in the Dockerfile, and what its program said last. */
import { SampanError } from '../errors.ts'
import type { MountRecord } from '../volumes/mounts.ts'
import { type Place, WordError } from './dockerfile/error.ts'
import { placeOf } from './dockerfile/expand-instruction.ts'
import type { Dockerfile, Heredoc, Location } from './dockerfile/types.ts'
import type { StageState } from './state.ts'

/** A program that ended with another code than 0. The words are docker's. */
export class StepFailure extends SampanError {
  readonly words: readonly string[]
  readonly code: number
  /** `NAME=value` of ARGs: the environment that its image does not have. */
  readonly args: readonly string[]
  /** What its container had beside them: options of `run`. */
  readonly options: readonly string[]
  /** The files that were mounted; those of secrets are gone. */
  readonly mounts: readonly MountRecord[]
  /** The program itself, of a heredoc that begins with `#!`. */
  readonly script: Heredoc | undefined
  /** The stage before the step. */
  readonly before: StageState
  /** The stage with what the step had written, where that was to be kept. */
  readonly left: StageState | undefined

  constructor(step: FailedStep, hint?: string) {
    const { words, code } = step
    super(
      `process ${JSON.stringify(words.join(' '))} did not complete successfully: exit code: ${code}`,
      hint === undefined ? {} : { hint },
    )
    this.words = words
    this.code = code
    this.args = step.args
    this.options = step.options
    this.mounts = step.mounts
    this.script = step.script
    this.before = step.before
    this.left = step.left
  }
}

type FailedStep = Pick<
  StepFailure,
  'words' | 'code' | 'args' | 'options' | 'mounts' | 'script' | 'before' | 'left'
>

/** An instruction that failed: the cause says why. */
export class BuildFailure extends SampanError {
  readonly dockerfile: Dockerfile
  readonly location: Location
  /** `[builder 2/5] RUN make`. */
  readonly task: string
  /** What its program wrote last. */
  readonly output: readonly string[]

  constructor(cause: SampanError, where: Pick<BuildFailure, 'dockerfile' | 'location' | 'task' | 'output'>) {
    const { hint, exitCode } = cause
    super(`failed to solve: ${cause.message}`, {
      cause,
      ...(hint === undefined ? {} : { hint }),
      // A word of the Dockerfile that is wrong is none of the command line: docker's code for a build that failed.
      exitCode: cause.kind === 'usage' ? 1 : (exitCode ?? 1),
    })
    this.dockerfile = where.dockerfile
    this.location = where.location
    this.task = where.task
    this.output = where.output
  }

  /** The program that failed, if it was one. */
  get step(): StepFailure | undefined {
    return this.cause instanceof StepFailure ? this.cause : undefined
  }

  /** Of the word that is to blame, else of the instruction. */
  get place(): Place {
    const word = this.cause instanceof WordError ? this.cause.word : undefined
    return placeOf(this.dockerfile, this.location, word)
  }
}
