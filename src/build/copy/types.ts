/**
 * What COPY and ADD are made of. `planCopy` (plan.ts) reads the sources and says what a step would do, with a digest
 * for the cache; `applyCopy` (apply.ts) does it, in a fresh upper folder.
 */

/** One COPY or ADD of a Dockerfile, its words expanded. */
export interface CopyRequest {
  readonly instruction: 'COPY' | 'ADD'
  /** As written: paths, wildcards; with ADD also URLs and git addresses. Heredocs are not among them. */
  readonly sources: readonly string[]
  /** Files given in the Dockerfile itself, their contents expanded where they ask for that. */
  readonly heredocs: readonly { readonly name: string; readonly content: string }[]
  /** As written: the slash at its end counts. */
  readonly destination: string
  /** WORKDIR at this instruction, absolute. */
  readonly directory: string
  /** `--chown`, as written. */
  readonly chown: string | undefined
  /** `--chmod`, octal or symbolic. */
  readonly chmod: string | undefined
  readonly link: boolean
  readonly parents: boolean
  readonly exclude: readonly string[]
  /** ADD only: `sha256:…` of a file, or a commit. */
  readonly checksum: string | undefined
  readonly keepGitDir: boolean
  /** ADD only; undefined: local archives are unpacked, those of URLs are not. */
  readonly unpack: boolean | undefined
}

/** What a COPY is without options. */
export const plainCopy = {
  heredocs: [],
  chown: undefined,
  chmod: undefined,
  link: false,
  parents: false,
  exclude: [],
  checksum: undefined,
  keepGitDir: false,
  unpack: undefined,
} as const satisfies Partial<CopyRequest>

/** Where sources are read from: the build context, or with `--from` a stage, an image or a named context. */
export type SourceTree = FolderTree | LayersTree

/** A folder of the host. Its files become root's. */
export interface FolderTree {
  readonly kind: 'folder'
  /** Absolute, no links in it: nothing outside of it is ever read. */
  readonly path: string
  /** Patterns of `.dockerignore`, in their order. */
  readonly ignore: readonly string[]
}

/** The layers of an image or of a stage. Files keep their owners. */
export interface LayersTree {
  readonly kind: 'layers'
  /** Folders as an overlay has them, the top one first. */
  readonly folders: readonly string[]
}

/** What a step would copy: sources are found, read and digested, and what had to be fetched is here. */
export interface CopyPlan extends Disposable {
  /**
   * `sha256:…` of all that decides what is written, but for what is below the destination: names, kinds, modes, owners,
   * link targets, attributes and bytes of the sources (not their times), and the request itself.
   */
  readonly digest: string
  /** Regular files, and their bytes. */
  readonly files: number
  readonly bytes: number
  /** Sentences for the person, as: a wildcard that matched nothing but what .dockerignore leaves out. */
  readonly warnings: readonly string[]
  /** For applyCopy alone. */
  readonly work: CopyWork
  /** Removes what was fetched for the plan. */
  [Symbol.dispose](): void
}

/** Opaque to the engine. */
export interface CopyWork {
  readonly request: CopyRequest
  readonly items: readonly unknown[]
}

/** Where a step writes. */
export interface CopyTarget {
  /** A folder that exists: empty, or holding what earlier parts of the same step wrote. */
  readonly upper: string
  /** Folders of the layers below, the top one first. */
  readonly lowers: readonly string[]
}

export interface CopyResult {
  /** Bytes of regular files written. */
  readonly size: number
  /** Things made: files, folders, links. 0: the layer is empty. */
  readonly entries: number
}
