/** `--runtime NAME|PATH`: another OCI runtime to start containers with. */
import { SampanError } from '../errors.ts'
import { findProgram } from '../platform/host/programs.ts'

/** Names that mean "yours": our own init. */
const OWN = ['', 'sampan', 'default']

/** What the record keeps: null for our own. */
export function runtimeOf(given: string | undefined): string | null {
  return given === undefined || OWN.includes(given) ? null : given
}

/** The executable's absolute path: as given, or found in `path` and the folders only root has in its PATH. */
export function findRuntime(given: string, path: string): string {
  const found = findProgram(given, path, ['/usr/local/sbin', '/usr/sbin', '/sbin'])
  if (found !== undefined) return found
  throw new SampanError(`unknown or invalid runtime name: ${given}`, {
    exitCode: 125,
    hint: 'give the path of an OCI runtime (runc, crun), or leave --runtime out',
  })
}
