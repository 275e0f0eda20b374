/** What `inspect` prints of a container: docker's JSON, with podman's further members and the fields docker 29 dropped. */
import { join } from 'node:path'
import type { Context } from '../cli/context.ts'
import { boundPorts } from '../containers/ports.ts'
import type { ContainerRecord, NamespaceMode } from '../containers/record.ts'
import { isRunning, NEVER, type State } from '../containers/state.ts'
import { type Container, ContainerStore } from '../containers/store.ts'
import { signalName } from '../containers/values/signal.ts'
import { layerFolder } from '../images/layers.ts'
import { networkModeName } from '../networks/mode.ts'
import { type PortMapping, portKey } from '../networks/ports.ts'
import type { Digest } from '../oci/digest.ts'
import type { MountRecord } from '../volumes/mounts.ts'
import { VolumeStore } from '../volumes/store.ts'
import { sizes } from './container-sizes.ts'

/** Throws no-such-container. */
export function inspectContainer(
  nameOrId: string,
  { size }: { readonly size: boolean },
  context: Context,
): object {
  const container = new ContainerStore(context.directories).find(nameOrId)
  const { record, folder, id } = container
  const state = container.state()
  const { process } = record
  const words = [...(process.entrypoint ?? []), ...(process.command ?? [])]
  const ports = isRunning(state) ? boundPorts(container) : []
  return {
    Id: id,
    Created: record.created,
    Path: words[0] ?? '',
    Args: words.slice(1),
    State: stateOf(state, record),
    Image: record.image.id,
    ResolvConfPath: join(folder, 'resolv.conf'),
    HostnamePath: join(folder, 'hostname'),
    HostsPath: join(folder, 'hosts'),
    LogPath: record.log.driver === 'none' ? '' : join(folder, 'container.log'),
    Name: `/${record.name}`,
    RestartCount: state.restartCount,
    Driver: record.storage.driver,
    Platform: 'linux',
    MountLabel: '',
    ProcessLabel: '',
    AppArmorProfile: '',
    ExecIDs: null,
    HostConfig: hostConfig(record),
    GraphDriver: graphDriver(container, context),
    ...(size ? sizes(container, context) : {}),
    Mounts: record.mounts.filter(({ type }) => type !== 'tmpfs').map((mount) => mountPoint(mount, context)),
    Config: configOf(record),
    NetworkSettings: networkSettings(record, ports, isRunning(state)),
    ImageManifestDescriptor: {
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest: record.image.manifest,
    },
    ImageDigest: record.image.manifest,
    ImageName: record.image.name,
    Rootfs: '',
    Pod: '',
    StaticDir: folder,
    OCIConfigPath: join(folder, 'config.json'),
    OCIRuntime: record.runtime ?? 'sampan',
    EffectiveCaps: process.uid === 0 ? record.security.capabilities : null,
    BoundingCaps: record.security.capabilities,
    Dependencies: dependencies(record),
    Namespace: '',
    IsInfra: false,
    IsService: false,
  }
}

function stateOf(state: State, record: ContainerRecord): object {
  const running = isRunning(state)
  const ended = 'exitCode' in state
  return {
    Status: state.status,
    Running: running || state.status === 'restarting',
    Paused: state.status === 'paused',
    Restarting: state.status === 'restarting',
    OOMKilled: state.status === 'exited' && state.oomKilled,
    Dead: false,
    Pid: running ? state.pid : 0,
    ExitCode: ended ? state.exitCode : 0,
    Error: state.error,
    StartedAt: 'startedAt' in state ? state.startedAt : NEVER,
    FinishedAt: 'finishedAt' in state ? state.finishedAt : NEVER,
    ...(state.health === null
      ? {}
      : {
          Health: {
            Status: state.health.status,
            FailingStreak: state.health.failingStreak,
            Log: state.health.log.map(({ start, end, exitCode, output }) => ({
              Start: start,
              End: end,
              ExitCode: exitCode,
              Output: output,
            })),
          },
        }),
    OciVersion: '1.0.2',
    ConmonPid: 'monitorPid' in state ? state.monitorPid : 0,
    CgroupPath: '',
    Checkpointed: false,
    StoppedByUser: false,
    ...(record.health !== null && state.health === null && running
      ? { Health: { Status: 'starting', FailingStreak: 0, Log: [] } }
      : {}),
  }
}

