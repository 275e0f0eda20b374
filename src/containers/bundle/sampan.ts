/** `sampan.json`: the container's life as the helper must know it. */
import { join } from 'node:path'
import { hasIpv6Outside } from '../../networks/host-routes.ts'
import type { NetworkStore } from '../../networks/store.ts'
import type { BundleCgroup, BundleNetwork, SampanBundle } from '../../platform/helper/bundle.ts'
import { toolCommand } from '../../platform/helper/embedded.ts'
import type { NetworkBackend } from '../../platform/host/config.ts'
import type { Directories } from '../../platform/host/directories.ts'
import type { VolumeStore } from '../../volumes/store.ts'
import { bundleAttachments, namesOf } from '../networks.ts'
import { type ContainerRecord, isTransient, type Limits, type NamespaceMode } from '../record.ts'
import { findRuntime } from '../runtimes.ts'
import { secretOwners } from '../secrets.ts'
import type { ContainerStore } from '../store.ts'
import { logTag, recordedTag } from '../values/log.ts'
import { ownedFolders } from './folders.ts'
import { sourceOf } from './mounts.ts'
import { ownNameServers } from './names.ts'

/** Best for the tap of slirp4netns (measured): larger ones make uploads slow. */
const SLIRP_MTU = 16384
const PASTA_MTU = 65520

export interface Surroundings {
  readonly directories: Directories
  readonly containers: ContainerStore
  readonly volumes: VolumeStore
  readonly networks: NetworkStore
  /** What leads from the bridges outside, if nothing does yet. */
  readonly networkBackend: () => NetworkBackend
  /** Looked up in PATH for `--runtime NAME`. */
  readonly path: string
}

/** `first`: the container never ran, so new volumes are to be filled from the image. */
export function sampanJson(
  record: ContainerRecord,
  folder: string,
  around: Surroundings,
  first: boolean,
): SampanBundle {
  const { directories, containers, volumes } = around
  const joined = (mode: NamespaceMode) =>
    typeof mode === 'object' ? containers.folderOf(mode.container) : null
  const { driver } = record.storage
  return {
    version: 1,
    id: record.id,
    name: record.name,
    storage: {
      driver,
      links: join(directories.data, 'l'),
      lower: driver === 'vfs' ? [] : record.image.links.toReversed(),
      upper: join(folder, 'upper'),
      work: join(folder, 'work'),
      merged: join(folder, 'merged'),
      volatile: isTransient(record),
      fuseOverlayfs: driver === 'fuse-overlayfs' ? toolCommand('fuse-overlayfs', directories) : [],
    },
    copyUp: first
      ? record.mounts.flatMap((mount) =>
          mount.type === 'volume' && !mount.noCopy && mount.subpath === '' && mount.memory === undefined
            ? [{ volume: volumes.mountpointOf(mount.name), path: mount.destination }]
            : [],
        )
      : [],
    own: [
      ...ownedFolders(record, (mount) =>
        sourceOf(mount, {
          volume: (name) => volumes.mountpointOf(name),
          layers: join(directories.data, 'l'),
        }),
      ),
      ...secretOwners(record, folder),
    ],
    volumes: record.mounts.flatMap((mount) =>
      mount.type === 'volume'
        ? [{ name: mount.name, destination: mount.destination, readOnly: mount.readOnly }]
        : [],
    ),
    accounts: record.process.accounts ?? [],
    // Where nobody is attached; an attached client says its own size first of all.
    terminal: { rows: 24, columns: 80 },
    stdin: record.process.stdin,
    stdinOnce: record.process.stdin && record.process.attach.includes('stdin'),
    log: {
      driver: record.log.driver,
      path: join(folder, 'container.log'),
      maxSize: record.log.maxSize,
      maxFiles: record.log.maxFiles,
      compress: record.log.options['compress'] === 'true',
      ...logAttributes(record),
      ...(record.log.driver === 'journald' ? { journal: journalFields(record) } : {}),
    },
    network: networkOf(record, around),
    join: {
      pid: joined(record.namespaces.pid),
      ipc: joined(record.namespaces.ipc),
      uts: joined(record.namespaces.uts),
      cgroup: joined(record.namespaces.cgroup),
      user: record.namespaces.user?.container ? containers.folderOf(record.namespaces.user.container) : null,
    },
    keepGroups: record.process.keepGroups === true,
    init: record.init,
    restart: record.restart,
    stopSignal: record.stop.signal,
    stopTimeout: record.stop.timeout,
    timeout: record.timeout,
    pidFile: record.pidFile || null,
    health: record.health,
    remove: record.autoRemove
      ? {
          container: true,
          name: containers.namePath(record.name),
          folders: record.mounts.flatMap((mount) =>
            mount.type === 'volume' && mount.anonymous ? [volumes.folderOf(mount.name)] : [],
          ),
        }
      : null,
    cgroup: cgroupOf(record.limits),
    seccompCache: join(directories.cache, 'seccomp'),
    runtime:
      record.runtime === null
        ? null
        : { path: findRuntime(record.runtime, around.path), root: join(directories.runtime, 'oci-runtime') },
  }
}

