/**
 * `container.json`: what was asked for, every default filled in and every name resolved. Written by `create`, and again
 * when `network connect` and `disconnect` change where it is attached (under `start.lock`); `config.json` and
 * `sampan.json` are made from it at every start.
 */

import type { Attachment, Link } from '../networks/attachment.ts'
import type { NetworkMode } from '../networks/mode.ts'
import type { PortMapping, PortSpec } from '../networks/ports.ts'
import type { IdMapping, LinuxSeccomp, Rlimit } from '../oci/runtime-spec.ts'
import type { MountRecord } from '../volumes/mounts.ts'
import type { SecretRecord } from './secrets.ts'

export interface ContainerRecord {
  readonly version: 1
  /** 64 hex digits. */
  readonly id: string
  readonly name: string
  /** RFC 3339 with nanoseconds, UTC. */
  readonly created: string
  /** The command line that made it, argv0 first. */
  readonly createCommand: readonly string[]
  readonly image: ImageOfContainer
  readonly process: ProcessRecord
  readonly hostname: string
  readonly domainname: string
  readonly labels: Readonly<Record<string, string>>
  /** `--secret`: what it says is in the bundle only. */
  readonly secrets?: readonly SecretRecord[]
  readonly annotations: Readonly<Record<string, string>>
  /** In the order they are mounted: shorter destinations first. */
  readonly mounts: readonly MountRecord[]
  /** As typed, for inspect. */
  readonly volumesFrom: readonly string[]
  /** Full ids of those that are started first. */
  readonly requires?: readonly string[]
  readonly network: NetworkRecord
  readonly namespaces: NamespacesRecord
  readonly security: SecurityRecord
  readonly limits: Limits
  readonly devices: readonly DeviceRecord[]
  readonly sysctls: Readonly<Record<string, string>>
  /** Bytes of /dev/shm. */
  readonly shmSize: number
  readonly init: boolean
  readonly stop: { readonly signal: number; readonly timeout: number }
  /** Seconds a run may take; 0: any. */
  readonly timeout: number
  readonly restart: RestartPolicy
  readonly health: HealthCheck | null
  readonly log: LogConfig
  /** `--rm`. */
  readonly autoRemove: boolean
  /** Made for one step of a build: its files become a layer, and nothing of it is to survive a power cut. */
  readonly transient?: true
  readonly storage: { readonly driver: 'overlay' | 'fuse-overlayfs' | 'vfs' }
  /** An OCI runtime to use instead of the helper's own init, as given. */
  readonly runtime: string | null
  readonly cidFile: string
  /** Absolute; '' for none. */
  readonly pidFile: string
}

export interface ImageOfContainer {
  /** As typed, shortened to the familiar form: what `ps` shows. */
  readonly name: string
  /** Config digest, `sha256:…`. */
  readonly id: string
  readonly manifest: string
  /** `linux/amd64` … */
  readonly platform: string
  /** diffIDs, bottom layer first. */
  readonly layers: readonly string[]
  /** Short names in DATA/l, bottom layer first. */
  readonly links: readonly string[]
}

/** A line of the container's /etc/passwd or /etc/group. */
export interface AccountLine {
  readonly path: string
  readonly line: string
}

export interface ProcessRecord {
  /** What is executed: entrypoint and command. */
  readonly entrypoint: readonly string[] | null
  readonly command: readonly string[] | null
  /** `KEY=VALUE`: the image's and those asked for. What every process gets besides is added by containers/environment.ts. */
  readonly environment: readonly string[]
  /** Home folder of the user, for HOME where the environment has none. */
  readonly home: string
  /** Absolute. */
  readonly directory: string
  /** As typed or the image's: `''` is root. */
  readonly user: string
  readonly uid: number
  readonly gid: number
  readonly groups: readonly number[]
  readonly groupAdd: readonly string[]
  /** `--group-add keep-groups`: those of the person, whatever they are called inside. */
  readonly keepGroups?: boolean
  /** What its accounts files are to have besides the image's. */
  readonly accounts?: readonly AccountLine[]
  readonly terminal: boolean
  /** `-i`. */
  readonly stdin: boolean
  /** Which streams `run` connects; empty for `-d`. */
  readonly attach: readonly ('stdin' | 'stdout' | 'stderr')[]
  readonly ulimits: readonly Rlimit[]
  readonly umask: number | null
  readonly oomScoreAdj: number
}

export interface NetworkRecord {
  readonly mode: NetworkMode
  /** Of mode bridge: where it is attached, in this order. */
  readonly networks: readonly Attachment[]
  /** `--link`. */
  readonly links: readonly Link[]
  /** What was published by `-p` and `-P`; a host port of 0 means: choose one at every start. */
  readonly ports: readonly PortMapping[]
  /** `--expose` and the image's EXPOSE. */
  readonly exposed: readonly PortSpec[]
  readonly publishAll: boolean
  readonly dns: readonly string[]
  readonly dnsSearch: readonly string[]
  readonly dnsOptions: readonly string[]
  /** `name:address`, `host-gateway` allowed as address. */
  readonly extraHosts: readonly string[]
  /** The host's own services on 127.0.0.1 and ::1 are not for it. */
  readonly noHostLoopback?: boolean
  /** `--hosts-file`: the absolute path of a file of the host, `image`, or `none`. */
  readonly hostsFile?: string
  /** The image's own file stays. */
  readonly noHosts?: boolean
  readonly noHostname?: boolean
}

