/** Joins what was asked for with what the image says: the record of the new container. Nothing is made here. */
import { hostname as hostName } from 'node:os'
import { posix } from 'node:path'
import { SampanError, usage } from '../errors.ts'
import type { Image } from '../images/store.ts'
import { type PortSpec, parseExpose, portKey, publishExposed } from '../networks/ports.ts'
import { type ContainerDefaults, platformOf } from '../oci/image-config.ts'
import { formatPlatform } from '../oci/platform.ts'
import { familiarName, parseReference } from '../oci/reference.ts'
import type { MountRecord } from '../volumes/mounts.ts'
import { accountLines } from './accounts.ts'
import type { StorageDriver } from './driver.ts'
import type {
  AccountLine,
  ContainerRecord,
  ImageOfContainer,
  NetworkRecord,
  ProcessRecord,
  UserNamespaceRecord,
} from './record.ts'
import type { CreateRequest, ProcessRequest } from './request.ts'
import { runtimeOf } from './runtimes.ts'
import type { SecretRecord } from './secrets.ts'
import { readFromUnion } from './union.ts'
import { type Identity, parsePasswd, resolveUser } from './users.ts'
import { mergeEnvironment, parseMap } from './values/environment.ts'
import { parseHealthCheck } from './values/policies.ts'
import { parseSignal, SIGTERM } from './values/signal.ts'

export interface Decided {
  readonly id: string
  readonly name: string
  readonly mounts: readonly MountRecord[]
  readonly userNamespace: UserNamespaceRecord | null
  readonly secrets?: readonly SecretRecord[]
  readonly driver: StorageDriver
  /** Host name of the container whose network is joined. */
  readonly joinedHostname: string | undefined
  /** Where ports are published whose address nobody said; '' for everywhere. */
  readonly bindIp: string
}

const STOP_SECONDS = 10
/** podman's word for the groups of the caller. */
const KEEP_GROUPS = 'keep-groups'

/** Throws (125) for a user the image does not know, and where neither says what to run. */
export function planContainer(request: CreateRequest, image: Image, decided: Decided): ContainerRecord {
  const defaults = image.config.config
  const { id, name, mounts, driver } = decided
  return {
    version: 1,
    id,
    name,
    created: now(),
    createCommand: request.createCommand,
    image: imageOf(request.image, image),
    process: planProcess(request, image, defaults, decided.userNamespace),
    hostname: hostnameOf(request, decided),
    domainname: request.domainname,
    labels: { ...defaults.Labels, ...request.labels },
    ...(decided.secrets === undefined || decided.secrets.length === 0 ? {} : { secrets: decided.secrets }),
    annotations: request.annotations,
    mounts,
    volumesFrom: request.volumesFrom,
    ...(request.requires.length === 0 ? {} : { requires: request.requires }),
    network: planNetwork(request, defaults, decided.bindIp),
    namespaces: { ...request.namespaces, user: decided.userNamespace },
    security: request.security,
    limits: request.limits,
    devices: request.devices,
    sysctls: checkSysctls(request),
    shmSize: request.shmSize,
    init: request.init,
    stop: {
      signal: request.stopSignal ?? (defaults.StopSignal ? parseSignal(defaults.StopSignal) : SIGTERM),
      timeout: request.stopTimeout ?? defaults.StopTimeout ?? STOP_SECONDS,
    },
    timeout: request.timeout,
    restart: request.restart,
    health: parseHealthCheck(request.health, defaults.Healthcheck),
    log: request.log,
    autoRemove: request.autoRemove,
    storage: { driver },
    runtime: runtimeOf(request.runtime),
    cidFile: request.cidFile,
    pidFile: request.pidFile,
  }
}

/** @param typed as the person named it */
export function imageOf(typed: string, image: Image): ImageOfContainer {
  return {
    name: shownName(typed),
    id: image.id,
    manifest: image.manifest,
    platform: formatPlatform(platformOf(image.config)),
    layers: image.layers.map(({ diffId }) => diffId),
    links: image.layers.map(({ link }) => link),
  }
}

/** RFC 3339 with nanoseconds: finer than a Date, so that containers made at once keep their order. */
export function now(): string {
  const milliseconds = performance.timeOrigin + performance.now()
  const nanoseconds = Math.floor((milliseconds % 1) * 1e6)
  return new Date(milliseconds).toISOString().replace('Z', `${String(nanoseconds).padStart(6, '0')}Z`)
}

/** `docker.io/library/nginx` → `nginx`; what was typed as an id stays one. */
function shownName(typed: string): string {
  if (/^(sha256:)?[0-9a-f]{12,64}$/.test(typed)) return typed
  try {
    return familiarName(parseReference(typed))
  } catch {
    return typed
  }
}

