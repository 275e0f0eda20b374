/** Linux capabilities (capabilities(7)): the default set of a container, and what `--cap-add` and `--cap-drop` make of it. */
import { usage } from '../errors.ts'

const NAMES = [
  'CHOWN', 'DAC_OVERRIDE', 'DAC_READ_SEARCH', 'FOWNER', 'FSETID', 'KILL', 'SETGID', 'SETUID', 'SETPCAP',
  'LINUX_IMMUTABLE', 'NET_BIND_SERVICE', 'NET_BROADCAST', 'NET_ADMIN', 'NET_RAW', 'IPC_LOCK', 'IPC_OWNER',
  'SYS_MODULE', 'SYS_RAWIO', 'SYS_CHROOT', 'SYS_PTRACE', 'SYS_PACCT', 'SYS_ADMIN', 'SYS_BOOT', 'SYS_NICE',
  'SYS_RESOURCE', 'SYS_TIME', 'SYS_TTY_CONFIG', 'MKNOD', 'LEASE', 'AUDIT_WRITE', 'AUDIT_CONTROL', 'SETFCAP',
  'MAC_OVERRIDE', 'MAC_ADMIN', 'SYSLOG', 'WAKE_ALARM', 'BLOCK_SUSPEND', 'AUDIT_READ', 'PERFMON', 'BPF',
  'CHECKPOINT_RESTORE',
] as const // biome-ignore format: a table

export type Capability = `CAP_${(typeof NAMES)[number]}`

export const allCapabilities: readonly Capability[] = NAMES.map((name) => `CAP_${name}` as const)

/** What Docker gives a container that asks for nothing. */
export const defaultCapabilities: readonly Capability[] = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_FOWNER',
  'CAP_FSETID',
  'CAP_KILL',
  'CAP_SETGID',
  'CAP_SETUID',
  'CAP_SETPCAP',
  'CAP_NET_BIND_SERVICE',
  'CAP_NET_RAW',
  'CAP_SYS_CHROOT',
  'CAP_MKNOD',
  'CAP_AUDIT_WRITE',
  'CAP_SETFCAP',
]

/**
 * The container's capabilities, in the kernel's order. As in Docker: names in any case, with or without `CAP_`, `ALL` for
 * every one; `--cap-drop=ALL --cap-add=X` leaves X; a name in both lists is added. Throws usage for an unknown name.
 */
export function parseCapabilities(
  add: readonly string[],
  drop: readonly string[],
  privileged: boolean,
): readonly Capability[] {
  const added = expand(add, '--cap-add')
  if (privileged) return allCapabilities
  const dropped = expand(drop, '--cap-drop')
  const held = new Set(added.all ? allCapabilities : dropped.all ? [] : defaultCapabilities)
  for (const name of dropped.names) held.delete(name)
  for (const name of added.names) held.add(name)
  return allCapabilities.filter((name) => held.has(name))
}

function expand(given: readonly string[], flag: string): { all: boolean; names: readonly Capability[] } {
  const names: Capability[] = []
  let all = false
  for (const word of given.flatMap((value) => value.split(','))) {
    const upper = word.toUpperCase()
    if (upper === 'ALL') {
      all = true
      continue
    }
    const name = (upper.startsWith('CAP_') ? upper : `CAP_${upper}`) as Capability
    if (!allCapabilities.includes(name)) {
      throw usage(
        `invalid ${flag.slice(2)}: unknown capability "${word}"`,
        'capabilities(7) lists the names, e.g. NET_ADMIN',
      )
    }
    names.push(name)
  }
  return { all, names }
}
