/** WORKDIR: makes the folder where the image has none; it is the USER's, as BuildKit has it. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { isFolderInUnion } from '../../containers/union.ts'
import { newLayerFolder } from '../../images/adopt.ts'
import { removeInside, startJob } from '../../platform/helper/inside.ts'
import type { TaskProgress } from '../progress.ts'
import { lowerFolders, type StageLayer, type StageState } from '../state.ts'
import type { Workshop } from '../workshop.ts'
import { adopt, layerOf, now, sealOptions } from './layer.ts'

export interface WorkdirStep {
  /** Absolute. */
  readonly path: string
  readonly text: string
  readonly state: StageState
  readonly useCache: boolean
}

/** Undefined where the folder is there already: no layer for nothing. */
export async function workdirStep(
  { path, text, state, useCache }: WorkdirStep,
  workshop: Workshop,
  task: TaskProgress,
): Promise<StageLayer | undefined> {
  if (isFolderInUnion(lowerFolders(state), path)) return undefined
  return await layerOf(
    state,
    {
      what: text,
      identity: { workdir: path, owner: state.config.User ?? '' },
      useCache,
      make: () => makeLayer(path, state, workshop),
    },
    workshop,
    task,
  )
}

async function makeLayer(path: string, state: StageState, workshop: Workshop): Promise<StageLayer> {
  const { directories } = workshop.store
  const folder = newLayerFolder(workshop.store)
  try {
    const since = now()
    const upper = join(folder, 'fs')
    mkdirSync(upper, { mode: 0o755 })
    const owner = state.config.User ?? ''
    await startJob(directories, 'make-folder', [path, owner, upper, ...lowerFolders(state)]).output
    return await adopt(workshop, folder, sealOptions(state, since))
  } catch (error) {
    removeInside(directories, [folder])
    throw error
  }
}
