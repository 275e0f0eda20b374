/** When to ask a registry again, and when to give up. Pure but for `pause`. */
import { errnoOf } from '../../errors.ts'

/** Further attempts after the first one fails. Who imports it sees what `retryAsTold` makes of it. */
export let mostRetries = 4
/** Milliseconds before each of them; undefined: as `delayBefore` says. */
let fixedDelay: number | undefined

/** `--retry` and `--retry-delay`: for everything this process asks of registries from now on. */
export function retryAsTold(retries: number | undefined, delay: number | undefined): void {
  mostRetries = retries ?? mostRetries
  fixedDelay = delay
}

const longestWait = 30_000

/** Server-side trouble that may pass: too many requests, and a gateway or server that stumbles. */
export function isPassing(status: number): boolean {
  return status === 408 || status === 429 || (status >= 500 && status <= 504)
}

/** A connection that broke is tried again; a refused one, an unknown host or a bad certificate will not change. */
export function isBroken(error: unknown): boolean {
  if (error instanceof Stalled) return true
  const code = errnoOf(error)
  return (
    code !== undefined &&
    /^(ECONNRESET|EPIPE|ETIMEDOUT|ECONNABORTED|EAI_AGAIN|HPE_INVALID_EOF_STATE)$/.test(code)
  )
}

/** No byte, or nearly none, came for the time allowed. */
export class Stalled extends Error {
  constructor(milliseconds: number) {
    super(`no data for ${Math.round(milliseconds / 1000)} s`)
    this.name = 'Stalled'
  }
}

/**
 * Milliseconds before attempt `retry` (1, 2, …): what the server asks for, capped at 30 s, or what `retryAsTold` was
 * told, or 0.25 s doubled each time with a part left to chance, so that many clients do not come back together.
 */
export function delayBefore(
  retry: number,
  retryAfter: string | undefined,
  now: number = Date.now(),
  chance: number = Math.random(),
): number {
  const asked = retryAfter === undefined ? Number.NaN : readRetryAfter(retryAfter, now)
  if (asked >= 0) return Math.min(asked, longestWait)
  if (fixedDelay !== undefined) return fixedDelay
  return Math.min(250 * 2 ** (retry - 1), longestWait) * (0.75 + chance / 2)
}

/** Seconds or an HTTP date. */
function readRetryAfter(text: string, now: number): number {
  if (/^\s*\d+\s*$/.test(text)) return Number(text) * 1000
  const date = Date.parse(text)
  return Number.isNaN(date) ? Number.NaN : Math.max(0, date - now)
}

export async function pause(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds))
}
