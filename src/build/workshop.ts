/** What the steps of one build work with. The operation that runs the build makes it. */
import type { CreateRequest } from '../containers/request.ts'
import type { Image, ImageStore } from '../images/store.ts'
import type { Platform } from '../oci/platform.ts'
import type { BuildCache } from './cache.ts'
import type { NamedContext } from './context/types.ts'
import type { FolderTree } from './copy/types.ts'
import type { BuildProgress } from './progress.ts'
import type { StepPlace } from './run/container.ts'
import type { Secret } from './run/secret.ts'
import type { Slots } from './slots.ts'

export interface Workshop {
  readonly store: ImageStore
  readonly cache: BuildCache
  readonly place: StepPlace
  readonly slots: Slots
  /** What is built for. */
  readonly platform: Platform
  readonly progress: BuildProgress
  /** Aborted by the first failure, and by the person. */
  readonly signal: AbortSignal
  /** Where COPY and ADD find their files without `--from`. */
  readonly context: FolderTree
  /** `--build-context`, by name in lower case. */
  readonly contexts: ReadonlyMap<string, NamedContext>
  /** The files of a named context: a folder, or what is fetched into one. */
  files(words: string): Promise<FolderTree>
  /** `--secret`, by id. */
  readonly secrets: ReadonlyMap<string, Secret>
  /** `--ssh`: sockets of agents, by id. */
  readonly ssh: ReadonlyMap<string, string>
  /** Put before the ids of cache mounts (BUILDKIT_CACHE_MOUNT_NS). */
  readonly cacheNamespace: string
  /** `--allow security.insecure`. */
  readonly insecure: boolean
  /** The image of a named context that is an OCI layout. */
  layout(path: string, reference: string): Promise<Image>
  /** The image a FROM or `--from` names: what is here, or pulled. Its layers stay for as long as the build runs. */
  image(name: string, platform: Platform | undefined): Promise<Image>
  /** What every RUN's container has in common; the step adds command, environment and mounts. */
  readonly request: CreateRequest
  /** What of `request` decides what a RUN writes, for the cache: added hosts, limits it can see. */
  readonly requestIdentity: Readonly<Record<string, unknown>>
  readonly options: BuildOptions
}

export interface BuildOptions {
  /** Seconds of 1970 for new files and the image; `base`: when the base image was made; `none`: their own times. */
  readonly epoch: number | 'base' | 'none'
  /** True: no step is taken from the cache. */
  readonly noCache: boolean
  /** Milliseconds of 1970: what the cache had before is made again. */
  readonly notBefore: number | undefined
  /** Stages (names, in lower case) whose steps are not taken from the cache. */
  readonly noCacheStages: readonly string[]
  /** Stages one after another, in the order of the file: for progress that has one line of events. */
  readonly oneByOne: boolean
  /** The labels of base images stay. */
  readonly inheritLabels: boolean
  /** Every stage up to the target is built, needed or not. */
  readonly allStages: boolean
  /** What a failed RUN had written becomes a layer all the same, for the person to look at. */
  readonly keepFailed: boolean
}
