/** Build checks: what is allowed in a Dockerfile and most likely not meant. Pure. */
import type { ScopeInput } from '../dockerfile/scope.ts'
import { parseCheckDirective } from '../dockerfile/source.ts'
import type { CheckDirective, Dockerfile } from '../dockerfile/types.ts'
import { copyChecks } from './copies.ts'
import { instructionChecks } from './instructions.ts'
import { rules } from './rules.ts'
import { stageChecks } from './stages.ts'
import type { Warning } from './types.ts'
import { variableChecks } from './variables.ts'

export interface LintInput {
  /** Build arguments and platforms of this build. */
  readonly scope: ScopeInput
  /** The Env of a base image that is at hand. Undefined: not known, and variables it might set are not warned of. */
  readonly baseEnvironment: (base: string) => readonly string[] | undefined
  /** Whether .dockerignore keeps the path, relative to the context, from COPY. Missing: there is no such file. */
  readonly isIgnored?: (path: string) => boolean
}

/** All checks but those that the file (or BUILDKIT_DOCKERFILE_CHECK) skips, in the order of lines. */
export function lint(dockerfile: Dockerfile, input: LintInput): Warning[] {
  const { skip, experimental } = checkDirective(dockerfile, input)
  const isWanted = ({ rule }: Warning) =>
    !named(skip, rule) && (rules[rule].experimental !== true || named(experimental, rule))
  return [
    ...stageChecks(dockerfile, input.scope),
    ...instructionChecks(dockerfile),
    ...variableChecks(dockerfile, input),
    ...copyChecks(dockerfile, input),
  ]
    .filter(isWanted)
    .sort((a, b) => a.location.line - b.location.line)
}

/** What the build argument says, else what the file says: skipped rules, and whether warnings end the build. */
export function checkDirective(dockerfile: Dockerfile, { scope }: Pick<LintInput, 'scope'>): CheckDirective {
  const given = scope.buildArgs.get('BUILDKIT_DOCKERFILE_CHECK')
  return given === undefined ? dockerfile.directives.check : parseCheckDirective(given)
}

function named(names: readonly string[], rule: string): boolean {
  return names.some((name) => name.toLowerCase() === 'all' || name.toLowerCase() === rule.toLowerCase())
}
