/** Facts of this machine that `info` tells. */
import { existsSync, readFileSync, statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { errnoOf } from '../../errors.ts'

/** `Debian GNU/Linux 12 (bookworm)`, from os-release(5). */
export function operatingSystem(): string {
  const text = readIfThere('/etc/os-release') ?? readIfThere('/usr/lib/os-release') ?? ''
  const value = /^PRETTY_NAME=(.*)$/m.exec(text)?.[1]
  return value?.replace(/^(["'])(.*)\1$/, '$2') ?? 'Linux'
}

/** Of systemd's machine-id(5); '' where there is none. */
export function machineId(): string {
  return readIfThere('/etc/machine-id')?.trim() ?? ''
}

/** statfs(2) magic numbers, with the names Docker prints. */
const FILE_SYSTEMS: Readonly<Record<number, string>> = {
  61267: 'extfs',
  1481003842: 'xfs',
  2435016766: 'btrfs',
  16914836: 'tmpfs',
  2035054128: 'overlayfs',
  26985: 'nfs',
  801189825: 'zfs',
  1702057286: 'fuse',
  4076150800: 'f2fs',
}

/** The kind of file system that holds a path, or will when it is made. */
export function fileSystemOf(path: string): string {
  let existing = path
  while (!existsSync(existing) && existing !== dirname(existing)) existing = dirname(existing)
  const { type } = statfsSync(existing)
  return FILE_SYSTEMS[type] ?? `0x${type.toString(16)}`
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'EACCES') return undefined
    throw error
  }
}
