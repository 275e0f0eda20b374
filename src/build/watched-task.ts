/** Keeps the end of what a program says, for when it fails. */
import type { TaskProgress } from './progress.ts'

export class WatchedTask implements TaskProgress {
  readonly #task: TaskProgress
  #tail = ''

  constructor(task: TaskProgress) {
    this.#task = task
  }

  output(stream: 'stdout' | 'stderr', chunk: Uint8Array): void {
    this.#tail = (this.#tail + Buffer.from(chunk).toString()).slice(-tailLength)
    this.#task.output(stream, chunk)
  }

  container(id: string): void {
    this.#task.container(id)
  }

  note(line: string): void {
    this.#task.note(line)
  }

  cached(): void {
    this.#task.cached()
  }

  done(result?: string): void {
    this.#task.done(result)
  }

  failed(message: string): void {
    this.#task.failed(message)
  }

  lastLines(): string[] {
    const lines = this.#tail.replace(/\r?\n$/, '').split(/\r?\n/)
    return this.#tail === '' ? [] : lines.slice(-tailLines)
  }
}

const tailLength = 8192
const tailLines = 20
