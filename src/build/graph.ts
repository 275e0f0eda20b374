/** Which stages a build needs, and what each name after `--from` means. Pure. */
import { SampanError } from '../errors.ts'
import type { NamedContext } from './context/types.ts'
import type { Dockerfile, Instruction, Stage } from './dockerfile/types.ts'

/** What stands after FROM, `COPY --from=` or `from=`: another stage, a named context, or an image by its name. */
export type Source =
  | { readonly stage: Stage }
  | { readonly context: Exclude<NamedContext, { readonly kind: 'target' }> }
  | { readonly name: string }

/** Where the names of a Dockerfile are looked for. */
export interface Names {
  readonly dockerfile: Dockerfile
  /** `--build-context`, by name in lower case: before everything else. */
  readonly contexts: ReadonlyMap<string, NamedContext>
}

/** The stage that `--target` means; the last one where nothing was asked for. Names know no case. */
export function targetStage({ stages, path }: Dockerfile, target: string | undefined): Stage {
  if (target === undefined || target === '') return stages.at(-1) as Stage
  const stage = byName(stages, target) ?? byIndex(stages, target)
  if (stage !== undefined) return stage
  const names = stages.flatMap(({ name }) => name ?? [])
  throw new SampanError(`target stage ${JSON.stringify(target)} could not be found`, {
    kind: 'usage',
    hint:
      names.length === 0
        ? `no stage of ${path} has a name: give one by FROM … AS NAME`
        : `${path} has the stages ${names.join(', ')}`,
  })
}

/**
 * What a word means in `stage`: contexts of that name come first, then the stages above it.
 * @param numbers whether `0` is the first stage: after `--from`, not after FROM
 */
export function sourceOf(
  word: string,
  stage: Stage,
  { dockerfile, contexts }: Names,
  numbers: boolean,
): Source {
  const context = contexts.get(word.toLowerCase())
  if (context?.kind === 'target') return { stage: targetStage(dockerfile, context.stage) }
  if (context !== undefined) return { context }
  const above = dockerfile.stages.slice(0, stage.index)
  const found = byName(above, word) ?? (numbers ? byIndex(above, word) : undefined)
  return found === undefined ? { name: word } : { stage: found }
}

/** A hint for a name after `--from` that led to no image, if it could have been meant for a stage. */
export function noSuchStage(word: string, stage: Stage, { stages }: Dockerfile): string | undefined {
  if (/[/:.@]/.test(word)) return undefined
  const names = stages.slice(0, stage.index).flatMap(({ name }) => name ?? [])
  const known = names.length === 0 ? 'no stage above it has a name' : `those above it are ${names.join(', ')}`
  return `no stage is called ${word} (${known}), so it was taken for an image`
}

function byName(stages: readonly Stage[], word: string): Stage | undefined {
  const wanted = word.toLowerCase()
  return stages.findLast(({ name }) => name === wanted)
}

function byIndex(stages: readonly Stage[], word: string): Stage | undefined {
  return /^\d+$/.test(word) ? stages[Number(word)] : undefined
}

/** The words that lead to other stages, of one instruction. */
export function wordsFrom(instruction: Instruction): string[] {
  if (instruction.name === 'COPY') return instruction.from === undefined ? [] : [instruction.from]
  if (instruction.name !== 'RUN') return []
  return instruction.mounts.flatMap((mount) =>
    'from' in mount && mount.from !== undefined ? mount.from : [],
  )
}

/**
 * The stages the target stands on, itself included, in the order of the file. Words with variables in them are found
 * when their step is reached.
 * @param base the expanded word of each FROM
 */
export function neededStages(names: Names, target: Stage, base: (stage: Stage) => string): Stage[] {
  const needed = new Set<Stage>()
  const visit = (stage: Stage) => {
    if (needed.has(stage)) return
    needed.add(stage)
    const words = stage.instructions.flatMap(wordsFrom)
    const sources = words.map((word) => sourceOf(word, stage, names, true))
    for (const source of [sourceOf(base(stage), stage, names, false), ...sources])
      if ('stage' in source) visit(source.stage)
  }
  visit(target)
  return names.dockerfile.stages.filter((stage) => needed.has(stage))
}
