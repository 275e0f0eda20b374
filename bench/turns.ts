/** A B A B: whatever else the machine does meets both tools alike. The first round warms caches and is not counted. */
import type { Cost } from './meter.ts'
import { median, type Row } from './table.ts'
import type { Tool } from './tools.ts'

export class Turns {
  readonly #tools: readonly Tool[]
  readonly #wanted: string
  readonly #costs = new Map<string, Cost[]>()

  /** @param wanted only stories whose name has it */
  constructor(tools: readonly Tool[], wanted = '') {
    this.#tools = tools
    this.#wanted = wanted
  }

  async take(
    what: string,
    rounds: number,
    story: (tool: Tool, note: (figure: string, cost: Cost) => void, round: number) => Promise<void>,
  ): Promise<void> {
    if (!what.includes(this.#wanted)) return
    process.stderr.write(`${what}: `)
    for (let round = 0; round <= rounds; round++) {
      for (const tool of this.#tools) {
        await story(tool, (figure, cost) => this.#note(`${tool.name} ${figure}`, round, cost), round)
      }
      process.stderr.write('.')
    }
    process.stderr.write('\n')
  }

  /** The two columns of a row. */
  of(part: 'wall' | 'cpu', figure: string): Pick<Row, 'unit' | 'ours' | 'peer'> {
    const [ours, peer] = this.#tools.map(({ name }) => {
      const all = this.#costs.get(`${name} ${figure}`)
      return all === undefined ? undefined : median(all.map((cost) => cost[part]))
    })
    return { unit: 'ms', ours, peer }
  }

  /** Every single measurement. */
  get raw(): Readonly<Record<string, readonly Cost[]>> {
    return Object.fromEntries(this.#costs)
  }

  #note(key: string, round: number, cost: Cost): void {
    if (round > 0) this.#costs.set(key, [...(this.#costs.get(key) ?? []), cost])
  }
}
