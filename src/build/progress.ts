/**
 * How a build is told to whoever watches. The engine tells; what is drawn or printed is decided in output/build/.
 */

export interface BuildProgress {
  /** How many steps there will be, once that is known: instructions of all stages needed, FROM among them. */
  expect(steps: number): void
  /** Something begins that has a line of its own; times count from here. */
  begin(task: Task): TaskProgress
  /** A sentence for the person: a warning of the language, a context that is large. */
  warn(sentence: string): void
  /** The image is there. @param names in full */
  built(id: string, names: readonly string[]): void
  /** No more will come: leaves the last picture standing. */
  end(): Promise<void>
}

export interface Task {
  /** `[builder 2/5] RUN make`, `[internal] load metadata for …`. */
  readonly name: string
  /** The instruction, of a step; undefined for what the engine does by itself. */
  readonly step?: StepPosition
}

/** Where in the Dockerfile a step stands. */
export interface StepPosition {
  readonly stage: number
  /** Counting FROM, from 1; instructions without files of their own have 0. */
  readonly number: number
  /** The logical line. */
  readonly text: string
}

export interface TaskProgress {
  /** Bytes as a program wrote them. */
  output(stream: 'stdout' | 'stderr', chunk: Uint8Array): void
  /** A container of this id runs for it. */
  container(id: string): void
  /** A line about what is being done. */
  note(line: string): void
  /** Nothing had to be done. */
  cached(): void
  /** @param result what it came to: the id of the stage as an image, with the classic words */
  done(result?: string): void
  failed(message: string): void
}

/** The message of a task that failed only because another had; BuildKit's word. */
export const canceled = 'context canceled'

const silentTask: TaskProgress = {
  output: () => undefined,
  container: () => undefined,
  note: () => undefined,
  cached: () => undefined,
  done: () => undefined,
  failed: () => undefined,
}

export const silentProgress: BuildProgress = {
  expect: () => undefined,
  begin: () => silentTask,
  warn: () => undefined,
  built: () => undefined,
  end: async () => undefined,
}
