/** What this program is, in the shape of Docker's `version`: a client and a server, here one executable. */
import { release } from 'node:os'
import { hostPlatform } from '../oci/platform.ts'
import { build } from '../platform/host/build.ts'

/** The Docker API whose JSON shapes `inspect` and the lists have. */
export const API_VERSION = '1.47'

export interface Version {
  readonly Client: ClientVersion
  readonly Server: ServerVersion
}

export interface ClientVersion {
  readonly Version: string
  readonly ApiVersion: string
  readonly DefaultAPIVersion: string
  readonly GitCommit: string
  /** Empty: no Go here. Templates that print it keep working. */
  readonly GoVersion: string
  readonly BunVersion: string
  readonly Os: string
  readonly Arch: string
  readonly BuildTime: string
  readonly Context: string
}

export interface ServerVersion {
  readonly Platform: { readonly Name: string }
  readonly Components: readonly Component[]
  readonly Version: string
  readonly ApiVersion: string
  readonly MinAPIVersion: string
  readonly GitCommit: string
  readonly GoVersion: string
  readonly Os: string
  readonly Arch: string
  readonly KernelVersion: string
  readonly Experimental: boolean
  readonly BuildTime: string
}

export interface Component {
  readonly Name: string
  readonly Version: string
  readonly Details: Readonly<Record<string, string>>
}

export function version(): Version {
  const { os, architecture } = hostPlatform()
  const common = {
    Version: build.version,
    ApiVersion: API_VERSION,
    GitCommit: build.commit,
    GoVersion: '',
    Os: os,
    Arch: architecture,
    BuildTime: build.time,
  }
  const bun = process.versions.bun ?? ''
  const details = {
    ApiVersion: API_VERSION,
    Arch: architecture,
    BuildTime: build.time,
    GitCommit: build.commit,
    Os: os,
  }
  return {
    Client: { ...common, DefaultAPIVersion: API_VERSION, BunVersion: bun, Context: 'default' },
    Server: {
      ...common,
      Platform: { Name: 'sampan' },
      Components: [
        { Name: 'Engine', Version: build.version, Details: { ...details, KernelVersion: release() } },
        { Name: 'bun', Version: bun, Details: {} },
      ],
      MinAPIVersion: '1.24',
      KernelVersion: release(),
      Experimental: false,
    },
  }
}
