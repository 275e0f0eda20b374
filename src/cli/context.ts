/** What every command is handed: where things live, who called us, and where to print. */
import type { Directories } from '../platform/host/directories.ts'

/** The name we were called by decides where docker and podman disagree (FEATURES 2.5). */
export type Dialect = 'sampan' | 'docker' | 'podman'

export interface Context {
  readonly directories: Directories
  readonly dialect: Dialect
  readonly environment: Readonly<Record<string, string | undefined>>
  /** `--storage-driver`: forces one, else the best the kernel can do. */
  readonly storageDriver: 'overlay' | 'fuse-overlayfs' | 'vfs' | undefined
  /** `--network-backend`: what leads from the bridges outside; undefined: as config.json says, or slirp4netns. */
  readonly networkBackend: 'slirp4netns' | 'pasta' | undefined
  /** `--runtime`: an OCI runtime to start containers with instead of the helper's own init. */
  readonly runtime: string | undefined
  /** `-D`, `--log-level debug` or SAMPAN_DEBUG: errors come with their causes and stacks. */
  readonly debug: boolean
  readonly out: Output
}

export interface Output {
  /** Whether standard output is a terminal, and how wide. */
  readonly terminal: boolean
  readonly columns: number
  /** Results: written to stdout exactly as given. */
  write(text: string): void
  /** A line for the person, to stderr: progress, and `WARNING: …`. */
  note(line: string): void
  /** True once the reader of standard output has gone (`| head -1`): long loops may stop, writes are dropped. */
  readonly closed: boolean
}
