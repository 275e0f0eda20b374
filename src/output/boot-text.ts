/** `boot status` for a person. */
import type { BootStatus } from '../operations/boot.ts'

const KINDS: Readonly<Record<string, string>> = {
  systemd: 'a systemd unit',
  cron: 'a line in your crontab',
  autostart: "an entry of the desktop's autostart: at your login, there is neither systemd nor cron",
}

export function bootText(status: BootStatus): string {
  const { Enabled, Kind, Path, Command, Lingering, Fix, Containers } = status
  const rows: [string, string][] = [
    ['Enabled', Enabled ? 'yes' : 'no: `boot enable` sets it up'],
    ['By', `${KINDS[Kind] ?? Kind} (${Path})`],
    ['Runs', Command.join(' ')],
    ...(Lingering === null ? [] : [['Lingering', lingering(Lingering, Fix)] as [string, string]]),
    ['Containers', Containers.map(({ Name, Policy }) => `${Name} (${Policy})`).join(', ') || 'none'],
  ]
  return rows.map(([name, value]) => `${`${name}:`.padEnd(12)}${value}\n`).join('')
}

function lingering(enabled: boolean, fix: string): string {
  return enabled ? 'yes' : `no, so they start at your first login; with the machine: ${fix}`
}
