/** `build`: from words and a context to an image. */

import { availableParallelism } from 'node:os'
import type { Base } from '../build/attest/provenance.ts'
import { BuildCache } from '../build/cache.ts'
import type { NamedContext } from '../build/context/types.ts'
import { parseDockerfile } from '../build/dockerfile/parse.ts'
import type { Dockerfile } from '../build/dockerfile/types.ts'
import { buildTarget } from '../build/engine.ts'
import { annotationsOf, stepsOf, type UsedStep } from '../build/exchange.ts'
import { type Finish, finish } from '../build/finish.ts'
import type { Warning } from '../build/lint/types.ts'
import { unusedBuildArgs } from '../build/lint/unused-args.ts'
import type { CachePlace } from '../build/outputs/parse.ts'
import { type BuildProgress, canceled } from '../build/progress.ts'
import { buildContainers, sweepStepContainers } from '../build/run/container.ts'
import { openAgents, type SshSource } from '../build/run/ssh.ts'
import { Slots } from '../build/slots.ts'
import { squash } from '../build/squash.ts'
import type { StageState } from '../build/state.ts'
import type { BuildOptions, Workshop } from '../build/workshop.ts'
import type { Context } from '../cli/context.ts'
import { chooseDriver } from '../containers/driver.ts'
import type { CreateRequest } from '../containers/request.ts'
import { SampanError } from '../errors.ts'
import { sweepLeftovers } from '../images/archive-blob.ts'
import { type Image, ImageStore } from '../images/store.ts'
import { hostPlatform, type Platform } from '../oci/platform.ts'
import { helperPath } from '../platform/helper/embedded.ts'
import { readConfig } from '../platform/host/config.ts'
import { randomHex } from '../platform/host/random.ts'
import type { Access } from '../platform/registry/access.ts'
import { checkBuild, refuseWarnings } from './build/describe.ts'
import { exportCaches, openCacheSources } from './build/exchange.ts'
import { BaseImages } from './build/images.ts'
import { exportResults, type ResultsRequest } from './build/results.ts'
import { Sources, type SourcesRequest } from './build/sources.ts'
import { limitCache } from './build-cache.ts'
import { surroundings } from './create.ts'
import type { PullPolicy } from './ensure-image.ts'

export interface BuildRequest extends SourcesRequest, ResultsRequest, Finish {
  /** `--build-context`, by name in lower case. */
  readonly contexts: ReadonlyMap<string, NamedContext>
  /** `--ssh`, by id. */
  readonly ssh: ReadonlyMap<string, SshSource>
  /** `--allow security.insecure`. */
  readonly insecure: boolean
  readonly target: string | undefined
  /** `--from`. */
  readonly from: string | undefined
  readonly squash: 'no' | 'new' | 'all'
  /** None: this machine's. */
  readonly platforms: readonly Platform[]
  readonly platform: Platform | undefined
  readonly pull: PullPolicy
  readonly access: Access
  /** Steps at a time; undefined: as many as there are processors, four at least. */
  readonly jobs: number | undefined
  /** What every RUN's container has in common. */
  readonly step: CreateRequest
  /** What of it decides what a RUN writes. */
  readonly stepIdentity: Readonly<Record<string, unknown>>
  readonly options: BuildOptions
  readonly cacheFrom: readonly CachePlace[]
  readonly cacheTo: readonly CachePlace[]
}

export interface Built {
  readonly image: Image
  /** Of the build checks; bases that had to be pulled are taken into account. */
  readonly warnings: readonly Warning[]
}

/**
 * Builds and names the image. Nothing of it runs any more, and no container of it is left, when this returns or throws.
 */
export async function build(
  request: BuildRequest,
  progress: BuildProgress,
  context: Context,
): Promise<Built> {
  // A cache that cannot be used is told before anything else.
  helperPath(context.directories)
  using held = new DisposableStack()
  const agents = await openAgents(request.ssh, context.directories, held)
  using sources = await Sources.open({ ...request, sshAgent: agents.get('default') }, context)
  const dockerfile = parseDockerfile(sources.text, sources.path)
  refuseWarnings(dockerfile, request, () => checkBuild(dockerfile, request, sources, context))
  const unused = unusedBuildArgs(dockerfile, request.buildArgs)
  if (unused.length > 0) progress.warn(`One or more build-args [${unused.join(' ')}] were not consumed`)
  const store = new ImageStore(context.directories)
  sweepLeftovers(store)
  const place = { store, progress, context, agents, access: request.access }
  const caches = await openCacheSources(request.cacheFrom, held, place)
  const cache = held.use(
    new BuildCache(store, caches, (sentence) => progress.warn(sentence), request.options.notBefore),
  )
  const results: Result[] = []
  const started = new Date()
  // One platform after the other: the steps of each are beside each other already.
  for (const platform of request.platforms.length === 0 ? [undefined] : request.platforms) {
    const own = { ...request, platform }
    const first = withFirstBase(dockerfile, request.from)
    const { state, steps, bases } = await buildStages(first, own, sources, cache, place)
    results.push({ state, steps, bases, last: finish(await squashed(state, request.squash, store), request) })
  }
  const [{ state, steps, last }] = results as [Result]
  const image = await exportResults(
    results.map((result) => result.last),
    withInlineCache(request, last, steps),
    {
      ...factsOf(request, sources),
      started,
      finished: new Date(),
      bases: results.flatMap(({ bases }) => bases),
    },
    place,
  )
  await exportCaches(request.cacheTo, steps, state, place)
  return { image, warnings: checkBuild(dockerfile, request, sources, context) }
}

