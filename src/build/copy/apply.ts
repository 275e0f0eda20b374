/** Does what a plan says, in the upper folder of a step. */
import { SampanError } from '../../errors.ts'
import { currentMapping } from '../../images/mapping.ts'
import { type Job, startJob } from '../../platform/helper/inside.ts'
import type { Directories } from '../../platform/host/directories.ts'
import type { Piece } from './items.ts'
import type { CopyPlan, CopyResult, CopyTarget } from './types.ts'
import type { WriteOrder } from './write.ts'

/**
 * Writes the files of a plan. The upper folder then holds nothing but what the step adds, and the folders on the way to
 * that; times are the sources'. When it fails the upper folder is the caller's to remove.
 * @throws SampanError when something is in the way, the disk is full, a name of --chown is not in the image, or a file
 * changed since the plan was made
 */
export async function applyCopy(
  plan: CopyPlan,
  target: CopyTarget,
  directories: Directories,
  signal?: AbortSignal,
): Promise<CopyResult> {
  const order: WriteOrder = {
    request: plan.work.request,
    pieces: plan.work.items as readonly Piece[],
    target,
    single: currentMapping() === 'single',
  }
  try {
    return JSON.parse(await ordered('write-copy', order, directories, signal)) as CopyResult
  } catch (error) {
    throw signal?.aborted === true ? error : named(error, plan)
  }
}

/** What a job printed that reads its order, as JSON, from standard input. @throws the signal's reason, once it has come */
export async function ordered(
  name: string,
  order: unknown,
  directories: Directories,
  signal: AbortSignal | undefined,
): Promise<string> {
  const job = startJob(directories, name, [], { stdin: 'pipe' })
  const result = endingWith(signal, job)
  // A job that fails early ends the feeding with a broken pipe: its own words count.
  result.catch(() => undefined)
  try {
    job.stdin.write(JSON.stringify(order))
    await job.stdin.end()
  } catch {
    // Said by the job.
  }
  return await result
}

/** What a job printed; it ends when the signal comes. @throws the signal's reason then */
export async function endingWith(signal: AbortSignal | undefined, job: Job): Promise<string> {
  const stop = () => job.kill()
  signal?.addEventListener('abort', stop)
  if (signal?.aborted === true) stop()
  try {
    return await job.output
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}

function named(error: unknown, { work: { request } }: CopyPlan): unknown {
  if (!(error instanceof SampanError)) return error
  return new SampanError(`${request.instruction} to ${request.destination}: ${error.message}`, {
    cause: error,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  })
}
