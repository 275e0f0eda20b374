/** Dockerfiles called `.in`: podman hands them to the C preprocessor first, for `#include` and `#define`. */
import { spawnSync } from 'node:child_process'
import { dirname } from 'node:path'
import { SampanError } from '../../errors.ts'

/** @throws SampanError where there is no `cpp`, and with its words where it fails */
export function preprocess(file: string, text: string, flags: readonly string[]): string {
  const argv = ['-E', '-P', '-traditional', '-undef', '-iquote', dirname(file), ...flags, '-']
  const { error, status, stdout, stderr } = spawnSync('cpp', argv, { input: text, encoding: 'utf8' })
  if (error !== undefined) {
    throw new SampanError(`${file} is for the C preprocessor, and cpp cannot be run`, {
      cause: error,
      hint: 'install it (Debian: apt install cpp), or write the file without .in',
    })
  }
  if (status === 0) return stdout
  throw new SampanError(`the C preprocessor cannot read ${file}: ${stderr.trim()}`)
}
