/** Where this user's things live (design section 6). Pure: creates nothing; whoever writes first makes the folder. */
import { homedir, userInfo } from 'node:os'
import { join } from 'node:path'

export interface Directories {
  /** Everything that survives a reboot. `--root`, SAMPAN_ROOT, $XDG_DATA_HOME/sampan or ~/.local/share/sampan. */
  readonly data: string
  /** Sockets and the keeper. $XDG_RUNTIME_DIR/sampan, or /tmp/sampan-UID, which the helper verifies (0700, ours). */
  readonly runtime: string
  /** Unpacked embedded files and compiled seccomp filters: may be deleted at any time. */
  readonly cache: string
  readonly config: string
}

/** An empty or relative XDG variable is ignored, as the XDG base directory specification asks. */
export function directories(
  environment: Readonly<Record<string, string | undefined>>,
  root: string | undefined,
): Directories {
  const home = environment['HOME'] || homedir()
  const base = (name: string, fallback: string) => {
    const value = environment[name]
    return value?.startsWith('/') ? value : fallback
  }
  const runtimeBase = environment['XDG_RUNTIME_DIR']
  return {
    data:
      root ?? environment['SAMPAN_ROOT'] ?? join(base('XDG_DATA_HOME', join(home, '.local/share')), 'sampan'),
    runtime: runtimeBase?.startsWith('/') ? join(runtimeBase, 'sampan') : `/tmp/sampan-${userInfo().uid}`,
    cache: join(base('XDG_CACHE_HOME', join(home, '.cache')), 'sampan'),
    config: join(base('XDG_CONFIG_HOME', join(home, '.config')), 'sampan'),
  }
}
