/** What a COPY or ADD writes, thing by thing: the list that goes from the plan to the job that does it. */

export type ItemKind = 'file' | 'folder' | 'link' | 'fifo'

export interface Item {
  /** Below the place of its source; '' is that itself. A byte string. */
  readonly to: string
  readonly kind: ItemKind
  /** Permission bits, the setuid family included. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Nanoseconds since 1970, as digits. */
  readonly mtime: string
  /** Where it is read: a byte string. */
  readonly from: string
  /** Of a file given in the Dockerfile: its text. */
  readonly content?: string
  /** Of a file: its size, what its state is known by (digests.ts), and the digest of its bytes. */
  readonly size?: number
  readonly stamp?: string
  readonly digest?: string
  /** Of a file with several names: the same for each. */
  readonly inode?: string
  /** Of a link. */
  readonly target?: string
  /** Name to value in base64. */
  readonly xattrs?: Readonly<Record<string, string>>
  /** A folder on the way to what was asked for (`--parents`): one that is there keeps its mode and owner. */
  readonly onTheWay?: true
}

/** One source, found. */
export interface Piece {
  /**
   * `contents`: what is in a folder goes into the destination. `single`: a file, under its own name where the
   * destination is a folder. `below`: everything goes below the destination (`--parents`). `archive`: its entries do.
   */
  readonly form: 'contents' | 'single' | 'below' | 'archive'
  /** The last part of the source's path: a byte string. */
  readonly name: string
  readonly items: readonly Item[]
}
