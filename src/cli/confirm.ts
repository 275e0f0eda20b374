/** Asking before something goes for good. */
import { readSync } from 'node:fs'
import { errnoOf } from '../errors.ts'
import type { Context } from './context.ts'

/**
 * Shows `warning` and a question, and reads one line: true for `y` and `yes`. As docker: the answer may come from a pipe,
 * and an empty one, or none, means no. The question goes to standard output, where docker has it.
 */
export function confirm(warning: string, context: Context): boolean {
  context.out.write(`${warning}\nAre you sure you want to continue? [y/N] `)
  return /^\s*y(es)?\s*$/i.test(readLine())
}

/** One line of standard input, byte by byte: what follows it is not ours. */
function readLine(): string {
  const byte = Buffer.alloc(1)
  let line = ''
  while (line.length < 1000) {
    try {
      if (readSync(0, byte, 0, 1, null) === 0) return line
    } catch (error) {
      if (errnoOf(error) === 'EOF') return line
      if (errnoOf(error) !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10)
      continue
    }
    const character = byte.toString('latin1')
    if (character === '\n') return line
    line += character
  }
  return line
}
