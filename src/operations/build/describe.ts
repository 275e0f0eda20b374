/** `build --check` and `build --call`: what can be said of a Dockerfile without building it. */
import { Patterns } from '../../build/copy/patterns.ts'
import { parseDockerfile } from '../../build/dockerfile/parse.ts'
import type { ScopeInput } from '../../build/dockerfile/scope.ts'
import type { Dockerfile } from '../../build/dockerfile/types.ts'
import { targetStage } from '../../build/graph.ts'
import { checkDirective, lint } from '../../build/lint/lint.ts'
import type { Warning } from '../../build/lint/types.ts'
import { listTargets, type Outline, outline, type Target } from '../../build/outline.ts'
import type { Context } from '../../cli/context.ts'
import { SampanError } from '../../errors.ts'
import { ImageStore } from '../../images/store.ts'
import { hostPlatform } from '../../oci/platform.ts'
import type { BuildRequest } from '../build.ts'
import { Sources } from './sources.ts'

export type Call = 'check' | 'outline' | 'targets'

export type Description = { readonly dockerfile: Dockerfile } & (
  | { readonly call: 'check'; readonly warnings: readonly Warning[] }
  | { readonly call: 'outline'; readonly outline: Outline }
  | { readonly call: 'targets'; readonly targets: readonly Target[] }
)

type Described = Pick<BuildRequest, 'buildArgs' | 'platform' | 'target'>

/** @throws SampanError for a Dockerfile that cannot be read or understood, and for a target it does not have */
export async function describeBuild(
  call: Call,
  request: BuildRequest,
  context: Context,
): Promise<Description> {
  using sources = await Sources.open(request, context)
  const dockerfile = parseDockerfile(sources.text, sources.path)
  const target = targetStage(dockerfile, request.target)
  switch (call) {
    case 'check':
      return { call, dockerfile, warnings: checkBuild(dockerfile, request, sources, context) }
    case 'outline': {
      const names = { dockerfile, contexts: request.contexts }
      return { call, dockerfile, outline: outline(names, target, scopeOf(dockerfile, request)) }
    }
    case 'targets':
      return { call, dockerfile, targets: listTargets(dockerfile) }
  }
}

/** What the checks have to say. Base images are looked at where they are here, and not fetched. */
export function checkBuild(
  dockerfile: Dockerfile,
  request: Described,
  { tree }: Pick<Sources, 'tree'>,
  context: Context,
): Warning[] {
  const store = new ImageStore(context.directories)
  const ignored = new Patterns(tree.ignore)
  return lint(dockerfile, {
    scope: scopeOf(dockerfile, request),
    baseEnvironment: (base) => environmentOf(store, base),
    ...(ignored.length === 0 ? {} : { isIgnored: (path: string) => ignored.matchPath(path).matched }),
  })
}

/** `# check=error=true`. @throws SampanError naming the rules, before anything is built */
export function refuseWarnings(
  dockerfile: Dockerfile,
  request: Described,
  check: () => readonly Warning[],
): void {
  if (!checkDirective(dockerfile, { scope: scopeOf(dockerfile, request) }).error) return
  const warnings = check()
  if (warnings.length === 0) return
  const names = [...new Set(warnings.map(({ rule }) => rule))].sort()
  throw new SampanError(`lint violation found for rules: ${names.join(', ')}`, {
    exitCode: 1,
    hint: `${dockerfile.path} asks for this by "# check=error=true"; build --check shows the lines`,
  })
}

function scopeOf({ directives }: Dockerfile, { buildArgs, platform, target }: Described): ScopeInput {
  const build = hostPlatform()
  return {
    escapeChar: directives.escape,
    buildArgs,
    build,
    target: platform ?? build,
    ...(target === undefined ? {} : { targetStage: target }),
  }
}

function environmentOf(store: ImageStore, base: string): readonly string[] | undefined {
  try {
    return store.lookUp(base)?.config.config.Env
  } catch (error) {
    // A name that can be none, an image that is damaged: the build says so.
    if (error instanceof SampanError) return undefined
    throw error
  }
}
