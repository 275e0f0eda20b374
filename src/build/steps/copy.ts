/** COPY and ADD: files of a context, a stage or an image become the next layer. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { newLayerFolder } from '../../images/adopt.ts'
import { removeInside } from '../../platform/helper/inside.ts'
import { applyCopy } from '../copy/apply.ts'
import { planCopy } from '../copy/plan.ts'
import type { CopyPlan, CopyRequest, SourceTree } from '../copy/types.ts'
import type { AddInstruction, CopyInstruction } from '../dockerfile/types.ts'
import type { TaskProgress } from '../progress.ts'
import { lowerFolders, type StageLayer, type StageState } from '../state.ts'
import type { Workshop } from '../workshop.ts'
import { adopt, layerOf, now, sealOptions } from './layer.ts'

export interface CopyStep {
  readonly instruction: CopyInstruction | AddInstruction
  readonly state: StageState
  readonly tree: SourceTree
  readonly useCache: boolean
}

/** @returns the layer, and what history says of it */
export async function copyStep(
  { instruction, state, tree, useCache }: CopyStep,
  workshop: Workshop,
  task: TaskProgress,
): Promise<{ readonly layer: StageLayer; readonly createdBy: string }> {
  const { store, signal, secrets, ssh } = workshop
  const request = requestOf(instruction, state)
  using plan = await planCopy(request, tree, store.directories, {
    signal,
    secrets,
    sshAgent: ssh.get('default'),
  })
  for (const warning of plan.warnings) workshop.progress.warn(warning)
  const layer = await layerOf(
    state,
    {
      what: instruction.text,
      identity: { copy: plan.digest },
      useCache,
      make: () => makeLayer(plan, state, tree, workshop),
    },
    workshop,
    task,
  )
  const { name, sources, heredocs, destination } = instruction
  const shown = [name, ...sources, ...heredocs.map(({ name: file }) => file), destination]
  return { layer, createdBy: `${shown.join(' ')} # buildkit` }
}

function requestOf(instruction: CopyInstruction | AddInstruction, { config }: StageState): CopyRequest {
  const { name, sources, heredocs, destination, chown, chmod, link, exclude } = instruction
  return {
    instruction: name,
    sources,
    heredocs,
    destination,
    directory: config.WorkingDir ?? '/',
    chown,
    chmod,
    link,
    parents: name === 'COPY' && instruction.parents,
    exclude,
    checksum: name === 'ADD' ? instruction.checksum : undefined,
    keepGitDir: name === 'ADD' && instruction.keepGitDir === true,
    unpack: name === 'ADD' ? instruction.unpack : undefined,
  }
}

async function makeLayer(
  plan: CopyPlan,
  state: StageState,
  tree: SourceTree,
  workshop: Workshop,
): Promise<StageLayer> {
  const { store, signal } = workshop
  const { directories } = store
  const folder = newLayerFolder(store)
  try {
    const upper = join(folder, 'fs')
    mkdirSync(upper, { mode: 0o755 })
    const since = now()
    await applyCopy(plan, { upper, lowers: lowerFolders(state) }, directories, signal)
    // When a file of the context was changed says nothing that another machine would agree with.
    return await adopt(workshop, folder, sealOptions(state, tree.kind === 'folder' ? 0n : since))
  } catch (error) {
    removeInside(directories, [folder])
    throw error
  }
}
