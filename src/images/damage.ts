/** One thing in the store that is not as docs/on-disk.md says, and its cure. */
export interface Damage {
  /** What is wrong, on which thing: one line. */
  readonly what: string
  /**
   * Makes it whole, or drops just that piece; returns what was done, one line.
   * @throws SampanError where it cannot be done
   */
  mend(): string | Promise<string>
  /** Something that is the user's own goes with the cure: only when they insist. */
  readonly loses?: string
}
