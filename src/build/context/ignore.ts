/** `.dockerignore`: which file it is, and what it says. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf, SampanError } from '../../errors.ts'
import { ignoreLines, Patterns } from '../copy/patterns.ts'

export interface Ignored {
  /** In the file's order; for a FolderTree. */
  readonly patterns: readonly string[]
  /** Undefined: there is no such file. */
  readonly path: string | undefined
}

/**
 * Of the files that can say it the first that is there counts: the one that was asked for, `<Dockerfile>.dockerignore`,
 * then `.containerignore` and `.dockerignore` in the context.
 * @param dockerfile its path; undefined where it came from standard input
 * @throws SampanError for a file that was asked for and is not there, and for a pattern that is none
 */
export function readIgnored(root: string, dockerfile: string | undefined, asked?: string): Ignored {
  const candidates =
    asked === undefined
      ? [
          ...(dockerfile === undefined
            ? []
            : [`${dockerfile}.containerignore`, `${dockerfile}.dockerignore`]),
          join(root, '.containerignore'),
          join(root, '.dockerignore'),
        ]
      : [asked]
  for (const path of candidates) {
    const text = read(path)
    if (text === undefined) continue
    try {
      const patterns = ignoreLines(text)
      // Compiled here already: a mistake is that file's, not an instruction's.
      new Patterns(patterns)
      return { patterns, path }
    } catch (error) {
      if (!(error instanceof SampanError)) throw error
      throw new SampanError(`${path}: ${error.message}`, {
        cause: error,
        ...(error.hint === undefined ? {} : { hint: error.hint }),
      })
    }
  }
  if (asked !== undefined) throw new SampanError(`${asked}: no such file`)
  return { patterns: [], path: undefined }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(errnoOf(error) ?? '')) return undefined
    throw error
  }
}
