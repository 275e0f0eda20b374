/** Speaks with measure.c: runs commands one after another and hears what each cost. */
import { existsSync, readFileSync, readlinkSync } from 'node:fs'

export interface Cost {
  readonly code: number
  /** Milliseconds until the command ended. */
  readonly wall: number
  /** CPU milliseconds of everything that ran because of it, monitors and late clean-up included. */
  readonly cpu: number
}

export class Meter implements AsyncDisposable {
  readonly #process
  readonly #lines: AsyncIterator<string>

  /** `argv` starts measure as the user who is to be measured. */
  constructor(argv: readonly string[]) {
    this.#process = Bun.spawn([...argv], { stdin: 'pipe', stdout: 'pipe', stderr: 'inherit' })
    this.#lines = lines(this.#process.stdout)
  }

  async run(argv: readonly string[]): Promise<Cost> {
    const answer = await this.#ask<Cost & { error?: string }>(`run ${argv.join('\t')}`)
    if (answer.error !== undefined) throw new Error(answer.error)
    return answer
  }

  /** As run; an exit code other than 0 is an error. */
  async ok(argv: readonly string[]): Promise<Cost> {
    const cost = await this.run(argv)
    if (cost.code !== 0) throw new Error(`${argv.join(' ')} exited ${cost.code}`)
    return cost
  }

  /**
   * Proportional memory in kB of all that stayed, programs inside containers left out: those are in a pid namespace
   * of their own; and so are those whose command line names one of `except`. Undefined where the kernel does not let us
   * look (it wants root).
   */
  async resident(except: readonly string[] = []): Promise<number | undefined> {
    const ours = readlinkSync('/proc/self/ns/pid')
    let sum = 0
    for (const pid of await this.alive()) {
      try {
        if (readlinkSync(`/proc/${pid}/ns/pid`) !== ours) continue
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
        if (except.some((name) => command.includes(name))) continue
        const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
        sum += Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0)
      } catch {
        if (existsSync(`/proc/${pid}`)) return undefined
      }
    }
    return sum
  }

  /** Processes that stayed of what was run. */
  async alive(): Promise<readonly number[]> {
    return (await this.#ask<{ pids: number[] }>('live')).pids
  }

  async [Symbol.asyncDispose]() {
    this.#process.stdin.end()
    await this.#process.exited
  }

  async #ask<T>(line: string): Promise<T> {
    this.#process.stdin.write(`${line}\n`)
    this.#process.stdin.flush()
    const { value, done } = await this.#lines.next()
    if (done === true) throw new Error('measure ended')
    return JSON.parse(value)
  }
}

async function* lines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of stream) {
    rest += decoder.decode(chunk, { stream: true })
    const parts = rest.split('\n')
    rest = parts.pop() ?? ''
    yield* parts
  }
}