/** Docker prints null, not [], for what was not given: scripts test it. */
function orNull<T>(list: readonly T[]): readonly T[] | null {
  return list.length === 0 ? null : list
}

function modeName(mode: NamespaceMode, own: string): string {
  return typeof mode === 'object' ? `container:${mode.container}` : mode === 'private' ? own : mode
}

function hostConfig(record: ContainerRecord): object {
  const { security, limits, network, namespaces, mounts } = record
  const tmpfs = mounts.flatMap((mount) => (mount.type === 'tmpfs' && mount.from === 'tmpfs' ? [mount] : []))
  return {
    Binds: orNull(mounts.flatMap(bindWords)),
    ContainerIDFile: record.cidFile,
    LogConfig: { Type: record.log.driver, Config: record.log.options },
    NetworkMode: networkModeName(network.mode),
    PortBindings: portMap(network.ports, true),
    RestartPolicy: { Name: record.restart.policy, MaximumRetryCount: record.restart.retries },
    AutoRemove: record.autoRemove,
    VolumeDriver: '',
    VolumesFrom: orNull(record.volumesFrom),
    ConsoleSize: [0, 0],
    ...(Object.keys(record.annotations).length === 0 ? {} : { Annotations: record.annotations }),
    CapAdd: orNull(security.capAdd),
    CapDrop: orNull(security.capDrop),
    CgroupnsMode: namespaces.cgroup,
    Dns: network.dns,
    DnsOptions: network.dnsOptions,
    DnsSearch: network.dnsSearch,
    ExtraHosts: orNull(network.extraHosts),
    GroupAdd: orNull(record.process.groupAdd),
    IpcMode: modeName(namespaces.ipc, 'private'),
    Cgroup: '',
    Links: null,
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
    UsernsMode: '',
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
    CpusetMems: '',
    Devices: record.devices.map(({ host, container, permissions }) => ({
      PathOnHost: host,
      PathInContainer: container,
      CgroupPermissions: permissions,
    })),
    DeviceCgroupRules: null,
    DeviceRequests: null,
    MemoryReservation: 0,
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
    MaskedPaths: security.unmask ? null : undefined,
    ReadonlyPaths: security.unmask ? null : undefined,
    Init: record.init,
  }
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
      ...(mount.type === 'bind' ? { Source: mount.source } : {}),
      ...(mount.type === 'volume' && !mount.anonymous ? { Source: mount.name } : {}),
      Target: mount.destination,
      ...(mount.readOnly ? { ReadOnly: true } : {}),
      ...(mount.type === 'tmpfs' ? { TmpfsOptions: { SizeBytes: mount.size, Mode: mount.mode } } : {}),
    },
  ]
}

function mountPoint(mount: MountRecord, { directories }: Context): object {
  const common = { Destination: mount.destination, RW: !mount.readOnly }
  if (mount.type === 'bind') {
    const { source, mode, propagation, recursive } = mount
    return {
      Type: 'bind',
      Source: source,
      ...common,
      Mode: mode,
      Propagation: propagation,
      Options: [recursive ? 'rbind' : 'bind'],
    }
  }
  if (mount.type === 'volume') {
    const Source = new VolumeStore(directories).mountpointOf(mount.name)
    return {
      Type: 'volume',
      Name: mount.name,
      Source,
      ...common,
      Driver: 'local',
      Mode: mount.mode,
      Propagation: '',
      SubPath: mount.subpath,
    }
  }
  return { Type: 'tmpfs', Source: '', ...common, Mode: '', Propagation: '' }
}

