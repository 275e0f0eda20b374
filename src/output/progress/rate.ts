/** How fast bytes move, over the last few seconds: an average since the start knows nothing of a line gone slow. */

const span = 5000

export class Rate {
  /** Moments in milliseconds and the bytes moved until then, oldest first. */
  readonly #samples: { readonly at: number; readonly bytes: number }[] = []

  /** Notes what has moved in all. Call it at regular, not too short intervals: each call keeps a sample. */
  note(at: number, bytes: number): void {
    this.#samples.push({ at, bytes })
    // One sample older than the span stays: the span is measured from it.
    while (this.#samples.length > 2 && at - (this.#samples[1]?.at ?? at) >= span) this.#samples.shift()
  }

  /** Bytes a second; undefined until half a second is known about. */
  get perSecond(): number | undefined {
    const first = this.#samples[0]
    const last = this.#samples.at(-1)
    if (first === undefined || last === undefined || last.at - first.at < 500) return undefined
    return (last.bytes - first.bytes) / ((last.at - first.at) / 1000)
  }
}

/** `8s`, `2m05s`, `1h03m`. */
export function timeLeft(seconds: number): string {
  const whole = Math.ceil(seconds)
  const two = (value: number) => String(value).padStart(2, '0')
  if (whole < 60) return `${whole}s`
  if (whole < 3600) return `${Math.floor(whole / 60)}m${two(whole % 60)}s`
  return `${Math.floor(whole / 3600)}h${two(Math.floor((whole % 3600) / 60))}m`
}
