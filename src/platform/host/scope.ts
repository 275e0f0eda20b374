/**
 * A cgroup to set limits in, from systemd's user manager (systemd.scope(5), Delegate= of systemd.resource-control(5)). A
 * login session's own group belongs to root, so without one a plain user could not limit anything.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Cgroups, cgroups } from './cgroups.ts'
import { findProgram } from './programs.ts'

const MOUNT_POINT = '/sys/fs/cgroup'

/** The limits that can be set in such a scope: what is delegated to the user manager; undefined without one. */
export function scopeCgroups(environment: Readonly<Record<string, string | undefined>>): Cgroups | undefined {
  if (scopeCommand('', environment).length === 0) return undefined
  const uid = process.getuid?.() ?? 0
  return cgroups(MOUNT_POINT, `/user.slice/user-${uid}.slice/user@${uid}.service`)
}

/**
 * The words to put before the monitor's, so that it starts in a scope of its own that is delegated to us; none where
 * no user manager answers, and the helper then looks for a group it may use from where it is.
 * The helper knows the scope by its name (native/init/cgroup.c).
 */
export function scopeCommand(
  containerId: string,
  environment: Readonly<Record<string, string | undefined>>,
): string[] {
  const runtime = environment['XDG_RUNTIME_DIR'] ?? ''
  if (!existsSync(join(MOUNT_POINT, 'cgroup.controllers'))) return []
  if (!runtime.startsWith('/') || !existsSync(join(runtime, 'systemd/private'))) return []
  const program = findProgram('systemd-run', environment['PATH'])
  if (program === undefined) return []
  // The time keeps a restart from meeting the scope of the run before, which goes a moment after its last process.
  const unit = `sampan-${containerId.slice(0, 12)}-${Date.now().toString(36)}.scope`
  const options = ['--user', '--scope', '--quiet', '--collect', `--unit=${unit}`, '--property=Delegate=yes']
  return [program, ...options, '--']
}
