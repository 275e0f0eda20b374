/** What a step that writes files has in common with the others: taken from the cache, or done and remembered. */
import { adoptLayer, type SealOptions } from '../../images/adopt.ts'
import { cacheKey, type StepIdentity } from '../cache.ts'
import type { TaskProgress } from '../progress.ts'
import { lowerFolders, type StageLayer, type StageState, stageLayer } from '../state.ts'
import type { Workshop } from '../workshop.ts'

export interface LayerStep {
  /** For the cache's listing. */
  readonly what: string
  readonly identity: StepIdentity
  readonly useCache: boolean
  /** Writes what the step writes. */
  readonly make: () => Promise<StageLayer>
}

/** The layer the step makes on top of the stage. */
export async function layerOf(
  state: StageState,
  step: LayerStep,
  { cache, slots, signal }: Workshop,
  task: TaskProgress,
): Promise<StageLayer> {
  const key = cacheKey(state, step.identity)
  const known = step.useCache ? await cache.find(key) : undefined
  if (known !== undefined) {
    task.cached()
    return known
  }
  return await slots.use(async () => {
    signal.throwIfAborted()
    const layer = await step.make()
    cache.add(key, step.what, layer)
    return layer
  })
}

/** Nanoseconds, for sealing. */
export function sealOptions(state: StageState, since: bigint, stubs: readonly string[] = []): SealOptions {
  const epoch = state.epoch === undefined ? undefined : BigInt(state.epoch) * 1_000_000_000n
  return { epoch, since, stubs, lowers: lowerFolders(state) }
}

/** Takes a folder of newLayerFolder, whatever happens. */
export async function adopt({ store }: Workshop, folder: string, options: SealOptions): Promise<StageLayer> {
  const { layer, blob } = await adoptLayer(store, folder, options)
  return stageLayer(store, layer, blob)
}

/** Now, as file systems count. */
export function now(): bigint {
  return BigInt(Date.now()) * 1_000_000n
}
