/** Build checks of FROM lines. Pure. */
import { nearest } from '../../containers/values/nearest.ts'
import { parseReference } from '../../oci/reference.ts'
import { GlobalScope, type ScopeInput } from '../dockerfile/scope.ts'
import type { Dockerfile, Stage } from '../dockerfile/types.ts'
import { attempt } from './attempt.ts'
import type { Warning } from './types.ts'

const reserved = ['context', 'scratch']

export function stageChecks(dockerfile: Dockerfile, scope: ScopeInput): Warning[] {
  return [
    ...dockerfile.stages.flatMap((stage) => [
      ...casing(stage),
      ...naming(dockerfile, stage),
      ...platform(stage),
    ]),
    ...undefinedArgs(dockerfile, scope),
    ...invalidDefaults(dockerfile, scope),
  ]
}

function casing({ text, location }: Stage): Warning[] {
  const [from = '', as, name] = text
    .split(/\s+/)
    .filter((word) => !word.startsWith('--'))
    .toSpliced(1, 1)
  if (as === undefined || name === undefined) return []
  const found: Warning[] = []
  if (name !== name.toLowerCase()) {
    found.push({ rule: 'StageNameCasing', detail: `Stage name '${name}' should be lowercase`, location })
  }
  const expected = from === from.toLowerCase() ? 'as' : from === from.toUpperCase() ? 'AS' : as
  if (as !== expected) {
    found.push({
      rule: 'FromAsCasing',
      detail: `'${as}' and '${from}' keywords' casing do not match`,
      location,
    })
  }
  return found
}

function naming({ stages }: Dockerfile, { name, index, location }: Stage): Warning[] {
  if (name === undefined) return []
  const found: Warning[] = []
  if (reserved.includes(name)) {
    const detail = `Stage name should not use the same name as reserved stage "${name}"`
    found.push({ rule: 'ReservedStageName', detail, location })
  }
  if (stages.slice(0, index).some((earlier) => earlier.name === name)) {
    const detail = `Duplicate stage name "${name}", stage names should be unique`
    found.push({ rule: 'DuplicateStageName', detail, location })
  }
  return found
}

function platform({ platform, name, location }: Stage): Warning[] {
  if (platform === undefined) return []
  if (/^\$(TARGETPLATFORM|\{TARGETPLATFORM\})$/.test(platform)) {
    const detail = `Setting platform to predefined ${platform} in FROM is redundant as this is the default behavior`
    return [{ rule: 'RedundantTargetPlatform', detail, location }]
  }
  // A stage that says in its name what it is for may be for that alone.
  const isNamedAfterIt = platform.split('/').some((part) => part !== '' && name?.includes(part))
  if (platform.includes('$') || isNamedAfterIt) return []
  const detail = `FROM --platform flag should not use constant value "${platform}"`
  return [{ rule: 'FromPlatformFlagConstDisallowed', detail, location }]
}

function undefinedArgs({ globals, stages }: Dockerfile, input: ScopeInput): Warning[] {
  return stages.flatMap(({ base, platform, location }) => {
    const missing = new Set<string>()
    const scope = new GlobalScope(globals, { ...input, onUndefined: (name) => missing.add(name) })
    missing.clear()
    for (const word of [base, platform ?? '']) attempt(() => scope.expand(word))
    const declared = globals.flatMap(({ args }) => args.map(({ name }) => name))
    return [...missing]
      .filter((name) => !declared.includes(name))
      .map((name): Warning => {
        const meant = nearest(name, [...scope.names()])
        const hint = meant === undefined ? '' : ` (did you mean ${meant}?)`
        return {
          rule: 'UndefinedArgInFrom',
          detail: `FROM argument '${name}' is not declared${hint}`,
          location,
        }
      })
  })
}

/** Somebody who gives no build arguments must get a base image all the same. */
function invalidDefaults({ globals, stages }: Dockerfile, input: ScopeInput): Warning[] {
  const scope = attempt(() => new GlobalScope(globals, { ...input, buildArgs: new Map() }))
  return stages
    .filter(({ base }) => {
      if (scope === undefined || !base.includes('$')) return false
      const name = attempt(() => scope.expand(base))
      return name === undefined || attempt(() => parseReference(name)) === undefined
    })
    .map(({ base, location }) => ({
      rule: 'InvalidDefaultArgInFrom',
      detail: `Default value for ARG ${base} results in empty or invalid base image name`,
      location,
    }))
}
