/** `config.json`: the container as an OCI runtime sees it. Pure: everything comes from the record. */
import { join } from 'node:path'
import type { Namespace, Process, ProcessCapabilities, Spec } from '../../oci/runtime-spec.ts'
import type { Capability } from '../capabilities.ts'
import { fullEnvironment } from '../environment.ts'
import { type Linked, linkEnvironment } from '../links.ts'
import type { ContainerRecord, SecurityRecord } from '../record.ts'
import { defaultSeccomp } from '../seccomp.ts'
import { secretVariables } from '../secrets.ts'
import { specMounts } from './mounts.ts'

/** Folders the configuration names. */
export interface Places {
  /** The container's bundle. */
  readonly folder: string
  /** Where the bundle is now: at create not yet at its place. */
  readonly holder?: string
  /** The bundle whose hosts, hostname and resolv.conf are mounted: another container's with `--network container:`. */
  readonly names: string
  /** DATA/l, where layers have short names. */
  readonly layers: string
  /** Where the files of a volume are. */
  readonly volume: (name: string) => string
  /** Containers it is linked to. */
  readonly links?: readonly Linked[]
}

export function configJson(record: ContainerRecord, places: Places): Spec {
  const { security, hostname, domainname } = record
  const ownUts = record.namespaces.uts === 'private'
  return {
    ociVersion: '1.0.2',
    process: processOf(
      record,
      places.holder ?? places.folder,
      linkEnvironment(record.name, places.links ?? []),
    ),
    root: { path: join(places.folder, 'merged'), readonly: security.readOnly },
    ...(ownUts ? { hostname } : {}),
    ...(ownUts && domainname !== '' ? { domainname } : {}),
    mounts: specMounts(record, places),
    linux: {
      namespaces: namespacesOf(record),
      ...idMappings(record),
      ...(Object.keys(record.sysctls).length === 0 ? {} : { sysctl: record.sysctls }),
      maskedPaths: security.unmask ? [] : MASKED,
      readonlyPaths: security.unmask ? [] : READ_ONLY,
      ...seccompOf(security),
      rootfsPropagation: record.mounts.some(
        (mount) => mount.type === 'bind' && /shared$/.test(mount.propagation),
      )
        ? 'rshared'
        : 'rslave',
    },
    ...(Object.keys(record.annotations).length === 0 ? {} : { annotations: record.annotations }),
  }
}

/** What `linked` says loses against the container's own variables. */
function processOf(record: ContainerRecord, folder: string, linked: readonly string[]): Process {
  const { process, security } = record
  return {
    terminal: process.terminal,
    user: {
      uid: process.uid,
      gid: process.gid,
      ...(process.groups.length === 0 ? {} : { additionalGids: process.groups }),
      ...(process.umask === null ? {} : { umask: process.umask }),
    },
    args: commandLine(process),
    env: fullEnvironment(record, process.terminal, process.home, secretVariables(record, folder), linked),
    cwd: process.directory,
    capabilities: capabilitySets(security.capabilities, process.uid),
    ...(process.ulimits.length === 0 ? {} : { rlimits: process.ulimits }),
    noNewPrivileges: security.noNewPrivileges,
    ...(process.oomScoreAdj === 0 ? {} : { oomScoreAdj: process.oomScoreAdj }),
  }
}

/** Entrypoint and command: what is executed. */
export function commandLine(process: ContainerRecord['process']): string[] {
  return [...(process.entrypoint ?? []), ...(process.command ?? [])]
}

/** A user other than root holds none until it executes a file that gives some: then the bounding set is the limit. */
export function capabilitySets(capabilities: readonly string[], uid: number): ProcessCapabilities {
  const held = uid === 0 ? capabilities : []
  return { bounding: capabilities, effective: held, permitted: held, inheritable: [], ambient: [] }
}

/** The section, or nothing for `unconfined`. */
export function seccompOf({ seccomp, capabilities }: SecurityRecord): Pick<Spec['linux'], 'seccomp'> {
  if (seccomp === 'unconfined') return {}
  if (seccomp !== 'default') return { seccomp }
  return { seccomp: defaultSeccomp(capabilities as readonly Capability[]) }
}

/** Namespaces joined to another container are listed too; sampan.json says whose they are. */
function namespacesOf({ namespaces, network }: ContainerRecord): Namespace[] {
  return [
    { type: 'mount' },
    ...(namespaces.pid === 'host' ? [] : [{ type: 'pid' } as const]),
    ...(namespaces.ipc === 'host' ? [] : [{ type: 'ipc' } as const]),
    ...(namespaces.uts === 'host' ? [] : [{ type: 'uts' } as const]),
    ...(network.mode.kind === 'host' ? [] : [{ type: 'network' } as const]),
    ...(namespaces.cgroup === 'host' ? [] : [{ type: 'cgroup' } as const]),
    ...(namespaces.user === null ? [] : [{ type: 'user' } as const]),
  ]
}

function idMappings({ namespaces }: ContainerRecord): Pick<Spec['linux'], 'uidMappings' | 'gidMappings'> {
  if (namespaces.user === null) return {}
  const { uidMappings, gidMappings } = namespaces.user
  return { uidMappings, gidMappings }
}

/** Parts of /proc and /sys that tell too much about the host. */
export const MASKED = [
  '/proc/acpi',
  '/proc/asound',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/sys/devices/virtual/powercap',
  '/sys/firmware',
]

/** Parts that root in the container could write, were it the host's root. */
export const READ_ONLY = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger']
