/** A build: the stages that the target stands on, beside each other where they can be. */

import { located } from './dockerfile/expand-instruction.ts'
import type { PlatformWords } from './dockerfile/scope.ts'
import { GlobalScope } from './dockerfile/scope.ts'
import type { Dockerfile, Stage } from './dockerfile/types.ts'
import { neededStages, targetStage } from './graph.ts'
import { buildStage, type StageResult, type Surrounding } from './stage.ts'
import type { StageState } from './state.ts'
import type { Workshop } from './workshop.ts'

export interface Wanted {
  readonly target: string | undefined
  readonly buildArgs: ReadonlyMap<string, string>
  readonly buildPlatform: PlatformWords
}

/**
 * The target stage at its end. The first failure aborts the rest (`fail` of the workshop's signal) and is thrown when
 * everything has stopped: nothing of the build runs any more when this returns.
 */
export async function buildTarget(
  dockerfile: Dockerfile,
  wanted: Wanted,
  workshop: Workshop,
  abort: (reason: unknown) => void,
): Promise<StageState> {
  const target = targetStage(dockerfile, wanted.target)
  const globals = new GlobalScope(dockerfile.globals, {
    escapeChar: dockerfile.directives.escape,
    buildArgs: wanted.buildArgs,
    target: workshop.platform,
    build: wanted.buildPlatform,
    ...(wanted.target === undefined ? {} : { targetStage: wanted.target }),
  })
  const base = (stage: Stage) => located(dockerfile, stage.location, () => globals.expand(stage.base))
  const results = new Map<Stage, Promise<StageResult>>()
  let failure: unknown
  const around: Surrounding = {
    dockerfile,
    globals,
    result(stage) {
      const known = results.get(stage)
      if (known !== undefined) return known
      const result = buildStage(stage, around, workshop).catch((error: unknown) => {
        // What the others throw from now on only says that they were told to stop.
        failure ??= error
        abort(error)
        throw error
      })
      results.set(stage, result)
      return result
    },
  }
  const stages = workshop.options.allStages
    ? dockerfile.stages.slice(0, target.index + 1)
    : neededStages({ dockerfile, contexts: workshop.contexts }, target, base)
  workshop.progress.expect(stages.reduce((sum, { instructions }) => sum + 1 + instructions.length, 0))
  if (workshop.options.oneByOne) for (const stage of stages) await settled(around.result(stage))
  await Promise.allSettled(stages.map((stage) => around.result(stage)))
  await Promise.allSettled(results.values())
  if (failure !== undefined) throw failure
  return (await around.result(target)).state
}

/** Waits for it; whether it fails is asked later. */
async function settled(work: Promise<unknown>): Promise<void> {
  await Promise.allSettled([work])
}
