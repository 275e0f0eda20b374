/** Limits how many steps work at a time. Waiting for another stage takes no slot, so nobody can wait in a circle. */
export class Slots {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(count: number) {
    this.#free = count
  }

  async use<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      // The slot goes from hand to hand.
      if (next === undefined) this.#free += 1
      else next()
    }
  }
}
