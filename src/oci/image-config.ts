/** Image configurations (OCI image spec, config.md, with Docker's extra members). Pure. */
import { SampanError } from '../errors.ts'
import type { Digest } from './digest.ts'
import { parseDigest } from './digest.ts'
import type { JsonObject } from './json.ts'
import {
  asArray,
  asInteger,
  asObject,
  asString,
  asStringMap,
  asStrings,
  defined,
  optional,
  parseJson,
} from './json.ts'
import type { Platform } from './platform.ts'
import { normalise } from './platform.ts'

export interface ImageConfig {
  /** RFC 3339; missing in reproducible images. */
  readonly created?: string
  readonly author?: string
  readonly comment?: string
  readonly docker_version?: string
  readonly architecture: string
  readonly os: string
  readonly variant?: string
  readonly 'os.version'?: string
  readonly config: ContainerDefaults
  readonly rootfs: { readonly type: 'layers'; readonly diff_ids: readonly Digest[] }
  readonly history: readonly HistoryEntry[]
}

/** What a container made from the image runs, unless its creator says otherwise. Missing means not set. */
export interface ContainerDefaults {
  readonly User?: string
  readonly Env?: readonly string[]
  readonly Entrypoint?: readonly string[]
  readonly Cmd?: readonly string[]
  readonly WorkingDir?: string
  /** Keys `80/tcp`; the values say nothing. */
  readonly ExposedPorts?: Readonly<Record<string, object>>
  readonly Volumes?: Readonly<Record<string, object>>
  readonly Labels?: Readonly<Record<string, string>>
  readonly StopSignal?: string
  /** Seconds. */
  readonly StopTimeout?: number
  readonly Healthcheck?: Healthcheck
  readonly OnBuild?: readonly string[]
  readonly Shell?: readonly string[]
  readonly ArgsEscaped?: boolean
}

/** Times in nanoseconds, 0 or missing: inherit the default. */
export interface Healthcheck {
  readonly Test?: readonly string[]
  readonly Interval?: number
  readonly Timeout?: number
  readonly StartPeriod?: number
  readonly StartInterval?: number
  readonly Retries?: number
}

export interface HistoryEntry {
  readonly created?: string
  readonly created_by?: string
  readonly author?: string
  readonly comment?: string
  readonly empty_layer?: boolean
}

/** @throws SampanError (damaged) naming the member that is not what the specification says */
export function parseImageConfig(text: string, what: string): ImageConfig {
  const object = asObject(parseJson(text, what), what)
  const rootfs = asObject(object['rootfs'], `${what}: rootfs`)
  const diffIds = asStrings(rootfs['diff_ids'] ?? [], `${what}: rootfs.diff_ids`)
  return {
    ...defined({
      created: optional(object, 'created', what, asString),
      author: optional(object, 'author', what, asString),
      comment: optional(object, 'comment', what, asString),
      docker_version: optional(object, 'docker_version', what, asString),
      variant: optional(object, 'variant', what, asString),
      'os.version': optional(object, 'os.version', what, asString),
    }),
    architecture: optional(object, 'architecture', what, asString) ?? '',
    os: optional(object, 'os', what, asString) ?? '',
    config: readDefaults(optional(object, 'config', what, asObject) ?? {}, `${what}: config`),
    rootfs: {
      type: 'layers',
      diff_ids: diffIds.map((text, at) => parseDigest(text, `${what}: rootfs.diff_ids[${at}]`)),
    },
    history: (optional(object, 'history', what, asArray) ?? []).map((entry, at) =>
      readHistory(entry, `${what}: history[${at}]`),
    ),
  }
}

function readDefaults(object: JsonObject, what: string): ContainerDefaults {
  return defined({
    User: optional(object, 'User', what, asString),
    Env: optional(object, 'Env', what, asStrings),
    Entrypoint: optional(object, 'Entrypoint', what, asStrings),
    Cmd: optional(object, 'Cmd', what, asStrings),
    WorkingDir: optional(object, 'WorkingDir', what, asString),
    ExposedPorts: optional(object, 'ExposedPorts', what, asSet),
    Volumes: optional(object, 'Volumes', what, asSet),
    Labels: optional(object, 'Labels', what, asStringMap),
    StopSignal: optional(object, 'StopSignal', what, asString),
    StopTimeout: optional(object, 'StopTimeout', what, asInteger),
    Healthcheck: optional(object, 'Healthcheck', what, readHealthcheck),
    OnBuild: optional(object, 'OnBuild', what, asStrings),
    Shell: optional(object, 'Shell', what, asStrings),
    ArgsEscaped: object['ArgsEscaped'] === true ? true : undefined,
  }) as ContainerDefaults
}

function readHealthcheck(value: unknown, what: string): Healthcheck {
  const object = asObject(value, what)
  return defined({
    Test: optional(object, 'Test', what, asStrings),
    Interval: optional(object, 'Interval', what, asInteger),
    Timeout: optional(object, 'Timeout', what, asInteger),
    StartPeriod: optional(object, 'StartPeriod', what, asInteger),
    StartInterval: optional(object, 'StartInterval', what, asInteger),
    Retries: optional(object, 'Retries', what, asInteger),
  }) as Healthcheck
}

function readHistory(value: unknown, what: string): HistoryEntry {
  const object = asObject(value, what)
  return defined({
    created: optional(object, 'created', what, asString),
    created_by: optional(object, 'created_by', what, asString),
    author: optional(object, 'author', what, asString),
    comment: optional(object, 'comment', what, asString),
    empty_layer: object['empty_layer'] === true ? true : undefined,
  }) as HistoryEntry
}

/** Go's `map[string]struct{}`. */
function asSet(value: unknown, what: string): Readonly<Record<string, object>> {
  const object = asObject(value, what)
  for (const key of Object.keys(object)) asObject(object[key], `${what}.${key}`)
  return object as Readonly<Record<string, object>>
}

export function platformOf(config: ImageConfig): Platform {
  return normalise(config.os, config.architecture, config.variant)
}

/** Manifest and configuration must tell of the same number of layers, else layers and diffIDs cannot be paired. */
export function checkLayerCount(config: ImageConfig, layers: number, what: string): void {
  const diffIds = config.rootfs.diff_ids.length
  if (diffIds !== layers) {
    throw new SampanError(`${what}: the manifest has ${layers} layers, the configuration ${diffIds}`, {
      kind: 'damaged',
    })
  }
}
