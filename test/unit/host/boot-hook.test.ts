import { describe, expect, test } from 'vitest'
import { cronLine, desktopText, unitText } from '../../../src/platform/host/boot-hook.ts'

const hook = (kind: 'systemd' | 'cron' | 'autostart', path: string) => ({
  kind,
  path,
  name: 'sampan-boot',
  command: ["/opt/it's 100% $HOME/sampan", '--root', '/a "b"\\c', 'boot', 'run'],
})

describe('words with every special character survive each format', () => {
  test('systemd', () => {
    const text = unitText(hook('systemd', '/home/me/.config/systemd/user/sampan-boot.service'))
    expect(text).toContain(
      `ExecStart="/opt/it's 100%% $$HOME/sampan" "--root" "/a \\"b\\"\\\\c" "boot" "run"\n`,
    )
    expect(text).toContain('WantedBy=default.target\n')
  })

  test("root's unit belongs to the machine", () => {
    const text = unitText(hook('systemd', '/etc/systemd/system/sampan-boot.service'))
    expect(text).toContain('WantedBy=multi-user.target\n')
  })

  test('cron', () =>
    expect(cronLine(hook('cron', '/usr/bin/crontab'))).toBe(
      `@reboot '/opt/it'\\''s 100\\% $HOME/sampan' '--root' '/a "b"\\c' 'boot' 'run' # sampan-boot`,
    ))

  test('autostart', () =>
    expect(desktopText(hook('autostart', '/home/me/.config/autostart/sampan-boot.desktop'))).toContain(
      `Exec="/opt/it's 100%% \\\\$HOME/sampan" "--root" "/a \\\\"b\\\\"\\\\\\\\c" "boot" "run"\n`,
    ))
})
