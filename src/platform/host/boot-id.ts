/** Which run of the machine this is. */
import { readFileSync } from 'node:fs'

let boot: string | undefined

/** What was written down with another one is about processes and unwritten pages that are gone. */
export function bootId(): string {
  boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  return boot
}
