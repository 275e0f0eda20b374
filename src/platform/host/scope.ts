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
  if (!existsSync(join(MOUNT_POINT, 'cgroup.controllers'))) return []
  const bus = userBus(environment)
  if (bus === undefined) return []
  const program = findProgram('systemd-run', environment['PATH'])
  if (program === undefined) return []
  // The time keeps a restart from meeting the scope of the run before, which goes a moment after its last process.
  const unit = `sampan-${containerId.slice(0, 12)}-${Date.now().toString(36)}.scope`
  const options = ['--user', '--scope', '--quiet', '--collect', `--unit=${unit}`, '--property=Delegate=yes']
  return [...bus, program, ...options, '--']
}

/**
 * The words that lead systemd-run to the user manager: none where the environment does by itself. After `su` or below
 * cron it does not, though the manager is there.
 */
function userBus(environment: Readonly<Record<string, string | undefined>>): string[] | undefined {
  const hasManager = (folder: string) => folder.startsWith('/') && existsSync(join(folder, 'systemd/private'))
  if (hasManager(environment['XDG_RUNTIME_DIR'] ?? '')) return []
  const usual = `/run/user/${process.getuid?.()}`
  const bus = join(usual, 'bus')
  if (!hasManager(usual) || !existsSync(bus)) return undefined
  const env = findProgram('env', environment['PATH'])
  return env === undefined ? undefined : [env, `DBUS_SESSION_BUS_ADDRESS=unix:path=${bus}`]
}
