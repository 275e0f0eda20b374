/** `HostConfig` of `inspect`: what was asked for of this machine, in docker's words. */
import { MASKED, READ_ONLY } from '../containers/bundle/config.ts'
import type { ContainerRecord, NamespaceMode } from '../containers/record.ts'
import { networkModeWord } from '../networks/mode.ts'
import type { IdMapping } from '../oci/runtime-spec.ts'
import type { MountRecord } from '../volumes/mounts.ts'
import { portMap } from './inspect-network.ts'

/** `linkName`: what a linked container is called now. */
export function hostConfig(record: ContainerRecord, linkName: (id: string) => string): object {
  const { security, limits, network, namespaces, mounts } = record
  const tmpfs = mounts.flatMap((mount) => (mount.type === 'tmpfs' && mount.from === 'tmpfs' ? [mount] : []))
  return {
    Binds: orNull(mounts.flatMap(bindWords)),
    ContainerIDFile: record.cidFile,
    LogConfig: { Type: record.log.driver, Config: record.log.options },
    NetworkMode: networkModeWord(network),
    PortBindings: portMap(network.ports, true),
    RestartPolicy: { Name: record.restart.policy, MaximumRetryCount: record.restart.retries },
    AutoRemove: record.autoRemove,
    VolumeDriver: '',
    VolumesFrom: orNull(record.volumesFrom),
    ConsoleSize: [0, 0],
    ...(Object.keys(record.annotations).length === 0 ? {} : { Annotations: record.annotations }),
    CapAdd: orNull(security.capAdd),
    CapDrop: orNull(security.capDrop),
    CgroupnsMode: modeName(namespaces.cgroup, 'private'),
    Dns: network.dns,
    DnsOptions: network.dnsOptions,
    DnsSearch: network.dnsSearch,
    ExtraHosts: orNull(network.extraHosts),
    GroupAdd: orNull(record.process.groupAdd),
    IpcMode: modeName(namespaces.ipc, 'private'),
    Cgroup: '',
    Links: orNull(
      network.links.map(({ container, alias }) => `${linkName(container)}:/${record.name}/${alias}`),
    ),
    OomScoreAdj: record.process.oomScoreAdj,
    PidMode: modeName(namespaces.pid, ''),
    Privileged: security.privileged,
    PublishAllPorts: network.publishAll,
    ReadonlyRootfs: security.readOnly,
    SecurityOpt: orNull(security.options),
    ...(tmpfs.length === 0
      ? {}
      : { Tmpfs: Object.fromEntries(tmpfs.map((mount) => [mount.destination, mount.options.join(',')])) }),
    UTSMode: modeName(namespaces.uts, ''),
    UsernsMode: namespaces.user?.mode ?? '',
    ...(namespaces.user === null
      ? {}
      : {
          IDMappings: {
            UidMap: namespaces.user.uidMappings.map(mapWords),
            GidMap: namespaces.user.gidMappings.map(mapWords),
          },
        }),
    ShmSize: record.shmSize,
    ...(Object.keys(record.sysctls).length === 0 ? {} : { Sysctls: record.sysctls }),
    Runtime: record.runtime ?? 'sampan',
    Isolation: '',
    CpuShares: limits.cpuShares,
    Memory: limits.memory,
    NanoCpus: limits.nanoCpus,
    CgroupParent: '',
    BlkioWeight: 0,
    BlkioWeightDevice: [],
    BlkioDeviceReadBps: [],
    BlkioDeviceWriteBps: [],
    BlkioDeviceReadIOps: [],
    BlkioDeviceWriteIOps: [],
    CpuPeriod: limits.cpuPeriod,
    CpuQuota: limits.cpuQuota,
    CpuRealtimePeriod: 0,
    CpuRealtimeRuntime: 0,
    CpusetCpus: limits.cpusetCpus,
    CpusetMems: limits.cpusetMems,
    Devices: record.devices.map(({ host, container, permissions }) => ({
      PathOnHost: host,
      PathInContainer: container,
      CgroupPermissions: permissions,
    })),
    DeviceCgroupRules: null,
    DeviceRequests: null,
    MemoryReservation: limits.memoryReservation,
    MemorySwap: limits.memorySwap,
    MemorySwappiness: null,
    OomKillDisable: null,
    PidsLimit: limits.pids === 0 ? null : limits.pids,
    Ulimits: record.process.ulimits.map(({ type, soft, hard }) => ({
      Name: type.replace('RLIMIT_', '').toLowerCase(),
      Hard: hard,
      Soft: soft,
    })),
    CpuCount: 0,
    CpuPercent: 0,
    IOMaximumIOps: 0,
    IOMaximumBandwidth: 0,
    ...(mounts.some(({ from }) => from === 'mount') ? { Mounts: mounts.flatMap(mountSpec) } : {}),
    MaskedPaths: security.unmask ? null : MASKED,
    ReadonlyPaths: security.unmask ? null : READ_ONLY,
    Init: record.init,
  }
}

/** Docker prints null, not [], for what was not given: scripts test it. */
function orNull<T>(list: readonly T[]): readonly T[] | null {
  return list.length === 0 ? null : list
}

function modeName(mode: NamespaceMode, own: string): string {
  return typeof mode === 'object' ? `container:${mode.container}` : mode === 'private' ? own : mode
}

/** As podman prints it. */
function mapWords({ containerID, hostID, size }: IdMapping): string {
  return `${containerID}:${hostID}:${size}`
}

/** `-v` as typed. */
function bindWords(mount: MountRecord): string[] {
  if (mount.type === 'tmpfs' || mount.from !== 'volume') return []
  if (mount.type === 'volume' && mount.anonymous) return []
  const source = mount.type === 'bind' ? mount.source : mount.name
  return [`${source}:${mount.destination}${mount.mode === '' ? '' : `:${mount.mode}`}`]
}

/** `--mount` as typed. */
function mountSpec(mount: MountRecord): object[] {
  if (mount.from !== 'mount') return []
  return [
    {
      Type: mount.type,
      ...(mount.type === 'bind' || mount.type === 'image' ? { Source: mount.source } : {}),
      ...(mount.type === 'volume' && !mount.anonymous ? { Source: mount.name } : {}),
      Target: mount.destination,
      ...(mount.readOnly ? { ReadOnly: true } : {}),
      ...(mount.type === 'tmpfs' ? { TmpfsOptions: { SizeBytes: mount.size, Mode: mount.mode } } : {}),
    },
  ]
}
