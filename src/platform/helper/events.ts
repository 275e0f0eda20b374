/** The one line the helper prints when it was asked to start something (docs/helper-protocol.md, "Events"). */
import { SampanError } from '../../errors.ts'

export type HelperEvent = StartedEvent | FailedEvent

export interface StartedEvent {
  readonly event: 'started'
  /** Host pid of the container's pid 1, or of the exec'd process. */
  readonly pid: number
}

export interface FailedEvent {
  readonly event: 'failed'
  readonly step: string
  readonly on: string
  readonly errno: number
  readonly error: string
  readonly message: string
  readonly hint: string
  readonly exitCode: number
}

/** Parses a line of the helper; undefined for anything that is not an event. */
export function parseEvent(line: string): HelperEvent | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value !== 'object' || value === null || !('event' in value)) return undefined
    return value.event === 'started' || value.event === 'failed' ? (value as HelperEvent) : undefined
  } catch {
    return undefined
  }
}

/** The failure as the person reads it. */
export function failure(event: FailedEvent): SampanError {
  return new SampanError(event.message, {
    kind: 'helper',
    exitCode: event.exitCode,
    ...(event.hint ? { hint: event.hint } : {}),
  })
}

/**
 * What a helper that ended without an event said: its last `failed` line, else its own words. `output` is its stderr
 * (or stdout); `status` its exit status, or the name of the signal that killed it.
 */
export function failureFrom(role: string, output: string, status: number | string | null): SampanError {
  const lines = output.trimEnd().split('\n')
  for (const line of lines.toReversed()) {
    const event = parseEvent(line)
    if (event?.event === 'failed') return failure(event)
  }
  const words = lines.at(-1)
  const end = typeof status === 'number' ? `exit status ${status}` : `killed by ${status ?? 'a signal'}`
  return new SampanError(`the ${role} process ended without a word (${end})${words ? `: ${words}` : ''}`, {
    kind: 'helper',
    exitCode: 125,
  })
}
