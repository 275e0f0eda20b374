/** Several transfers at a time. */
import { pause } from '../platform/registry/retry.ts'

/** How long the others may take to stop after one has failed. */
const patience = 2000

/**
 * Runs the work for all items, `most` at a time; one that calls `passOn` has nothing left to do but wait, and no longer
 * counts. After the first failure nothing new begins; that failure is thrown when the others have stopped, or after
 * two seconds: one of them may be waiting for a registry that is silent.
 */
export async function inParallel<T>(
  items: readonly T[],
  most: number,
  work: (item: T, stopped: () => boolean, passOn: () => void) => Promise<void>,
): Promise<void> {
  let next = 0
  const failures: unknown[] = []
  const waiting: Promise<void>[] = []
  const failed = Promise.withResolvers<void>()
  const worker = async () => {
    for (let item = items[next++]; item !== undefined && failures.length === 0; item = items[next++]) {
      const passed = Promise.withResolvers<void>()
      const done = work(item, () => failures.length > 0, passed.resolve).catch((error) => {
        failures.push(error)
        failed.resolve()
      })
      waiting.push(done)
      await Promise.race([done, passed.promise])
    }
  }
  const workers = Array.from({ length: Math.min(most, items.length) }, worker)
  const all = Promise.all(workers).then(() => Promise.all(waiting))
  await Promise.race([all, failed.promise.then(() => pause(patience))])
  if (failures.length > 0) throw failures[0]
}
