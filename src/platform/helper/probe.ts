/** What this machine can do for us, found by trying (docs/helper-protocol.md, `probe`). */
import type { Directories } from '../host/directories.ts'
import { helperPath, toolCommand } from './embedded.ts'
import { failureFrom } from './events.ts'

export interface Probe {
  readonly userNamespace: boolean
  /** full: all of /etc/subuid; single: only our own id; identity: root's. */
  readonly mapping: 'full' | 'single' | 'identity'
  /** Why it is `single`, or ''. */
  readonly mappingError: string
  /** A mount of overlay with `userxattr` in the data folder. */
  readonly overlay: { readonly native: boolean; readonly error: string }
  /** Not usable where it was not tried. */
  readonly fuse: { readonly usable: boolean; readonly error: string }
  readonly tun: { readonly usable: boolean; readonly error: string }
}

/**
 * Some milliseconds: callers keep the answer. FUSE is only tried (and fuse-overlayfs only unpacked) where the kernel
 * mounts no overlay. Throws when there can be no user namespace at all.
 */
export function probe(directories: Directories): Probe {
  const first = ask(directories, [])
  if (first.overlay.native) return first
  const [program = '', ...rest] = toolCommand('fuse-overlayfs', directories)
  return ask(directories, ['--fuse-overlayfs', program, ...rest.flatMap((word) => ['--fuse-arg', word])])
}

function ask(directories: Directories, fuse: readonly string[]): Probe {
  const argv = ['probe', '--runtime', directories.runtime, '--data', directories.data, ...fuse]
  const child = Bun.spawnSync([helperPath(directories), ...argv], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: process.env,
  })
  if (child.exitCode === 0) return JSON.parse(child.stdout.toString()) as Probe
  throw failureFrom('probe', child.stderr.toString(), child.signalCode ?? child.exitCode)
}