/** What was built for one platform, and what options made of it. */
interface Result {
  readonly state: StageState
  readonly steps: readonly UsedStep[]
  readonly bases: readonly Base[]
  readonly last: StageState
}

/** What provenance says of the request. */
function factsOf({ target, buildArgs, labels }: BuildRequest, { path, text, source }: Sources) {
  const invocation = randomHex(16)
  return {
    invocation,
    builderPlatform: hostPlatform(),
    dockerfile: { path, text },
    source,
    target,
    buildArgs,
    labels,
  }
}

/** Where a build works, and whom it tells. */
interface Place {
  readonly store: ImageStore
  readonly progress: BuildProgress
  readonly context: Context
  /** Sockets of ssh agents, by id. */
  readonly agents: ReadonlyMap<string, string>
  /** Of all registries that it needs. */
  readonly access: Access
}

/** `--from`: another image in place of the one after the first FROM. */
function withFirstBase(dockerfile: Dockerfile, from: string | undefined): Dockerfile {
  const [first, ...rest] = dockerfile.stages
  if (from === undefined || first === undefined) return dockerfile
  return { ...dockerfile, stages: [{ ...first, base: from }, ...rest] }
}

async function squashed(
  state: StageState,
  which: BuildRequest['squash'],
  store: ImageStore,
): Promise<StageState> {
  if (which === 'no') return state
  return await squash(store, state, which === 'all' ? 0 : state.baseLayers)
}

async function buildStages(
  dockerfile: Dockerfile,
  request: BuildRequest,
  sources: Sources,
  cache: BuildCache,
  { store, progress, context, agents }: Place,
): Promise<Omit<Result, 'last'>> {
  const { directories, environment } = context
  using images = new BaseImages(
    store,
    { policy: request.pull, platform: request.platform, access: request.access },
    progress,
    context,
  )
  const around = { ...surroundings(context), containers: buildContainers(directories) }
  sweepStepContainers(around)
  const abort = new AbortController()
  const interrupted = () => abort.abort(new Interrupted())
  process.on('SIGINT', interrupted).on('SIGTERM', interrupted)
  const forced = context.storageDriver ?? readConfig(directories).storageDriver
  const workshop: Workshop = {
    store,
    cache,
    place: { around, driver: chooseDriver(directories, forced), environment },
    slots: new Slots(request.jobs ?? Math.max(4, availableParallelism())),
    platform: request.platform ?? hostPlatform(),
    progress,
    signal: abort.signal,
    context: sources.tree,
    contexts: request.contexts,
    secrets: request.secrets,
    ssh: agents,
    insecure: request.insecure,
    cacheNamespace: request.buildArgs.get('BUILDKIT_CACHE_MOUNT_NS') ?? '',
    files: (words) => sources.files(words),
    layout: (path, reference) => images.layout(path, reference),
    image: (name, platform) => images.get(name, platform),
    request: request.step,
    requestIdentity: request.stepIdentity,
    options: request.options,
  }
  const wanted = {
    target: request.target,
    buildArgs: request.buildArgs,
    buildPlatform: hostPlatform(),
  }
  try {
    const state = await buildTarget(dockerfile, wanted, workshop, (reason) => abort.abort(reason))
    return { state, steps: workshop.cache.used, bases: images.bases }
  } finally {
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted)
    if (workshop.cache.grown) limitCache(context)
  }
}

/** `--cache-to type=inline`: the image itself says which step made which layer. */
function withInlineCache(request: BuildRequest, state: StageState, steps: readonly UsedStep[]): BuildRequest {
  if (!request.cacheTo.some(({ type }) => type === 'inline')) return request
  return { ...request, annotations: { ...request.annotations, ...annotationsOf(stepsOf(state, steps)) } }
}

/** The person's ctrl-c. Docker's word for it. */
class Interrupted extends SampanError {
  constructor() {
    super(canceled, { exitCode: 130 })
  }
}
