/** What to do about a container that does not run. */
import type { State } from '../containers/state.ts'

/** Milliseconds in which a program that was meant to stay has usually gone to the background, or failed. */
const SOON = 2000

/** To start it; or, where it ended by itself as soon as it had started and would again, why that is. */
export function startHint(name: string, state: State): string {
  const start = `start it first: start ${name}`
  if (state.status !== 'exited' || state.signal !== 0) return start
  const ran = Math.max(0, Date.parse(state.finishedAt) - Date.parse(state.startedAt))
  if (!(ran < SOON)) return start
  return `it exited (${state.exitCode}) after ${(ran / 1000).toFixed(1)} s, as its first program did: see logs ${name}`
}
