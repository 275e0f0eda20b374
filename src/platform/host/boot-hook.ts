/**
 * What starts a command of ours with the machine, or with the person's session: a unit of systemd (systemd.unit(5)), a
 * line of cron (crontab(5), `@reboot`), or an entry of the desktop's autostart folder (XDG autostart specification).
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { SampanError } from '../../errors.ts'
import { writeWhole } from '../files/record.ts'
import { userName } from './account.ts'
import { findProgram } from './programs.ts'

export type HookKind = 'systemd' | 'cron' | 'autostart'

export interface Hook {
  readonly kind: HookKind
  /** The unit, the desktop entry, or the `crontab` program. */
  readonly path: string
  /** What it is called there: one for each data directory. */
  readonly name: string
  /** What it runs: the words of a command line, the first an absolute path. */
  readonly command: readonly string[]
}

type Environment = Readonly<Record<string, string | undefined>>

/** sd_booted(3). */
const SYSTEMD = '/run/systemd/system'
const SYSTEM_UNITS = '/etc/systemd/system'
const isRoot = () => process.getuid?.() === 0

/**
 * The best this machine has.
 * @param config the folder of the person's configuration, ~/.config
 */
export function chooseHook(
  name: string,
  command: readonly string[],
  config: string,
  environment: Environment,
): Hook {
  if (existsSync(SYSTEMD)) {
    const folder = isRoot() ? SYSTEM_UNITS : join(config, 'systemd/user')
    return { kind: 'systemd', path: join(folder, `${name}.service`), name, command }
  }
  const crontab = findProgram('crontab', environment['PATH'])
  if (crontab !== undefined) return { kind: 'cron', path: crontab, name, command }
  return { kind: 'autostart', path: join(config, 'autostart', `${name}.desktop`), name, command }
}

/** Installs it, over one of the same name. Throws the system's errors. */
export function installHook(hook: Hook): void {
  if (hook.kind === 'cron') {
    writeCrontab(hook.path, [...cronLines(hook), cronLine(hook)])
    return
  }
  mkdirSync(dirname(hook.path), { recursive: true })
  writeWhole(hook.path, hook.kind === 'systemd' ? unitText(hook) : desktopText(hook))
  if (hook.kind !== 'systemd') return
  // As `systemctl enable` does, which would need a user manager that answers.
  const link = wantedLink(hook)
  mkdirSync(dirname(link), { recursive: true })
  rmSync(link, { force: true })
  symlinkSync(hook.path, link)
}

export function removeHook(hook: Hook): void {
  if (hook.kind === 'cron') {
    writeCrontab(hook.path, cronLines(hook))
    return
  }
  if (hook.kind === 'systemd') rmSync(wantedLink(hook), { force: true })
  rmSync(hook.path, { force: true })
}

/** Whether it is there, as we would write it now. */
export function isInstalled(hook: Hook): boolean {
  if (hook.kind === 'cron') return readCrontab(hook.path).includes(cronLine(hook))
  const text = hook.kind === 'systemd' ? unitText(hook) : desktopText(hook)
  if (!existsSync(hook.path) || readFileSync(hook.path, 'utf8') !== text) return false
  return hook.kind !== 'systemd' || existsSync(wantedLink(hook))
}

/**
 * Whether the person's user manager starts with the machine (loginctl(1), enable-linger), and the one command for root
 * that makes it so. Undefined where that does not matter.
 */
export function lingering(hook: Hook): { readonly enabled: boolean; readonly command: string } | undefined {
  if (hook.kind !== 'systemd' || isRoot()) return undefined
  const name = userName(process.getuid?.() ?? 0) ?? ''
  return {
    enabled: existsSync(join('/var/lib/systemd/linger', name)),
    command: `sudo loginctl enable-linger ${name}`,
  }
}

function wantedLink({ path, name }: Hook): string {
  const target = dirname(path) === SYSTEM_UNITS ? 'multi-user.target' : 'default.target'
  return join(dirname(path), `${target}.wants`, `${name}.service`)
}

/** A service stays "active" while its containers run: they are in its cgroup and end with it, politely. */
export function unitText({ path, command }: Hook): string {
  const target = dirname(path) === SYSTEM_UNITS ? 'multi-user.target' : 'default.target'
  return `[Unit]
Description=Containers that start with the machine
${target === 'multi-user.target' ? 'After=network.target\n' : ''}
[Service]
Type=oneshot
RemainAfterExit=yes
IgnoreSIGPIPE=no
ExecStart=${command.map(unitWord).join(' ')}

[Install]
WantedBy=${target}
`
}

/** systemd.service(5), "Command lines": quotes, and % is a specifier, $ a variable. */
function unitWord(word: string): string {
  const text = word.replace(/[\\"]/g, '\\$&').replaceAll('%', '%%').replaceAll('$', '$$$$')
  return `"${text}"`
}

/** Desktop Entry Specification, "The Exec key". */
export function desktopText({ command }: Hook): string {
  const words = command.map((word) => `"${word.replace(/["`$\\]/g, '\\$&').replaceAll('%', '%%')}"`)
  return `[Desktop Entry]
Type=Application
Name=Containers that start with the session
Exec=${words.join(' ').replaceAll('\\', '\\\\')}
NoDisplay=true
`
}

/** In crontab(5) a % ends the command. The comment is how we find it again. */
export function cronLine({ command, name }: Hook): string {
  const words = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`)
  return `@reboot ${words.join(' ').replaceAll('%', '\\%')} # ${name}`
}

/** The lines that are not ours. */
function cronLines({ path, name }: Hook): string[] {
  return readCrontab(path).filter((line) => !(line.startsWith('@reboot ') && line.endsWith(` # ${name}`)))
}

/** `crontab -l` fails where there is none yet. */
function readCrontab(program: string): string[] {
  const { status, stdout } = spawnSync(program, ['-l'], { encoding: 'utf8', timeout: CRON_MS })
  return status === 0 ? stdout.split('\n').filter((line) => line !== '') : []
}

const CRON_MS = 10_000

function writeCrontab(program: string, lines: readonly string[]): void {
  const input = lines.map((line) => `${line}\n`).join('')
  const { status, stderr } = spawnSync(program, ['-'], { input, encoding: 'utf8', timeout: CRON_MS })
  if (status === 0) return
  throw new SampanError(`crontab did not take the new line: ${stderr?.trim() || 'no answer'}`, {
    hint: 'you may have to be listed in /etc/cron.allow',
  })
}
