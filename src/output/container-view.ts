/** What `ps` shows of a container: docker's columns and cell rules, and the names that podman's templates know. */
import type { ContainerRecord } from '../containers/record.ts'
import type { Running, State } from '../containers/state.ts'
import { isRunning, NEVER } from '../containers/state.ts'
import { networkNames } from '../networks/mode.ts'
import type { PortMapping, PortSpec } from '../networks/ports.ts'
import type { Row } from '../operations/container-filters.ts'
import { ellipsis, humanAgo, humanDuration, humanSize, humanTimestamp, shortId } from './human.ts'
import type { View } from './view.ts'

export interface SizedRow extends Row {
  /** Counted only when somebody asked. */
  readonly size?: { readonly SizeRw: number; readonly SizeRootFs: number }
}

const COMMAND_WIDTH = 20
const MOUNT_WIDTH = 15

export const containerColumns = ['ID', 'Image', 'Command', 'RunningFor', 'Status', 'Ports', 'Names'] as const

export const containerView: View<SizedRow> = {
  fields: {
    ID: {
      heading: 'CONTAINER ID',
      value: ({ container }, { truncate }) => (truncate ? shortId(container.id) : container.id),
    },
    Image: { heading: 'IMAGE', value: ({ record }) => record.image.name || shortId(record.image.id) },
    Command: { heading: 'COMMAND', value: (row, { truncate }) => quoted(row, truncate) },
    CreatedAt: { heading: 'CREATED AT', value: ({ record }) => humanTimestamp(record.created) },
    RunningFor: { heading: 'CREATED', value: ({ record }) => humanAgo(record.created) },
    Ports: {
      heading: 'PORTS',
      value: ({ ports, record, state }) => (isRunning(state) ? portsCell(ports, reachable(record)) : ''),
    },
    State: { heading: 'STATE', value: ({ state }) => state.status },
    Status: { heading: 'STATUS', value: ({ state }) => statusCell(state) },
    HealthStatus: { heading: 'HEALTH STATUS', value: ({ state }) => state.health?.status ?? '' },
    Size: { heading: 'SIZE', value: ({ size }) => sizeCell(size) },
    Names: { heading: 'NAMES', value: ({ record }) => record.name },
    Labels: {
      heading: 'LABELS',
      value: ({ record }) =>
        Object.entries(record.labels)
          .map(([key, value]) => `${key}=${value}`)
          .sort()
          .join(','),
    },
    Mounts: {
      heading: 'MOUNTS',
      value: ({ record }, { truncate }) =>
        record.mounts
          .flatMap((mount) =>
            mount.type === 'bind' ? [mount.source] : mount.type === 'volume' ? [mount.name] : [],
          )
          .map((name) => (truncate ? ellipsis(name, MOUNT_WIDTH) : name))
          .join(','),
    },
    LocalVolumes: {
      heading: 'LOCAL VOLUMES',
      value: ({ record }) => String(record.mounts.filter(({ type }) => type === 'volume').length),
    },
    Networks: { heading: 'NETWORKS', value: ({ record }) => networkNames(record.network).join(',') },
    Platform: { heading: 'PLATFORM', value: ({ record }) => record.image.platform, inJson: false },
    AutoRemove: { heading: 'AUTOREMOVE', value: ({ record }) => record.autoRemove, inJson: false },
    CIDFile: { heading: 'CIDFILE', value: ({ record }) => record.cidFile, inJson: false },
    Created: { heading: 'CREATED', value: ({ record }) => humanAgo(record.created), inJson: false },
    CreatedHuman: { heading: 'CREATED', value: ({ record }) => humanAgo(record.created), inJson: false },
    ExitCode: {
      heading: 'EXIT CODE',
      value: ({ state }) => ('exitCode' in state ? state.exitCode : 0),
      inJson: false,
    },
    Exited: { heading: 'EXITED', value: ({ state }) => state.status === 'exited', inJson: false },
    ExitedAt: {
      heading: 'EXITED AT',
      value: ({ state }) => ('finishedAt' in state ? state.finishedAt : NEVER),
      inJson: false,
    },
    ExposedPorts: {
      heading: 'EXPOSED PORTS',
      value: ({ record }) => portsCell([], record.network.exposed),
      inJson: false,
    },
    ImageID: {
      heading: 'IMAGE ID',
      value: ({ record }, { truncate }) => (truncate ? shortId(record.image.id) : record.image.id),
      inJson: false,
    },
    IsInfra: { heading: 'IS INFRA', value: () => false, inJson: false },
    Pid: { heading: 'PID', value: ({ state }) => (isRunning(state) ? state.pid : 0), inJson: false },
    Pod: { heading: 'POD ID', value: () => '', inJson: false },
    PodName: { heading: 'POD NAME', value: () => '', inJson: false },
    Restarts: { heading: 'RESTARTS', value: ({ state }) => state.restartCount, inJson: false },
    StartedAt: {
      heading: 'STARTED AT',
      value: ({ state }) => ('startedAt' in state ? state.startedAt : NEVER),
      inJson: false,
    },
  },
  methods: {
    Label: ({ record }, key) => record.labels[key ?? ''] ?? '',
  },
}