function planProcess(
  request: CreateRequest,
  image: Image,
  defaults: ContainerDefaults,
  userNamespace: UserNamespaceRecord | null,
): ProcessRecord {
  const asked = request.process
  const entrypoint = asked.entrypoint ?? defaults.Entrypoint ?? []
  // The image's CMD holds arguments for the image's ENTRYPOINT: with another one it means nothing.
  const command =
    asked.command.length > 0 ? asked.command : asked.entrypoint === undefined ? (defaults.Cmd ?? []) : []
  if (entrypoint.length + command.length === 0) {
    throw new SampanError('no command specified', {
      exitCode: 125,
      hint: 'the image names no program: give one after it',
    })
  }
  const person = userNamespace?.person
  const user = asked.user ?? (person ? `${person.uid}:${person.gid}` : (defaults.User ?? ''))
  const layers = image.layers.map(({ folder }) => folder).reverse()
  const keepGroups = asked.groupAdd.includes(KEEP_GROUPS)
  const added = asked.groupAdd.filter((name) => name !== KEEP_GROUPS)
  if (keepGroups && added.length > 0) {
    throw usage('--group-add keep-groups cannot be given with other groups')
  }
  const files = {
    passwd: () => readFromUnion(layers, '/etc/passwd'),
    group: () => readFromUnion(layers, '/etc/group'),
  }
  const identity = resolveUser(user, added, files)
  const directory = posix
    .normalize(posix.join('/', asked.directory ?? defaults.WorkingDir ?? '/'))
    .replace(/(.)\/$/, '$1')
  const { wanted, passwdEntry, groupEntry } = asked.accounts
  // Only where they may be needed: reading the image's files takes time.
  const named = wanted && (person != null || (passwdEntry ?? groupEntry) !== undefined)
  const accounts = named ? accountLines(asked.accounts, identity, directory, userNamespace, files) : []
  return {
    entrypoint: entrypoint.length === 0 ? null : entrypoint,
    command: command.length === 0 ? null : command,
    environment: environmentOf(asked, defaults.Env ?? []),
    home: homeOf(identity, accounts),
    directory,
    user,
    uid: identity.uid,
    gid: identity.gid,
    groups: identity.groups,
    groupAdd: asked.groupAdd,
    ...(accounts.length === 0 ? {} : { accounts }),
    ...(keepGroups ? { keepGroups } : {}),
    terminal: asked.terminal,
    stdin: asked.stdin,
    attach: asked.attach,
    ulimits: asked.ulimits,
    umask: asked.umask,
    oomScoreAdj: asked.oomScoreAdj,
  }
}

function environmentOf(
  { unsetAll, environment, merged }: ProcessRequest,
  image: readonly string[],
): string[] {
  const known = parseMap(image, '--env-merge')
  const expanded = merged.map((entry) =>
    entry.replace(/\$(?:\{(\w+)\}|(\w+))/g, (_, braced, bare) => known[braced ?? bare] ?? ''),
  )
  return mergeEnvironment(unsetAll ? [] : image, [...expanded, ...environment])
}

/** A user whom the image does not know has the home that their new line says. */
function homeOf({ uid, home }: Identity, accounts: readonly AccountLine[]): string {
  const own = accounts.flatMap(({ path, line }) => (path === '/etc/passwd' ? parsePasswd(line) : []))
  return own.find((entry) => entry.uid === uid)?.home || home
}

function hostnameOf(
  { hostname, namespaces, network }: CreateRequest,
  { id, joinedHostname }: Decided,
): string {
  if (joinedHostname !== undefined) return joinedHostname
  if (hostname !== undefined) return hostname
  return namespaces.uts === 'host' || network.mode.kind === 'host' ? hostName() : id.slice(0, 12)
}

function planNetwork({ network }: CreateRequest, defaults: ContainerDefaults, bindIp: string): NetworkRecord {
  const exposed = new Map<string, PortSpec>()
  const specs = [
    ...Object.keys(defaults.ExposedPorts ?? {}).flatMap(exposedByImage),
    ...network.exposed,
    ...network.ports.map(({ containerPort, protocol }) => ({ port: containerPort, protocol })),
  ]
  for (const spec of specs) exposed.set(portKey(spec.port, spec.protocol), spec)
  const all = [...exposed.values()]
  const ports = network.publishAll ? [...network.ports, ...publishExposed(all, network.ports)] : network.ports
  return {
    ...network,
    exposed: all,
    ports: ports.map((mapping) => (mapping.hostIp === '' ? { ...mapping, hostIp: bindIp } : mapping)),
  }
}

/** What an image exposes that we cannot forward (sctp, a typing error) is no reason not to run it. */
function exposedByImage(given: string): PortSpec[] {
  try {
    return parseExpose(given)
  } catch {
    return []
  }
}

/** Parameters of namespaces the container does not have of its own cannot be set. */
function checkSysctls({ sysctls, network, namespaces }: CreateRequest): Readonly<Record<string, string>> {
  for (const name of Object.keys(sysctls)) {
    const net = name.startsWith('net.')
    const ipc =
      /^(kernel\.(msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced)$|fs\.mqueue\.)/.test(name)
    const uts = name === 'kernel.domainname' || name === 'kernel.hostname'
    if (!net && !ipc && !uts) {
      throw usage(
        `sysctl "${name}" is not in a separate kernel namespace`,
        'net.*, fs.mqueue.* and kernel.shm*, msg*, sem are',
      )
    }
    if (
      (net && network.mode.kind === 'host') ||
      (ipc && namespaces.ipc === 'host') ||
      (uts && namespaces.uts === 'host')
    ) {
      throw usage(`sysctl "${name}" is not allowed: the namespace is the host's`)
    }
  }
  return sysctls
}
