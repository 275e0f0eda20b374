/** Values that a person gives and no ARG takes. Pure. */
import { proxyNames } from '../dockerfile/scope.ts'
import type { Dockerfile } from '../dockerfile/types.ts'

/** Names that mean something without an ARG. */
const known = /^(BUILDKIT_|BUILDX_|SOURCE_DATE_EPOCH$|(TARGET|BUILD)(PLATFORM|OS|ARCH|VARIANT)$|TARGETSTAGE$)/

/** Most likely a slip: the names of build arguments that the whole file does not declare. */
export function unusedBuildArgs(
  { globals, stages }: Dockerfile,
  buildArgs: ReadonlyMap<string, string>,
): string[] {
  const instructions = [...globals, ...stages.flatMap((stage) => stage.instructions)]
  const declared = instructions.flatMap((instruction) => {
    // A trigger takes them when a child is built; who gives one now may mean that.
    if (instruction.name === 'ONBUILD') return [...instruction.trigger.matchAll(/\w+/g)].map(([word]) => word)
    return instruction.name === 'ARG' ? instruction.args.map(({ name }) => name) : []
  })
  return [...buildArgs.keys()].filter(
    (name) => !declared.includes(name) && !proxyNames.includes(name) && !known.test(name),
  )
}