/** Ports that are the container's own: a network of others, or none, has no exposed ones. */
function reachable({ network }: ContainerRecord): readonly PortSpec[] {
  return ['none', 'host', 'container'].includes(network.mode.kind) ? [] : network.exposed
}

function quoted({ record }: SizedRow, truncate: boolean): string {
  const [path = '', ...rest] = [...(record.process.entrypoint ?? []), ...(record.process.command ?? [])]
  const words = [path, ...rest.map((word) => (word.includes(' ') ? `'${word}'` : word))].join(' ')
  return `"${truncate ? ellipsis(words, COMMAND_WIDTH) : words}"`
}

/** `Up 2 minutes (healthy)`, `Exited (0) 3 hours ago`, `Created`, `Restarting (1) 5 seconds ago`. */
export function statusCell(state: State, now: number = Date.now()): string {
  switch (state.status) {
    case 'created':
      return 'Created'
    case 'running':
    case 'paused':
      return upSince(state, now)
    case 'restarting':
      return `Restarting (${state.exitCode}) ${humanAgo(state.finishedAt, now)}`
    case 'exited':
      return `Exited (${state.exitCode}) ${humanAgo(state.finishedAt, now)}`
  }
}

function upSince({ status, startedAt, health }: Running, now: number): string {
  const up = `Up ${humanDuration(now - Date.parse(startedAt))}`
  if (status === 'paused') return `${up} (Paused)`
  if (health === null) return up
  return `${up} (${health.status === 'starting' ? 'health: starting' : health.status})`
}

function sizeCell(size: SizedRow['size']): string {
  // As docker has it where nobody counted.
  return size === undefined ? '0B' : `${humanSize(size.SizeRw)} (virtual ${humanSize(size.SizeRootFs)})`
}

/**
 * `0.0.0.0:8080->80/tcp, [::]:8080->80/tcp, 443/tcp`: neighbours in one range, `0.0.0.0:8000-8002->80-82/tcp`;
 * exposed ports that are not published come by themselves.
 */
export function portsCell(published: readonly PortMapping[], exposed: readonly PortSpec[]): string {
  const taken = new Set(published.map(({ containerPort, protocol }) => `${containerPort}/${protocol}`))
  const entries: Entry[] = [
    ...published.flatMap(({ hostIp, hostPort, containerPort, protocol }) =>
      (hostIp === '' ? ['0.0.0.0', '[::]'] : [hostIp.includes(':') ? `[${hostIp}]` : hostIp]).map(
        (address) => ({
          address,
          host: hostPort,
          port: containerPort,
          protocol,
        }),
      ),
    ),
    ...exposed
      .filter(({ port, protocol }) => !taken.has(`${port}/${protocol}`))
      .map(({ port, protocol }) => ({ address: '', host: 0, port, protocol })),
  ]
  entries.sort(byAddressThenPort)
  return groups(entries).map(groupText).join(', ')
}

interface Entry {
  readonly address: string
  readonly host: number
  readonly port: number
  readonly protocol: string
}

interface Group extends Entry {
  readonly length: number
}

function byAddressThenPort(a: Entry, b: Entry): number {
  const [left, right] = [`${a.protocol} ${a.address}`, `${b.protocol} ${b.address}`]
  return left < right ? -1 : left > right ? 1 : a.port - b.port
}

function groups(entries: readonly Entry[]): Group[] {
  const found: Group[] = []
  for (const entry of entries) {
    const last = found.at(-1)
    const follows =
      last !== undefined &&
      last.address === entry.address &&
      last.protocol === entry.protocol &&
      last.port + last.length === entry.port &&
      (entry.address === '' || last.host + last.length === entry.host)
    if (follows) found[found.length - 1] = { ...last, length: last.length + 1 }
    else found.push({ ...entry, length: 1 })
  }
  return found
}

function groupText({ address, host, port, protocol, length }: Group): string {
  const range = (first: number) => (length === 1 ? String(first) : `${first}-${first + length - 1}`)
  return address === ''
    ? `${range(port)}/${protocol}`
    : `${address}:${range(host)}->${range(port)}/${protocol}`
}