/** `--log-opt tag` with json-file, as docker keeps it. */
function logAttributes(record: ContainerRecord): { readonly attributes?: string } {
  const tag = recordedTag(record)
  return tag === undefined ? {} : { attributes: JSON.stringify({ tag }) }
}

/** Docker's fields, systemd.journal-fields(7). */
function journalFields(record: ContainerRecord): string[] {
  const { id, name, image, log } = record
  const tag = logTag(log.options['tag'] ?? '{{.ID}}', record)
  return [
    `CONTAINER_ID=${id.slice(0, 12)}`,
    `CONTAINER_ID_FULL=${id}`,
    `CONTAINER_NAME=${name}`,
    `CONTAINER_TAG=${tag}`,
    `IMAGE_NAME=${image.name}`,
    `SYSLOG_IDENTIFIER=${tag}`,
  ]
}

function networkOf(record: ContainerRecord, around: Surroundings): BundleNetwork {
  const { containers, networks } = around
  const { mode, ports } = record.network
  return {
    mode: mode.kind,
    container: mode.kind === 'container' ? containers.folderOf(mode.container) : null,
    ...wayOutside(record, around),
    ports: mode.kind === 'slirp' || mode.kind === 'pasta' || mode.kind === 'bridge' ? ports : [],
    ...(mode.kind === 'bridge'
      ? {
          networks: bundleAttachments(record, networks),
          ...knownAs(record, networks),
        }
      : {}),
  }
}

/** What the name server of its networks knows of a container. */
export function knownAs(
  record: ContainerRecord,
  networks: NetworkStore,
): Required<Pick<BundleNetwork, 'names' | 'resolvers'>> {
  return { names: namesOf(record), resolvers: resolversOf(record, networks) }
}

/** `--dns`, else those of the networks, else the host's. */
function resolversOf({ network }: ContainerRecord, networks: NetworkStore): readonly string[] {
  if (network.dns.length > 0) return network.dns
  const servers = network.networks.flatMap((one) => networks.find(one.network).dnsServers)
  return servers.length > 0 ? servers : ownNameServers()
}

/** The program that carries packets to the host's sockets: the container's own, or that of all bridges. */
function wayOutside(
  { network: { mode, noHostLoopback = false } }: ContainerRecord,
  { directories, networkBackend }: Surroundings,
): Pick<BundleNetwork, 'command' | 'mtu' | 'outside' | 'ipv6' | 'noHostLoopback'> {
  const any = mode.kind === 'slirp' || mode.kind === 'pasta' || mode.kind === 'bridge'
  const program = mode.kind === 'bridge' ? networkBackend() : mode.kind === 'pasta' ? 'pasta' : 'slirp4netns'
  return {
    command: any ? toolCommand(program, directories) : [],
    mtu: program === 'pasta' ? PASTA_MTU : SLIRP_MTU,
    outside: program,
    ipv6: any && hasIpv6Outside(),
    noHostLoopback,
  }
}

const CPU_PERIOD = 100_000

function cgroupOf(limits: Limits): BundleCgroup {
  const { nanoCpus } = limits
  return {
    path: null,
    memory: limits.memory,
    memorySwap: limits.memorySwap,
    memoryReservation: limits.memoryReservation,
    cpuQuota: nanoCpus > 0 ? Math.round((nanoCpus / 1e9) * CPU_PERIOD) : limits.cpuQuota,
    cpuPeriod: nanoCpus > 0 ? CPU_PERIOD : limits.cpuPeriod,
    cpuShares: limits.cpuShares,
    cpusetCpus: limits.cpusetCpus,
    cpusetMems: limits.cpusetMems,
    pids: limits.pids,
  }
}
