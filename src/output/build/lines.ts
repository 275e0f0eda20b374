/** Whole lines out of the chunks of two streams. */
import { StringDecoder } from 'node:string_decoder'

type Stream = 'stdout' | 'stderr'

export class Lines {
  readonly #take: (stream: Stream, line: string) => void
  readonly #pending = { stdout: '', stderr: '' }
  readonly #decoders = { stdout: new StringDecoder(), stderr: new StringDecoder() }

  constructor(take: (stream: Stream, line: string) => void) {
    this.#take = take
  }

  add(stream: Stream, chunk: Uint8Array): void {
    const text = this.#pending[stream] + this.#decoders[stream].write(Buffer.from(chunk))
    const lines = text.split('\n')
    this.#pending[stream] = lines.pop() ?? ''
    for (const line of lines) this.#take(stream, line.replace(/\r$/, ''))
  }

  /** What came without an end of line is a line, too. */
  end(): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      const rest = this.#pending[stream] + this.#decoders[stream].end()
      this.#pending[stream] = ''
      if (rest !== '') this.#take(stream, rest)
    }
  }
}
