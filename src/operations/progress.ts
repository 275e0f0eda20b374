/**
 * How work on several blobs (layers of a pull, a push, a load) is told to whoever watches. Operations tell; what is
 * drawn or printed, and where, is decided in output/progress/. Telling is cheap: call it for every chunk.
 */

export interface Part {
  /** Names the part in `tell`; a digest, say. */
  readonly key: string
  /** What stands at the beginning of its line: the short id of a layer. */
  readonly label: string
  /** Bytes that will have moved when it is done. */
  readonly size: number
}

/** `skipped`: nothing had to move. `working`: all bytes have moved, something is done with them still. */
export type Stage = 'waiting' | 'skipped' | 'moving' | 'working' | 'done'

export interface Progress {
  /** A line about the whole: `1.36: Pulling from library/busybox`, `Status: …`. */
  note(line: string): void
  /** The parts to come, once, before the first `tell` about them. */
  parts(parts: readonly Part[]): void
  /**
   * @param word docker's, for this stage of this kind of work: `Downloading`, `Pull complete`
   * @param bytes moved so far
   */
  tell(key: string, stage: Stage, word: string, bytes: number): void
  /** No more parts: leaves the last picture standing. Notes may follow. Call it on failure too. */
  end(): Promise<void>
}

export type OpenProgress = () => Progress

/** For `--quiet`, and for callers whose own output is all there should be. */
export const silentProgress: Progress = {
  note: () => undefined,
  parts: () => undefined,
  tell: () => undefined,
  end: async () => undefined,
}
