/** What a Dockerfile offers to whoever builds from it: its targets, and what one of them can be given. Pure. */

import type { RunMount } from './dockerfile/mount-types.ts'
import { GlobalScope, type ScopeInput, StageScope } from './dockerfile/scope.ts'
import type { ArgInstruction, Dockerfile, Location, Stage } from './dockerfile/types.ts'
import { type Names, neededStages } from './graph.ts'

/** A stage that `--target` can name, or the last one. */
export interface Target {
  /** Empty: it has none. */
  readonly name: string
  readonly default: boolean
  /** From the comment above FROM: `# name description`. */
  readonly description: string
  /** As written. */
  readonly base: string
  readonly platform: string
  readonly location: Location
}

export interface Outline {
  readonly name: string
  readonly description: string
  readonly args: readonly OutlineArg[]
  readonly secrets: readonly OutlineNeed[]
  readonly ssh: readonly OutlineNeed[]
}

export interface OutlineArg {
  readonly name: string
  /** What it would be in this build; empty: nothing. */
  readonly value: string
  readonly description: string
  readonly location: Location
}

/** A secret or an SSH agent that a RUN mounts. */
export interface OutlineNeed {
  readonly name: string
  readonly required: boolean
  readonly location: Location
}

export function listTargets({ stages }: Dockerfile): Target[] {
  return stages.map(({ name = '', base, platform = '', index, comments, location }) => ({
    name,
    default: index === stages.length - 1,
    description: descriptionOf(name, comments),
    base,
    platform,
    location,
  }))
}

/** @throws SampanError for a default value that cannot be expanded */
export function outline(names: Names, target: Stage, input: ScopeInput): Outline {
  const { dockerfile } = names
  const globals = new GlobalScope(dockerfile.globals, input)
  const stages = neededStages(names, target, ({ base }) => globals.expand(base))
  const mounts = stages.flatMap((stage) =>
    stage.instructions.flatMap((instruction) =>
      instruction.name === 'RUN'
        ? instruction.mounts.map((mount) => ({ mount, location: instruction.location }))
        : [],
    ),
  )
  const { name = '', comments } = target
  return {
    name,
    description: descriptionOf(name, comments),
    args: argsOf(dockerfile, stages, globals),
    secrets: needs(mounts, 'secret'),
    ssh: needs(mounts, 'ssh'),
  }
}

/** Global ARGs that FROM uses, then those that the stages declare; each once, the first description counts. */
function argsOf(dockerfile: Dockerfile, stages: readonly Stage[], globals: GlobalScope): OutlineArg[] {
  const froms = stages.map(({ base, platform = '' }) => `${base} ${platform}`).join(' ')
  const inFrom = (name: string) => new RegExp(`\\$\\{?${name}\\b`).test(froms)
  const found = new Map<string, OutlineArg>()
  const add = (instruction: ArgInstruction, value: (name: string) => string | undefined) => {
    const { args, comments, location } = instruction
    for (const { name } of args) {
      const before = found.get(name)
      const description = before?.description || descriptionOf(name, comments)
      found.set(name, { name, value: value(name) ?? '', description, location: before?.location ?? location })
    }
  }
  const declared = new Set(stages.flatMap((stage) => argNames(stage)))
  for (const instruction of dockerfile.globals) {
    const args = instruction.args.filter(({ name }) => declared.has(name) || inFrom(name))
    add({ ...instruction, args }, (name) => globals.get(name))
  }
  for (const stage of stages) {
    // What the base image sets is of no concern: an ARG is listed with the value it would be given.
    const scope = new StageScope(globals, [])
    for (const instruction of stage.instructions) {
      if (instruction.name !== 'ARG') continue
      scope.declare(instruction.args)
      add(instruction, (name) => scope.get(name))
    }
  }
  return [...found.values()]
}

function argNames({ instructions }: Stage): string[] {
  return instructions.flatMap((instruction) =>
    instruction.name === 'ARG' ? instruction.args.map(({ name }) => name) : [],
  )
}

function needs(
  mounts: readonly { readonly mount: RunMount; readonly location: Location }[],
  type: 'secret' | 'ssh',
): OutlineNeed[] {
  const found = new Map<string, OutlineNeed>()
  for (const { mount, location } of mounts) {
    if (mount.type !== type) continue
    const before = found.get(mount.id)
    const required = mount.required || before?.required === true
    found.set(mount.id, { name: mount.id, required, location: before?.location ?? location })
  }
  return [...found.values()]
}

/** The comment line that begins with the name, without it. */
function descriptionOf(name: string, comments: readonly string[]): string {
  const line = name === '' ? undefined : comments.find((comment) => comment.startsWith(`${name} `))
  return line?.slice(name.length + 1).trim() ?? ''
}
