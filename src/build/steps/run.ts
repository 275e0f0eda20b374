/** RUN: a container of the stage as it is, whose writable layer becomes the next layer. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CreateRequest } from '../../containers/request.ts'
import { SampanError, unsupported } from '../../errors.ts'
import { newLayerFolder } from '../../images/adopt.ts'
import { removeInside } from '../../platform/helper/inside.ts'
import type { MountRecord } from '../../volumes/mounts.ts'
import { commandWords } from '../configure.ts'
import type { StageScope } from '../dockerfile/scope.ts'
import type { RunInstruction } from '../dockerfile/types.ts'
import type { TaskProgress } from '../progress.ts'
import { createStepContainer, runStepContainer, takeUpper } from '../run/container.ts'
import { asImage, type StageLayer, type StageState } from '../state.ts'
import type { Workshop } from '../workshop.ts'
import { adopt, layerOf, now, sealOptions } from './layer.ts'

export interface RunStep {
  readonly instruction: RunInstruction
  readonly state: StageState
  readonly scope: StageScope
  readonly useCache: boolean
}

/** @returns the layer, and what history says of it */
export async function runStep(
  step: RunStep,
  workshop: Workshop,
  task: TaskProgress,
): Promise<{ readonly layer: StageLayer; readonly createdBy: string }> {
  const { instruction, state, scope, useCache } = step
  refuse(instruction)
  const words = runWords(instruction, state)
  const args = scope.declaredArgs().map(([name, value]) => `${name}=${value}`)
  const { User: user = '', WorkingDir: directory = '/' } = state.config
  const identity = {
    run: words,
    script: instruction.command.form === 'script' ? instruction.command.heredoc.content : null,
    // Proxies that nobody declared are in neither.
    environment: [...args, ...scope.imageEnvironment()],
    user,
    directory,
    network: instruction.network,
    security: instruction.security,
    request: workshop.requestIdentity,
  }
  const make = () => makeLayer(step, words, workshop, task)
  const layer = await layerOf(state, { what: instruction.text, identity, useCache, make }, workshop, task)
  const shown = [...(args.length === 0 ? [] : [`|${args.length}`, ...args]), ...words].join(' ')
  return { layer, createdBy: `RUN ${shown} # buildkit` }
}

function refuse({ mounts, security, devices }: RunInstruction): void {
  if (mounts.length > 0)
    throw unsupported('RUN --mount', 'COPY the files in, and remove them in the same step')
  if (security === 'insecure') throw unsupported('RUN --security=insecure', 'no step gets more than you may')
  if (devices.length > 0) throw unsupported('RUN --device', 'run the image with --device instead')
}

const scriptFolder = '/dev/pipes'

function runWords({ command }: RunInstruction, { config }: StageState): readonly string[] {
  if (command.form === 'script') return [join(scriptFolder, command.heredoc.name)]
  return commandWords(command, config)
}

async function makeLayer(
  { instruction, state, scope }: RunStep,
  words: readonly string[],
  workshop: Workshop,
  task: TaskProgress,
): Promise<StageLayer> {
  const { store, place, signal } = workshop
  const image = asImage(state)
  const folder = newLayerFolder(store)
  const since = now()
  try {
    const mounts = scriptMounts(instruction, folder)
    const request = requestOf(workshop.request, instruction, state, scope, words)
    using container = createStepContainer(request, image, mounts, place)
    const code = await runStepContainer(
      container,
      place,
      (stream, chunk) => task.output(stream, chunk),
      signal,
    )
    if (code !== 0) throw new StepFailure(words, code)
    takeUpper(container, folder)
    return await adopt(workshop, folder, sealOptions(state, since, container.stubs))
  } catch (error) {
    removeInside(store.directories, [folder])
    throw error
  }
}

/** A heredoc with `#!` is a file that is executed. */
function scriptMounts({ command }: RunInstruction, folder: string): MountRecord[] {
  if (command.form !== 'script') return []
  const source = join(folder, 'script')
  writeFileSync(source, command.heredoc.content, { mode: 0o755 })
  return [
    {
      type: 'bind',
      source,
      destination: join(scriptFolder, command.heredoc.name),
      readOnly: true,
      propagation: 'rprivate',
      recursive: false,
      mode: '',
      from: 'mount',
    },
  ]
}

function requestOf(
  template: CreateRequest,
  { network }: RunInstruction,
  { config }: StageState,
  scope: StageScope,
  words: readonly string[],
): CreateRequest {
  return {
    ...template,
    process: {
      ...template.process,
      entrypoint: words,
      command: [],
      environment: scope.runEnvironment(),
      unsetAll: true,
      directory: config.WorkingDir ?? '/',
      user: config.User ?? '',
    },
    ...(network === 'default'
      ? {}
      : { network: { ...template.network, mode: { kind: network }, networks: [] } }),
  }
}

/** A program that ended with another code than 0. The words are docker's. */
export class StepFailure extends SampanError {
  readonly words: readonly string[]
  readonly code: number

  constructor(words: readonly string[], code: number) {
    super(`process ${JSON.stringify(words.join(' '))} did not complete successfully: exit code: ${code}`)
    this.words = words
    this.code = code
  }
}
