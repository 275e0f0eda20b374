/** RUN: a container of the stage as it is, whose writable layer becomes the next layer. */
import { existsSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { allCapabilities } from '../../containers/capabilities.ts'
import type { CreateRequest } from '../../containers/request.ts'
import { SampanError, unsupported, usage } from '../../errors.ts'
import { newLayerFolder } from '../../images/adopt.ts'
import { formatPlatform, hostPlatform, suitability } from '../../oci/platform.ts'
import { removeInside } from '../../platform/helper/inside.ts'
import type { MountRecord } from '../../volumes/mounts.ts'
import { commandWords } from '../configure.ts'
import type { SourceTree } from '../copy/types.ts'
import type { StageScope } from '../dockerfile/scope.ts'
import type { RunInstruction } from '../dockerfile/types.ts'
import { StepFailure } from '../failure.ts'
import type { TaskProgress } from '../progress.ts'
import { bindRecord } from '../run/bind-mount.ts'
import { createStepContainer, runStepContainer, takeUpper } from '../run/container.ts'
import { RunMounts } from '../run/mounts.ts'
import { asImage, lowerFolders, type StageLayer, type StageState, withLayer } from '../state.ts'
import type { Workshop } from '../workshop.ts'
import { adopt, layerOf, now, sealOptions } from './layer.ts'

export interface RunStep {
  readonly instruction: RunInstruction
  readonly state: StageState
  readonly scope: StageScope
  readonly useCache: boolean
  /** The files that `from=` of a mount names. */
  readonly treeOf: (from: string | undefined) => Promise<SourceTree>
}

/** @returns the layer, and what history says of it */
export async function runStep(
  step: RunStep,
  workshop: Workshop,
  task: TaskProgress,
): Promise<{ readonly layer: StageLayer; readonly createdBy: string }> {
  const { instruction, state, scope, useCache } = step
  refuse(instruction, workshop)
  const words = runWords(instruction, state)
  const args = scope.declaredArgs().map(([name, value]) => `${name}=${value}`)
  const { User: user = '', WorkingDir: directory = '/' } = state.config
  using mounts = await RunMounts.plan(instruction.mounts, {
    workshop,
    directory,
    treeOf: step.treeOf,
  })
  const identity = {
    run: words,
    mounts: mounts.identity,
    script: instruction.command.form === 'script' ? instruction.command.heredoc.content : null,
    // Proxies that nobody declared are in neither.
    environment: [...args, ...scope.imageEnvironment()],
    user,
    directory,
    network: instruction.network,
    security: instruction.security,
    request: workshop.requestIdentity,
  }
  const make = () => makeLayer(step, words, mounts, workshop, task)
  const layer = await layerOf(state, { what: instruction.text, identity, useCache, make }, workshop, task)
  const shown = [...(args.length === 0 ? [] : [`|${args.length}`, ...args]), ...words].join(' ')
  return { layer, createdBy: `RUN ${shown} # buildkit` }
}

function refuse({ security, devices }: RunInstruction, { insecure }: Workshop): void {
  if (security === 'insecure' && !insecure) {
    throw usage('security.insecure is not allowed', 'allow it: build --allow security.insecure')
  }
  if (devices.length > 0) throw unsupported('RUN --device', 'run the image with --device instead')
}

const scriptFolder = '/dev/pipes'

function runWords({ command }: RunInstruction, { config }: StageState): readonly string[] {
  if (command.form === 'script') return [join(scriptFolder, command.heredoc.name)]
  return commandWords(command, config)
}

/** Other machines' programs need an interpreter that the kernel knows (binfmt_misc). */
function checkPlatform({ platform }: StageState): void {
  const host = hostPlatform()
  if (platform.architecture === '' || suitability(host, platform) > 0) return
  const names: Readonly<Record<string, string>> = { arm64: 'aarch64', amd64: 'x86_64', '386': 'i386' }
  const interpreter = names[platform.architecture] ?? platform.architecture
  if (existsSync(`/proc/sys/fs/binfmt_misc/qemu-${interpreter}`)) return
  throw new SampanError(
    `RUN for ${formatPlatform(platform)} on ${formatPlatform(host)}: this machine cannot run its programs`,
    { hint: 'install an interpreter for them (binfmt_misc): apt-get install qemu-user-static' },
  )
}

async function makeLayer(
  { instruction, state, scope }: RunStep,
  words: readonly string[],
  planned: RunMounts,
  workshop: Workshop,
  task: TaskProgress,
): Promise<StageLayer> {
  checkPlatform(state)
  const { store, place, signal } = workshop
  const image = asImage(state)
  const folder = newLayerFolder(store)
  const since = now()
  try {
    using real = await planned.realise()
    const mounts = [...hostMounts(workshop), ...scriptMounts(instruction, folder), ...real.mounts]
    const environment = [...scope.runEnvironment(), ...real.environment]
    const request = requestOf(workshop.request, instruction, state, environment, words)
    using container = createStepContainer(request, image, mounts, place)
    task.container(container.container.id)
    const code = await runStepContainer(
      container,
      place,
      (stream, chunk) => task.output(stream, chunk),
      signal,
    )
    const keep = code === 0 || workshop.options.keepFailed
    if (keep) await takeUpper(container, folder, lowerFolders(state), store.directories)
    const layer = keep ? await adopt(workshop, folder, sealOptions(state, since, container.stubs)) : undefined
    if (code === 0 && layer !== undefined) return layer
    const args = scope.declaredArgs().map(([name, value]) => `${name}=${value}`)
    const left = layer === undefined ? undefined : withLayer(state, layer)
    const script = instruction.command.form === 'script' ? instruction.command.heredoc : undefined
    const options = retryOptions(instruction, workshop)
    const failed = { words, code, args, options, mounts: real.mounts, script, before: state, left }
    throw new StepFailure(failed, hintOf(store.data))
  } catch (error) {
    removeInside(store.directories, [folder])
    throw error
  }
}

function retryOptions({ network, security }: RunInstruction, { request }: Workshop): string[] {
  const { kind } = network === 'default' ? request.network.mode : { kind: network }
  return [
    ...(kind === 'none' || kind === 'host' ? ['--network', kind] : []),
    ...(security === 'insecure' ? ['--privileged'] : []),
  ]
}

/** A program that ran out of disk has failed by that, whatever it says. */
function hintOf(data: string): string | undefined {
  const { bavail, bsize } = statfsSync(data)
  if (bavail * bsize >= littleRoom) return undefined
  return `The disk of ${data} is full: \`sampan builder prune\` and \`sampan image prune\` make room, --root DIR builds elsewhere`
}

const littleRoom = 1 << 20

/** `-v` of build: folders of the host. */
function hostMounts({ request }: Workshop): MountRecord[] {
  return request.mounts.flatMap((mount) => (mount.type === 'bind' ? [mount] : []))
}

/** A heredoc with `#!` is a file that is executed. */
function scriptMounts({ command }: RunInstruction, folder: string): MountRecord[] {
  if (command.form !== 'script') return []
  const source = join(folder, 'script')
  writeFileSync(source, command.heredoc.content, { mode: 0o755 })
  return [bindRecord(source, join(scriptFolder, command.heredoc.name), true)]
}

function requestOf(
  template: CreateRequest,
  { network, security }: RunInstruction,
  { config }: StageState,
  environment: readonly string[],
  words: readonly string[],
): CreateRequest {
  return {
    ...template,
    process: {
      ...template.process,
      entrypoint: words,
      command: [],
      environment,
      unsetAll: true,
      directory: config.WorkingDir ?? '/',
      user: config.User ?? '',
    },
    ...(network === 'default'
      ? {}
      : { network: { ...template.network, mode: { kind: network }, networks: [] } }),
    ...(security === 'insecure' ? { security: { ...template.security, ...everything } } : {}),
  }
}

/** As `run --privileged`: no more than the user may. */
const everything = {
  capabilities: allCapabilities,
  privileged: true,
  seccomp: 'unconfined',
  unmask: true,
} as const
