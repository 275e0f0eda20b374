/** What `inspect` prints of a container: docker's JSON, with podman's further members and the fields docker 29 dropped. */
import { join } from 'node:path'
import type { Context } from '../cli/context.ts'
import { joinedContainers } from '../containers/joins.ts'
import { boundNetworks } from '../containers/networks.ts'
import { boundPorts } from '../containers/ports.ts'
import type { ContainerRecord } from '../containers/record.ts'
import { isRunning, NEVER, type State } from '../containers/state.ts'
import { type Container, ContainerStore } from '../containers/store.ts'
import { signalName } from '../containers/values/signal.ts'
import { layerFolder } from '../images/layers.ts'
import { portKey } from '../networks/ports.ts'
import { NetworkStore } from '../networks/store.ts'
import type { Digest } from '../oci/digest.ts'
import type { MountRecord } from '../volumes/mounts.ts'
import { VolumeStore } from '../volumes/store.ts'
import { sizes } from './container-sizes.ts'
import { hostConfig } from './inspect-host-config.ts'
import { networkSettings } from './inspect-network.ts'

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
    HostnamePath: record.network.noHostname ? '' : join(folder, 'hostname'),
    HostsPath: record.network.noHosts ? '' : join(folder, 'hosts'),
    LogPath: record.log.driver === 'none' ? '' : join(folder, 'container.log'),
    Name: `/${record.name}`,
    RestartCount: state.restartCount,
    Driver: record.storage.driver,
    Platform: 'linux',
    MountLabel: '',
    ProcessLabel: '',
    AppArmorProfile: '',
    ExecIDs: null,
    HostConfig: hostConfig(record, (id) => linkName(id, context)),
    GraphDriver: graphDriver(container, context),
    ...(size ? sizes(container, context) : {}),
    Mounts: record.mounts.filter(({ type }) => type !== 'tmpfs').map((mount) => mountPoint(mount, context)),
    Config: configOf(record),
    NetworkSettings: networkSettings(
      record,
      { ports, networks: boundNetworks(container) },
      isRunning(state),
      new NetworkStore(context.directories),
    ),
    ImageManifestDescriptor: {
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest: record.image.manifest,
    },
    ImageDigest: record.image.manifest,
    ImageName: record.image.name,
    Rootfs: '',
    Pod: '',
    StaticDir: folder,
    PidFile: record.pidFile,
    OCIConfigPath: join(folder, 'config.json'),
    OCIRuntime: record.runtime ?? 'sampan',
    EffectiveCaps: process.uid === 0 ? record.security.capabilities : null,
    BoundingCaps: record.security.capabilities,
    Dependencies: [...new Set([...joinedContainers(record), ...(record.requires ?? [])])],
    Namespace: '',
    IsInfra: false,
    IsService: false,
  }
}

/** `/db`; the id of one that has gone. */
function linkName(id: string, { directories }: Context): string {
  const container = new ContainerStore(directories).list().find((one) => one.id === id)
  return `/${container?.name ?? id}`
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
      // Docker's word for a volume somebody named, labels or not.
      Mode: mount.mode || (mount.anonymous ? '' : 'z'),
      Propagation: '',
      SubPath: mount.subpath,
    }
  }
  if (mount.type === 'image') {
    return {
      Type: 'image',
      Name: mount.source,
      Source: mount.source,
      ...common,
      Mode: '',
      Propagation: '',
      SubPath: mount.subpath ?? '',
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
    ...(record.secrets === undefined
      ? {}
      : {
          Secrets: record.secrets.map(({ name, id, uid, gid, mode }) => ({
            Name: name,
            ID: id,
            UID: uid,
            GID: gid,
            Mode: mode,
          })),
        }),
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
    Timeout: record.timeout,
    ...(record.health === null ? {} : { HealthcheckOnFailureAction: record.health.onFailure }),
    Umask: (process.umask ?? 0o022).toString(8).padStart(4, '0'),
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
