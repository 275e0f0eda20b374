/** Several transfers at a time. */
import { pause } from '../platform/registry/retry.ts'

/** How long the others may take to stop after one has failed. */
const patience = 2000

/**
 * Runs the work for all items, `most` at a time. After the first failure nothing new begins; that failure is thrown
 * when the others have stopped, or after two seconds: one of them may be waiting for a registry that is silent.
 */
export async function inParallel<T>(
  items: readonly T[],
  most: number,
  work: (item: T, stopped: () => boolean) => Promise<void>,
): Promise<void> {
  let next = 0
  const failures: unknown[] = []
  const failed = Promise.withResolvers<void>()
  const worker = async () => {
    for (let item = items[next++]; item !== undefined && failures.length === 0; item = items[next++]) {
      try {
        await work(item, () => failures.length > 0)
      } catch (error) {
        failures.push(error)
        failed.resolve()
      }
    }
  }
  const all = Promise.all(Array.from({ length: Math.min(most, items.length) }, worker))
  await Promise.race([all, failed.promise.then(() => pause(patience))])
  if (failures.length > 0) throw failures[0]
}
