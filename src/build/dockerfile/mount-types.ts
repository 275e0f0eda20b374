/** The mounts of RUN, as data. */

/** `RUN --mount=type=…`. Text members may hold variables where BuildKit expands them (`from`, `source`, `target`, `id`). */
export type RunMount = BindMount | CacheMount | TmpfsMount | SecretMount | SshMount

export interface BindMount {
  readonly type: 'bind'
  readonly target: string
  /** Inside `from`; default `/`. */
  readonly source: string
  /** Stage, image or named context; missing: the build context. */
  readonly from?: string
  /** True: writable, what is written is thrown away after the step. */
  readonly readWrite: boolean
}

export interface CacheMount {
  readonly type: 'cache'
  readonly target: string
  /** Default: the target. */
  readonly id: string
  readonly readOnly: boolean
  readonly sharing: 'shared' | 'private' | 'locked'
  readonly from?: string
  readonly source: string
  /** Of a new cache folder; default 0o755. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
}

export interface TmpfsMount {
  readonly type: 'tmpfs'
  readonly target: string
  /** Bytes. */
  readonly size?: number
}

export interface SecretMount {
  readonly type: 'secret'
  readonly id: string
  /** Missing only if the secret goes into `env` alone. Default `/run/secrets/ID`. */
  readonly target?: string
  readonly env?: string
  readonly required: boolean
  /** Default 0o400. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
}

export interface SshMount {
  readonly type: 'ssh'
  /** Default `default`. */
  readonly id: string
  /** Default `/run/buildkit/ssh_agent.N`, N counting the ssh mounts of the step. */
  readonly target: string
  readonly required: boolean
  /** Default 0o600. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
}
