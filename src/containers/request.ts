/** What `create` and `run` ask for, parsed but not yet joined with the image: the input of the create operation. */

import type { Rlimit } from '../oci/runtime-spec.ts'
import type { Access } from '../platform/registry/access.ts'
import type { SecretRequest } from '../secrets/secret-flag.ts'
import type { MountRequest } from '../volumes/mounts.ts'
import type { AccountsRequest } from './accounts.ts'
import type {
  DeviceRecord,
  Limits,
  LogConfig,
  NamespacesRecord,
  NetworkRecord,
  RestartPolicy,
  SecurityRecord,
} from './record.ts'
import type { HealthFlags } from './values/policies.ts'
import type { UserNamespaceMode } from './values/user-namespace.ts'

export type PullPolicy = 'always' | 'missing' | 'never' | 'newer'

export interface CreateRequest {
  readonly image: string
  /** `os/arch[/variant]`, undefined: this machine's. */
  readonly platform: string | undefined
  readonly pull: PullPolicy
  /** Of the registry, for an image that is pulled. */
  readonly access: Access
  readonly quiet: boolean
  /** Checked; undefined: a random one. */
  readonly name: string | undefined
  /** Remove a container that has the name first. */
  readonly replace: boolean
  readonly createCommand: readonly string[]
  readonly process: ProcessRequest
  /** undefined: the first twelve digits of the id. */
  readonly hostname: string | undefined
  readonly domainname: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly mounts: readonly MountRequest[]
  /** Of a read-only container: those of them that nothing else is mounted on. */
  readonly spareFolders: readonly MountRequest[]
  /** Containers to start first, as typed. */
  readonly requires: readonly string[]
  /** `CONTAINER[:ro]`. */
  readonly volumesFrom: readonly string[]
  readonly secrets: readonly SecretRequest[]
  /** What the image's VOLUMEs become. */
  readonly imageVolumes: 'anonymous' | 'tmpfs' | 'ignore'
  readonly network: NetworkRecord
  /** Containers of `container:X` as typed. */
  readonly namespaces: Omit<NamespacesRecord, 'user'>
  readonly userNamespace: UserNamespaceMode
  readonly security: SecurityRecord
  readonly limits: Limits
  readonly devices: readonly DeviceRecord[]
  readonly sysctls: Readonly<Record<string, string>>
  readonly shmSize: number
  readonly init: boolean
  /** undefined: the image's, else SIGTERM and ten seconds. */
  readonly stopSignal: number | undefined
  readonly stopTimeout: number | undefined
  readonly timeout: number
  readonly restart: RestartPolicy
  readonly health: HealthFlags
  readonly log: LogConfig
  readonly autoRemove: boolean
  readonly runtime: string | undefined
  readonly cidFile: string
  readonly pidFile: string
}

export interface ProcessRequest {
  /** undefined: the image's; empty: none. Given, the image's CMD is not used either. */
  readonly entrypoint: readonly string[] | undefined
  /** Empty: the image's. */
  readonly command: readonly string[]
  /** `KEY=VALUE`, or `KEY` to take away. */
  readonly environment: readonly string[]
  /** `--env-merge`: `KEY=VALUE` with $KEY of the image's variables in it. */
  readonly merged: readonly string[]
  /** Nothing of the image's variables. */
  readonly unsetAll: boolean
  readonly directory: string | undefined
  readonly user: string | undefined
  readonly groupAdd: readonly string[]
  readonly accounts: AccountsRequest
  readonly terminal: boolean
  readonly stdin: boolean
  readonly attach: readonly ('stdin' | 'stdout' | 'stderr')[]
  readonly ulimits: readonly Rlimit[]
  readonly umask: number | null
  readonly oomScoreAdj: number
}
