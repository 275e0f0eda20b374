/**
 * The part of the OCI runtime specification 1.1 (`config.json`) that we write and the helper honours. Field names are
 * the specification's own; a field that is not here is refused by the helper, so adding one means teaching both sides.
 */

export interface Spec {
  readonly ociVersion: '1.0.2' | '1.1.0'
  readonly process: Process
  readonly root: { readonly path: string; readonly readonly: boolean }
  readonly hostname?: string
  readonly domainname?: string
  readonly mounts: readonly SpecMount[]
  readonly linux: Linux
  readonly annotations?: Readonly<Record<string, string>>
}

/** What is executed. Also the document that `exec` hands to the helper on a descriptor. */
export interface Process {
  readonly terminal: boolean
  readonly consoleSize?: { readonly height: number; readonly width: number }
  readonly user: ProcessUser
  readonly args: readonly string[]
  readonly env: readonly string[]
  /** Absolute. */
  readonly cwd: string
  readonly capabilities: ProcessCapabilities
  readonly rlimits?: readonly Rlimit[]
  readonly noNewPrivileges: boolean
  readonly oomScoreAdj?: number
}

export interface ProcessUser {
  readonly uid: number
  readonly gid: number
  readonly additionalGids?: readonly number[]
  readonly umask?: number
}

/** Names as `CAP_CHOWN`. */
export interface ProcessCapabilities {
  readonly bounding: readonly string[]
  readonly effective: readonly string[]
  readonly permitted: readonly string[]
  readonly inheritable: readonly string[]
  readonly ambient: readonly string[]
}

/** `type` as `RLIMIT_NOFILE`; values in the resource's own unit; never "unlimited" (2^64-1 is no JSON number in
 * JavaScript): the parser writes the caller's own hard limit instead, which is the most a plain user gets. */
export interface Rlimit {
  readonly type: string
  readonly soft: number
  readonly hard: number
}

export interface SpecMount {
  /** Absolute, inside the container. */
  readonly destination: string
  readonly type: string
  readonly source: string
  readonly options: readonly string[]
}

export type NamespaceType = 'mount' | 'pid' | 'ipc' | 'uts' | 'network' | 'cgroup' | 'user'

export interface Namespace {
  readonly type: NamespaceType
  /** Absent: a new one. */
  readonly path?: string
}

export interface IdMapping {
  readonly containerID: number
  readonly hostID: number
  readonly size: number
}

export interface Device {
  readonly type: 'c' | 'b' | 'p' | 'u'
  readonly path: string
  readonly major: number
  readonly minor: number
  readonly fileMode?: number
  readonly uid?: number
  readonly gid?: number
}

export interface Linux {
  readonly namespaces: readonly Namespace[]
  readonly uidMappings?: readonly IdMapping[]
  readonly gidMappings?: readonly IdMapping[]
  readonly devices?: readonly Device[]
  readonly sysctl?: Readonly<Record<string, string>>
  readonly maskedPaths: readonly string[]
  readonly readonlyPaths: readonly string[]
  readonly seccomp?: LinuxSeccomp
  readonly rootfsPropagation?: 'private' | 'slave' | 'shared' | 'rprivate' | 'rslave' | 'rshared'
}

export interface LinuxSeccomp {
  readonly defaultAction: SeccompAction
  readonly defaultErrnoRet?: number
  readonly architectures?: readonly string[]
  readonly flags?: readonly string[]
  readonly syscalls?: readonly LinuxSyscall[]
}

export type SeccompAction =
  | 'SCMP_ACT_KILL'
  | 'SCMP_ACT_KILL_PROCESS'
  | 'SCMP_ACT_KILL_THREAD'
  | 'SCMP_ACT_TRAP'
  | 'SCMP_ACT_ERRNO'
  | 'SCMP_ACT_TRACE'
  | 'SCMP_ACT_ALLOW'
  | 'SCMP_ACT_LOG'

export interface LinuxSyscall {
  readonly names: readonly string[]
  readonly action: SeccompAction
  readonly errnoRet?: number
  readonly args?: readonly SeccompArgument[]
}

export interface SeccompArgument {
  readonly index: number
  readonly value: number
  readonly valueTwo?: number
  readonly op:
    | 'SCMP_CMP_NE'
    | 'SCMP_CMP_LT'
    | 'SCMP_CMP_LE'
    | 'SCMP_CMP_EQ'
    | 'SCMP_CMP_GE'
    | 'SCMP_CMP_GT'
    | 'SCMP_CMP_MASKED_EQ'
}
