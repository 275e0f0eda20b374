/** The build check that follows every variable to where it is set. Pure. */
import { nearest } from '../../containers/values/nearest.ts'
import { expandInstruction } from '../dockerfile/expand-instruction.ts'
import { GlobalScope, StageScope } from '../dockerfile/scope.ts'
import type { Dockerfile, Instruction, Stage } from '../dockerfile/types.ts'
import { attempt } from './attempt.ts'
import type { LintInput } from './lint.ts'
import type { Warning } from './types.ts'

export function variableChecks(dockerfile: Dockerfile, input: LintInput): Warning[] {
  const missing = new Set<string>()
  const globals = attempt(
    () => new GlobalScope(dockerfile.globals, { ...input.scope, onUndefined: (name) => missing.add(name) }),
  )
  if (globals === undefined) return []
  const known = new Map<string, StageScope>()
  return dockerfile.stages.flatMap((stage) => {
    const scope = scopeOf(stage, globals, known, input)
    if (scope === undefined) return []
    if (stage.name !== undefined) known.set(stage.name, scope)
    return stage.instructions.flatMap((instruction) => undefinedVariables(instruction, scope, missing))
  })
}

/** Undefined: what the base image sets is not known, so nothing can be said of this stage. */
function scopeOf(
  { base }: Stage,
  globals: GlobalScope,
  known: ReadonlyMap<string, StageScope>,
  { baseEnvironment }: LintInput,
): StageScope | undefined {
  const name = attempt(() => globals.expand(base))
  if (name === undefined) return undefined
  const parent = known.get(name.toLowerCase())
  if (parent !== undefined) return new StageScope(globals, parent)
  const environment = name === 'scratch' ? ['PATH='] : baseEnvironment(name)
  return environment === undefined ? undefined : new StageScope(globals, environment)
}

function undefinedVariables(instruction: Instruction, scope: StageScope, missing: Set<string>): Warning[] {
  const { location } = instruction
  missing.clear()
  attempt(() => expandInstruction(instruction, scope))
  return [...missing]
    .filter((name) => !scope.isDeclared(name))
    .map((name) => {
      const meant = nearest(name, [...scope.names()])
      const hint = meant === undefined ? '' : ` (did you mean $${meant}?)`
      return { rule: 'UndefinedVar', detail: `Usage of undefined variable '$${name}'${hint}`, location }
    })
}
