/** Names of entries, as byte strings, made into paths below `/`. Pure. */
import { ExtractError } from './extract-error.ts'

/**
 * `a/./b//c/` → `/a/b/c`; an absolute name is taken as one below the root, as every tool does.
 * Throws ExtractError for a name that climbs out of the archive: nobody means that well.
 */
export function cleanName(name: string): string {
  const parts: string[] = []
  for (const part of name.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') {
      parts.push(part)
    } else if (parts.pop() === undefined) {
      throw new ExtractError('its name leads out of the archive', name)
    }
  }
  return `/${parts.join('/')}`
}

/** The folder of a clean path. */
export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/'
}

/** The last part of a clean path. */
export function nameIn(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
