/** `unshare`: a program of the host in the user namespace of the containers. */
import { resolve } from 'node:path'
import type { Context } from '../cli/context.ts'
import { SampanError } from '../errors.ts'
import { handOver } from '../platform/helper/start.ts'
import { findProgram } from '../platform/host/programs.ts'

/**
 * Becomes the program, or the person's shell: with root's rights over every id of the mapping, and a mount namespace of
 * its own. The exit code is the program's. Throws with 127 when there is no such program.
 */
export function unshare(operands: readonly string[], { directories, environment }: Context): never {
  const [program = environment['SHELL'] ?? '/bin/sh', ...args] = operands
  const found = findProgram(program.includes('/') ? resolve(program) : program, environment['PATH'])
  if (found === undefined) {
    throw new SampanError(`exec: "${program}": executable file not found in $PATH`, {
      exitCode: 127,
      hint: 'programs of this machine run here, not those of an image',
    })
  }
  // Through a shell: the helper executes an open file, which a script cannot be (its interpreter must open it by name).
  const shell = ['/bin/sh', '-c', 'exec "$0" "$@"', found]
  handOver(directories, ['inside', '--runtime', directories.runtime, '--mounts', '--', ...shell, ...args])
}
