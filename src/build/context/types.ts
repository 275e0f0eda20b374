/** Where a build's files come from. `openContext` (open.ts) and `openNamed` (named.ts) make these. */
import type { FolderTree } from '../copy/types.ts'
import type { SourceSecrets } from './authorization.ts'

/** For what comes from elsewhere. */
export interface Fetching {
  readonly signal?: AbortSignal | undefined
  /** `--secret`: some open private sources. */
  readonly secrets?: SourceSecrets
  /** The socket of `--ssh default`, which git takes in the place of the person's own agent. */
  readonly sshAgent?: string | undefined
}

/** The context of a build, in a folder of this machine, for as long as the build runs. */
export interface BuildContext extends Disposable {
  /** Absolute, no links in it. Empty where only a Dockerfile was given on standard input. */
  readonly root: string
  /** What the words named was fetched or unpacked: `-f` is a path in it then, else one from the current folder. */
  readonly fetched: boolean
  /** The Dockerfile where the words themselves were one (`-` with its text, a path to it); else it is looked for. */
  readonly dockerfile: { readonly text: string; readonly path: string } | undefined
  /** Of what git fetched. */
  readonly source?: { readonly uri: string; readonly commit: string }
  /** Removes what was fetched. */
  [Symbol.dispose](): void
}

/** `--build-context NAME=VALUE`, read. What is no folder after fetching is the engine's to find. */
export type NamedContext =
  | { readonly kind: 'files'; readonly words: string }
  | { readonly kind: 'image'; readonly reference: string }
  | { readonly kind: 'layout'; readonly path: string; readonly reference: string }
  | { readonly kind: 'target'; readonly stage: string }

/** A context as sources of COPY: what `.dockerignore` leaves out is not there. */
export type ContextTree = FolderTree
