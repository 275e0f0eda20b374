/**
 * A program of this Debian with the shared libraries and the loader it needs, so that it runs on a machine that has none of
 * them: `ld.so --library-path DIR --argv0 NAME DIR/NAME`.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, realpathSync } from 'node:fs'
import { basename } from 'node:path'
import type { PackedFile } from '../../src/platform/helper/pack.ts'

export interface Vendored {
  readonly files: readonly PackedFile[]
  /** Where each file came from, for its package's licence. */
  readonly sources: readonly string[]
}

/** Throws when the program is not installed or a library of it is missing. */
export function vendor(program: string, name: string): Vendored {
  const files: PackedFile[] = [entry(program, name, true)]
  const sources = [realpathSync(program)]
  for (const line of execFileSync('ldd', [program], { encoding: 'utf8' }).trim().split('\n')) {
    const [, , library, loader] = /^\s*(?:(\S+) => (\/\S+)|(\/\S+)) \(0x/.exec(line) ?? []
    const path = library ?? loader
    if (path === undefined) {
      if (line.includes('linux-vdso')) continue
      throw new Error(`ldd ${program}: ${line.trim()}`)
    }
    files.push(loader === undefined ? entry(path, basename(path), false) : entry(path, 'ld.so', true))
    sources.push(realpathSync(path))
  }
  return { files: files.sort((a, b) => (a.name < b.name ? -1 : 1)), sources }
}

function entry(path: string, name: string, executable: boolean): PackedFile {
  return { name, executable, bytes: readFileSync(path) }
}
