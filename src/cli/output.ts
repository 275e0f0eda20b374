/** Standard output and standard error of this process. */
import { writeSync } from 'node:fs'
import { errnoOf } from '../errors.ts'
import { isTerminal, terminalSize } from '../platform/libc/terminal.ts'
import type { Output } from './context.ts'

/**
 * Writes synchronously, so that nothing is lost when the process ends or becomes another program by execve.
 * A reader that has gone (EPIPE) is no error: what it did not want is dropped, and the command still does its work.
 */
export function processOutput(): Output {
  let closed = false
  return {
    get terminal() {
      return isTerminal(1)
    },
    get columns() {
      return terminalSize(1)?.columns ?? 80
    },
    get closed() {
      return closed
    },
    write(text) {
      if (!closed) closed = !writeAll(1, text)
    },
    note(line) {
      writeAll(2, `${line}\n`)
    },
  }
}

/** Writes to the end, waiting where a non-blocking pipe is full. False when nobody reads any more. */
function writeAll(fd: number, text: string): boolean {
  let bytes = Buffer.from(text)
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(fd, bytes))
    } catch (error) {
      const code = errnoOf(error)
      if (code === 'EPIPE' || code === 'EBADF') return false
      if (code !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2)
    }
  }
  return true
}
