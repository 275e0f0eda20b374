/**
 * Big files that only pass through the page cache. Left alone, a gigabyte waits there to be written until the `syncfs` at the
 * end, with both CPUs idle; and a blob that nobody reads again takes memory that others had, or that a virtual machine has first
 * to be given: writing 600 MB took 1.2 s of CPU, and 0.3 s where what had been written was dropped behind it.
 */
import { dropCache, startWriteback } from '../libc/files.ts'

const step = 8 << 20
/** Of the end of a file; small files are left to the `syncfs`. */
const worthwhile = 1 << 20
/** How far behind the reader the pages go: time for them to reach the disk. */
const lag = 64 << 20

/** Has what is written from the beginning of a file to its end go to the disk meanwhile. */
export class WriteBehind {
  readonly #fd: number
  #begun = 0

  constructor(fd: number) {
    this.#fd = fd
  }

  /** @param end bytes of the file there are now */
  reached(end: number, least = step): void {
    if (end - this.#begun < least) return
    startWriteback(this.#fd, this.#begun, end - this.#begun)
    this.#begun = end
  }

  /** The file is whole. */
  ended(end: number): void {
    this.reached(end, worthwhile)
  }
}

/** Drops what was read of a file that nobody reads again. */
export class DropBehind {
  readonly #fd: number
  #dropped = 0

  constructor(fd: number) {
    this.#fd = fd
  }

  /** @param end bytes that were read so far */
  reached(end: number): void {
    const ready = end - lag
    if (ready - this.#dropped < step) return
    dropCache(this.#fd, this.#dropped, ready - this.#dropped)
    this.#dropped = ready
  }
}
