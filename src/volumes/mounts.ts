/** What is mounted into a container besides its root file system. */
import type { VolumeDetails } from './store.ts'

export type Propagation = 'private' | 'rprivate' | 'shared' | 'rshared' | 'slave' | 'rslave'

interface MountBase {
  /** Absolute and clean, inside the container. */
  readonly destination: string
  readonly readOnly: boolean
}

/** What a folder of the host and a volume can both be asked for. */
interface FolderMount extends MountBase {
  /** `noexec`, `nosuid`, `nodev` and their opposites. */
  readonly flags?: readonly string[]
  /** `U`: all of it is given to the container's user at every start. */
  readonly owned?: boolean
  /** `O`: changes are the container's own, and go at its next start. */
  readonly overlay?: boolean
  /** Numbers of owners on disk are those of the container: what they are unless its user namespace shows others. */
  readonly sameIds?: boolean
}

export interface BindMount extends FolderMount {
  readonly type: 'bind'
  /** Absolute host path. */
  readonly source: string
  readonly propagation: Propagation
  /** Submounts too; `bind-nonrecursive` turns it off. */
  readonly recursive: boolean
  /** `bind-recursive=readonly`: and they are read-only as well. */
  readonly readOnlyBelow?: boolean
  /** A folder of whiteouts laid over the source, which hides what is named in it. */
  readonly cover?: string
  /** The mode words as typed (`ro,z`), for inspect. */
  readonly mode: string
  /** Whether it came from `-v` (listed in HostConfig.Binds) or `--mount`. */
  readonly from: 'volume' | 'mount'
}

export interface VolumeMount extends FolderMount {
  readonly type: 'volume'
  readonly name: string
  /** Nobody named it: goes with `rm -v` and `--rm`. */
  readonly anonymous: boolean
  /** Path below the volume's root, '' for all of it. */
  readonly subpath: string
  readonly noCopy: boolean
  /** The volume is memory: options of the tmpfs. */
  readonly memory?: readonly string[]
  readonly mode: string
  readonly from: 'volume' | 'mount' | 'image'
}

export interface TmpfsMount extends MountBase {
  readonly type: 'tmpfs'
  /** Bytes, 0: the kernel's own half of memory. */
  readonly size: number
  /** Permission bits, default 0o1777. */
  readonly mode: number
  /** Further mount(8) words as typed: `noexec`, `nodev` … */
  readonly options: readonly string[]
  readonly from: 'tmpfs' | 'mount'
}

/** The files of an image. */
export interface ImageMount extends MountBase {
  readonly type: 'image'
  /** As typed. */
  readonly source: string
  /** Config digest. */
  readonly id: string
  /** diffIDs and short names in DATA/l, bottom layer first. */
  readonly layers: readonly string[]
  readonly links: readonly string[]
  /** A folder of the image; all of it without. */
  readonly subpath?: string
  readonly from: 'mount'
}

export type MountRecord = BindMount | VolumeMount | TmpfsMount | ImageMount

/** A mount as asked for: a volume may have no name yet, and `--mount` binds only what exists unless told to `create`. */
export type MountRequest =
  | (BindMount & { readonly create?: boolean })
  | (Omit<VolumeMount, 'name' | 'anonymous' | 'memory'> & {
      readonly name: string | undefined
      /** `volume-label` and `volume-opt`, for a volume that is not there yet. */
      readonly details?: Pick<VolumeDetails, 'labels' | 'options'>
    })
  | TmpfsMount
  | ImageMountRequest

/** Before the image is looked up. */
export type ImageMountRequest = Omit<ImageMount, 'id' | 'layers' | 'links'>

type VolumeRequest = Extract<MountRequest, { readonly type: 'volume' }>

/** A writable volume without a name, all of it, filled from the image; `details` say otherwise. */
export function volumeRequest(
  destination: string,
  details: Partial<VolumeRequest> & Pick<VolumeRequest, 'from'>,
): VolumeRequest {
  return {
    type: 'volume',
    name: undefined,
    destination,
    readOnly: false,
    subpath: '',
    noCopy: false,
    mode: '',
    ...details,
  }
}