/** `private`: its own. `host`: ours. Another container: its full id. */
/** `none`: of ipc only, a private one without /dev/shm. */
export type NamespaceMode = 'private' | 'none' | 'host' | { readonly container: string }

export interface NamespacesRecord {
  readonly pid: NamespaceMode
  /** `none` and `shareable` of Docker are `private` here: any container of this user may be joined. */
  readonly ipc: NamespaceMode
  readonly uts: NamespaceMode
  readonly cgroup: 'private' | 'host' | { readonly container: string }
  /** null: the one all containers share. */
  readonly user: UserNamespaceRecord | null
}

/** Rows count in the shared namespace: its 0 is the person, 1 and on are the subordinate ids. */
export interface UserNamespaceRecord {
  /** For inspect: `keep-id`, `auto`, `nomap`, `private`, `container:ID`. */
  readonly mode: string
  /** Whose it is, when not our own: a full id. */
  readonly container: string | null
  readonly uidMappings: readonly IdMapping[]
  readonly gidMappings: readonly IdMapping[]
  /** Of keep-id: who the person is inside, and the program's user unless another is asked for. */
  readonly person: { readonly uid: number; readonly gid: number } | null
}

export interface SecurityRecord {
  readonly capabilities: readonly string[]
  readonly capAdd: readonly string[]
  readonly capDrop: readonly string[]
  readonly privileged: boolean
  readonly noNewPrivileges: boolean
  /** A profile from a file is kept whole: the file may change or go. */
  readonly seccomp: 'default' | 'unconfined' | LinuxSeccomp
  /** As typed, for inspect. */
  readonly options: readonly string[]
  readonly readOnly: boolean
  readonly unmask: boolean
}

/** 0 or '' is "no limit". Bytes, and the kernel's own units. */
export interface Limits {
  readonly memory: number
  /** What it keeps when memory gets short. */
  readonly memoryReservation: number
  /** Memory and swap together, -1 for unlimited swap. */
  readonly memorySwap: number
  readonly nanoCpus: number
  readonly cpuQuota: number
  readonly cpuPeriod: number
  readonly cpuShares: number
  readonly cpusetCpus: string
  readonly cpusetMems: string
  readonly pids: number
}

export interface DeviceRecord {
  readonly host: string
  readonly container: string
  /** Of `rwm`: kept for inspect, a user namespace can only pass what the user may open. */
  readonly permissions: string
}

export interface RestartPolicy {
  readonly policy: 'no' | 'always' | 'unless-stopped' | 'on-failure'
  /** 0: no limit. */
  readonly retries: number
}

/** Durations in nanoseconds, as images have them. */
export interface HealthCheck {
  /** `['CMD', …]`, `['CMD-SHELL', …]`. */
  readonly test: readonly string[]
  readonly interval: number
  readonly timeout: number
  readonly startPeriod: number
  readonly startInterval: number
  readonly retries: number
  /** When it becomes unhealthy. */
  readonly onFailure: HealthAction
}

export type HealthAction = 'none' | 'kill' | 'restart' | 'stop'

export type LogDriver = 'json-file' | 'k8s-file' | 'journald' | 'passthrough' | 'none'

export interface LogConfig {
  readonly driver: LogDriver
  /** Bytes. */
  readonly maxSize: number
  readonly maxFiles: number
  /** As typed, for inspect. */
  readonly options: Readonly<Record<string, string>>
}

/** Whether its files may be lost with the power: saves the waits for the disk. */
export function isTransient({
  autoRemove,
  transient,
}: Pick<ContainerRecord, 'autoRemove' | 'transient'>): boolean {
  return autoRemove || transient === true
}

/** Checks the shape far enough that the rest of the program may trust it. Throws for anything else. */
export function parseContainerRecord(value: unknown): ContainerRecord {
  const record = value as Partial<ContainerRecord> | null
  if (typeof record !== 'object' || record === null) throw new Error('not an object')
  if (record.version !== 1) throw new Error(`version ${String(record.version)} is not one this program knows`)
  if (typeof record.id !== 'string' || typeof record.name !== 'string' || record.process === undefined) {
    throw new Error('it lacks id, name or process')
  }
  // Written before there were bridges, and before each of the others.
  const { network, namespaces, health, limits, timeout, pidFile } = record as ContainerRecord
  const bridges = { networks: network?.networks ?? [], links: network?.links ?? [] }
  return {
    ...(record as ContainerRecord),
    limits: { ...{ memoryReservation: 0, cpusetMems: '' }, ...limits },
    timeout: timeout ?? 0,
    pidFile: pidFile ?? '',
    health: health === null ? null : { ...health, onFailure: health.onFailure ?? 'none' },
    network: { ...network, ...bridges },
    namespaces: { ...namespaces, user: namespaces?.user ?? null },
  }
}
