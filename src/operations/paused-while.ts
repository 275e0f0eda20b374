/** Work on a container that stands still meanwhile, so that its files agree with each other. */
import type { Context } from '../cli/context.ts'
import type { Container } from '../containers/store.ts'
import { SampanError } from '../errors.ts'
import { pauseContainer, unpauseContainer } from './pause.ts'

/**
 * Does the work with the container paused, if it runs; one that was paused before stays so. Interrupted by a signal, it
 * lets the container go on before it ends.
 * @param insist throw where it cannot be paused; else it is only said
 */
export async function pausedWhile<T>(
  container: Container,
  insist: boolean,
  context: Context,
  work: () => Promise<T>,
): Promise<T> {
  if (!(await pause(container, insist, context))) return await work()
  const resume = () => goOn(container)
  const interrupted = (signal: NodeJS.Signals) => {
    resume()
    process.exit(signal === 'SIGINT' ? 130 : 143)
  }
  process.on('SIGINT', interrupted)
  process.on('SIGTERM', interrupted)
  try {
    return await work()
  } finally {
    process.off('SIGINT', interrupted)
    process.off('SIGTERM', interrupted)
    resume()
  }
}

async function pause(container: Container, insist: boolean, { out }: Context): Promise<boolean> {
  if (container.state().status !== 'running') return false
  try {
    await pauseContainer(container)
    return true
  } catch (error) {
    // It ended, or somebody else paused it, in between.
    if (!(error instanceof SampanError) || error.kind === 'not-running' || error.kind === 'conflict')
      return false
    if (insist) throw error
    out.note(`WARNING: the container goes on meanwhile: ${error.message}`)
    return false
  }
}

/** It may have ended, or been let go, by another hand. */
function goOn(container: Container): void {
  try {
    unpauseContainer(container)
  } catch (error) {
    if (!(error instanceof SampanError)) throw error
  }
}