function configOf(record: ContainerRecord): object {
  const { process, network, image } = record
  const volumes = record.mounts.flatMap((mount) =>
    mount.type === 'volume' && mount.anonymous ? [mount.destination] : [],
  )
  return {
    Hostname: record.hostname,
    Domainname: record.domainname,
    User: process.user,
    AttachStdin: process.attach.includes('stdin'),
    AttachStdout: process.attach.includes('stdout'),
    AttachStderr: process.attach.includes('stderr'),
    ...(network.exposed.length === 0
      ? {}
      : {
          ExposedPorts: Object.fromEntries(
            network.exposed.map(({ port, protocol }) => [portKey(port, protocol), {}]),
          ),
        }),
    Tty: process.terminal,
    OpenStdin: process.stdin,
    StdinOnce: process.stdin && process.attach.includes('stdin'),
    Env: process.environment,
    Cmd: process.command,
    ...(record.health === null
      ? {}
      : {
          Healthcheck: {
            Test: record.health.test,
            Interval: record.health.interval,
            Timeout: record.health.timeout,
            StartPeriod: record.health.startPeriod,
            StartInterval: record.health.startInterval,
            Retries: record.health.retries,
          },
        }),
    Image: image.name,
    Volumes: volumes.length === 0 ? null : Object.fromEntries(volumes.map((path) => [path, {}])),
    WorkingDir: process.directory,
    Entrypoint: process.entrypoint,
    NetworkDisabled: network.mode.kind === 'none',
    OnBuild: null,
    Labels: record.labels,
    StopSignal: signalName(record.stop.signal),
    StopTimeout: record.stop.timeout,
    Annotations: record.annotations,
    CreateCommand: record.createCommand,
    Umask: (process.umask ?? 0o022).toString(8).padStart(4, '0'),
  }
}

/** `80/tcp` → where it is published. Without `asked`: the addresses that are listened on. */
function portMap(ports: readonly PortMapping[], asked: boolean): Record<string, object[]> {
  const map: Record<string, object[]> = {}
  for (const { hostIp, hostPort, containerPort, protocol } of ports) {
    const addresses = asked || hostIp !== '' ? [hostIp] : ['0.0.0.0', '::']
    const key = portKey(containerPort, protocol)
    const HostPort = asked && hostPort === 0 ? '' : String(hostPort)
    map[key] = [...(map[key] ?? []), ...addresses.map((HostIp) => ({ HostIp, HostPort }))]
  }
  return map
}

/** Inside every slirp network the container has this address; it means nothing outside. */
const SLIRP = { address: '10.0.2.100', prefix: 24, gateway: '10.0.2.2' }

function networkSettings(record: ContainerRecord, bound: readonly PortMapping[], running: boolean): object {
  const { mode, exposed } = record.network
  const slirp = running && mode.kind === 'slirp'
  const unpublished = running
    ? Object.fromEntries(exposed.map(({ port, protocol }) => [portKey(port, protocol), null]))
    : {}
  const addresses = {
    EndpointID: '',
    Gateway: slirp ? SLIRP.gateway : '',
    IPAddress: slirp ? SLIRP.address : '',
    IPPrefixLen: slirp ? SLIRP.prefix : 0,
    IPv6Gateway: '',
    GlobalIPv6Address: '',
    GlobalIPv6PrefixLen: 0,
    MacAddress: '',
  }
  return {
    Bridge: '',
    SandboxID: '',
    SandboxKey: '',
    HairpinMode: false,
    LinkLocalIPv6Address: '',
    LinkLocalIPv6PrefixLen: 0,
    SecondaryIPAddresses: null,
    SecondaryIPv6Addresses: null,
    ...addresses,
    Ports: { ...unpublished, ...portMap(bound, false) },
    Networks:
      mode.kind === 'container'
        ? {}
        : {
            [mode.kind]: {
              IPAMConfig: null,
              Links: null,
              Aliases: null,
              DriverOpts: null,
              GwPriority: 0,
              NetworkID: '',
              ...addresses,
              DNSNames: null,
            },
          },
  }
}

function graphDriver({ record, folder }: Container, { directories }: Context): object {
  const layers = record.image.layers
    .map((diffId) => join(layerFolder(directories.data, diffId as Digest), 'fs'))
    .reverse()
  const merged = join(folder, 'merged')
  return {
    Name: record.storage.driver,
    Data:
      record.storage.driver === 'vfs'
        ? { MergedDir: merged }
        : {
            LowerDir: layers.join(':'),
            MergedDir: merged,
            UpperDir: join(folder, 'upper'),
            WorkDir: join(folder, 'work'),
          },
  }
}

function dependencies({ namespaces, network }: ContainerRecord): string[] {
  const modes = [namespaces.pid, namespaces.ipc, namespaces.uts].flatMap((mode) =>
    typeof mode === 'object' ? [mode.container] : [],
  )
  return [...new Set([...modes, ...(network.mode.kind === 'container' ? [network.mode.container] : [])])]
}
