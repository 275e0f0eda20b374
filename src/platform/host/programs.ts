/** Programs of the host, found as a shell finds them. */
import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'

/**
 * The absolute path of `name`: as given when it is absolute, else from `path` (the PATH variable) and `more` folders.
 * Relative folders of PATH are left out. Undefined where there is none that may be executed.
 */
export function findProgram(
  name: string,
  path: string | undefined,
  more: readonly string[] = [],
): string | undefined {
  const candidates = name.startsWith('/')
    ? [name]
    : [...(path ?? '').split(':'), ...more]
        .filter((folder) => folder.startsWith('/'))
        .map((folder) => join(folder, name))
  return candidates.find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
