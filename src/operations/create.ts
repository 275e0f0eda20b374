/** `create`, and the first half of `run`: from a request to a container on disk that has never run. */

import { existsSync, writeFileSync } from 'node:fs'
import type { Context } from '../cli/context.ts'
import type { Surroundings } from '../containers/bundle/sampan.ts'
import { outlivesMachine } from '../containers/comes-back.ts'
import { chooseDriver, type StorageDriver } from '../containers/driver.ts'
import { containerEvent } from '../containers/events.ts'
import { fillContainer } from '../containers/fill.ts'
import {
  checkJoinable,
  checkMountable,
  chooseUserNamespace,
  driverFor,
  holdRanges,
} from '../containers/ids.ts'
import { resolveMounts } from '../containers/mounts.ts'
import { newId, randomName } from '../containers/names.ts'
import { planContainer } from '../containers/plan.ts'
import type { ContainerRecord, NamespaceMode } from '../containers/record.ts'
import type { CreateRequest } from '../containers/request.ts'
import { nameInUse } from '../containers/reservation.ts'
import { findRuntime, runtimeOf } from '../containers/runtimes.ts'
import { resolveSecrets } from '../containers/secrets.ts'
import { type Container, ContainerStore } from '../containers/store.ts'
import { sweep } from '../containers/sweep.ts'
import { checkLog } from '../containers/values/log.ts'
import { SampanError, unsupported } from '../errors.ts'
import type { Mapping } from '../images/layers.ts'
import { lackOfIds } from '../images/mapping.ts'
import { type Image, ImageStore } from '../images/store.ts'
import type { Attachment } from '../networks/attachment.ts'
import { driverSettings } from '../networks/driver-options.ts'
import { checkStaticAddress } from '../networks/network.ts'
import { DEFAULT_NAME, NetworkStore } from '../networks/store.ts'
import { readConfig } from '../platform/host/config.ts'
import { SecretStore } from '../secrets/store.ts'
import { VolumeStore } from '../volumes/store.ts'
import { ensureImage } from './ensure-image.ts'
import { resolveImageMounts } from './mounted-images.ts'
import type { OpenProgress } from './progress.ts'

/** Everything a bundle is made from, for this user. */
export function surroundings({ directories, environment, networkBackend }: Context): Surroundings {
  return {
    directories,
    containers: new ContainerStore(directories),
    volumes: new VolumeStore(directories),
    networks: new NetworkStore(directories),
    networkBackend: () => networkBackend ?? readConfig(directories).networkBackend ?? 'slirp4netns',
    path: environment['PATH'] ?? '',
  }
}

/**
 * Makes the container; pulls the image where the request's policy says so. Throws conflict for a name in use,
 * no-such-image, no-such-container (of a namespace to join), usage: in every case nothing is left behind.
 */
export async function createContainer(
  request: CreateRequest,
  context: Context,
  open?: OpenProgress,
): Promise<Container> {
  const around = surroundings(context)
  const joined = resolveJoins(request, around)
  checkBefore(joined, around)
  const { pull: policy, platform, quiet, access } = request
  const image = await ensureImage(request.image, { policy, platform, quiet, access }, context, open)
  using held = new DisposableStack()
  held.use(new ImageStore(context.directories).hold(image))
  const mounting = await resolveImageMounts(joined, held, context, open)
  sweep(context.directories)
  const forced = context.storageDriver ?? readConfig(context.directories).storageDriver
  const driver = chooseDriver(context.directories, forced, ({ mapping }) => warnOfLack(mapping, context))
  if (request.replace && request.name !== undefined)
    await removeHolder(request.name, around.containers, context)
  // Held until the container is there: a network that it names does not go meanwhile.
  using _networks = joined.network.mode.kind === 'bridge' ? around.networks.lock('shared') : undefined
  using _ranges = holdRanges(request, context.directories)
  const container = makeContainer(mounting, image, driver, around)
  if (request.cidFile !== '') writeFileSync(request.cidFile, container.id, { flag: 'wx' })
  warn(container.record, context)
  if (outlivesMachine(request.restart)) (await import('./boot.ts')).ensureBoot(request.restart, context)
  return container
}

/** What can be refused before an image is pulled for nothing. */
function checkBefore(request: CreateRequest, { containers, path }: Surroundings): void {
  if (request.cidFile !== '' && existsSync(request.cidFile)) {
    throw new SampanError(
      `container ID file found, make sure the other container isn't running or delete ${request.cidFile}`,
      { exitCode: 125, kind: 'conflict' },
    )
  }
  checkLog(request.log)
  const runtime = runtimeOf(request.runtime)
  if (runtime !== null) {
    findRuntime(runtime, path)
    if (request.mounts.some((mount) => 'subpath' in mount && mount.subpath !== ''))
      throw unsupported(`a subpath with --runtime ${runtime}`, 'mount all of the volume or image')
  }
  if (request.name === undefined || request.replace) return
  const holder = containers.holderOf(request.name)
  if (holder !== undefined) throw nameInUse(request.name, holder.id)
}

async function removeHolder(name: string, containers: ContainerStore, context: Context): Promise<void> {
  const holder = containers.holderOf(name)
  if (holder === undefined) return
  const { removeContainer } = await import('./remove.ts')
  removeContainer(holder, { force: true, volumes: false, timeout: undefined }, context)
}

/** `container:X` of the request becomes X's full id, and so do links; networks get their full names. */
function resolveJoins(request: CreateRequest, { containers, networks }: Surroundings): CreateRequest {
  const { namespaces, network } = request
  const resolve = (mode: NamespaceMode): NamespaceMode =>
    typeof mode === 'object' ? { container: containers.find(mode.container).id } : mode
  const { mode } = network
  return {
    ...request,
    requires: request.requires.map((word) => containers.find(word).id),
    namespaces: {
      ...namespaces,
      pid: resolve(namespaces.pid),
      ipc: resolve(namespaces.ipc),
      uts: resolve(namespaces.uts),
      cgroup:
        typeof namespaces.cgroup === 'object'
          ? { container: containers.find(namespaces.cgroup.container).id }
          : namespaces.cgroup,
    },
    network: {
      ...network,
      mode: mode.kind === 'container' ? { ...mode, container: containers.find(mode.container).id } : mode,
      networks: network.networks.map((attachment) => resolveAttachment(attachment, networks)),
      links: network.links.map((link) => ({ ...link, container: containers.find(link.container).id })),
    },
  }
}

/** The name in full, and addresses that it can have. Throws no-such-object and usage. */
export function resolveAttachment(attachment: Attachment, networks: NetworkStore): Attachment {
  const { network: word, ip, ip6 } = attachment
  const network = word === DEFAULT_NAME ? networks.ensureDefault() : networks.find(word)
  if (ip !== null) checkStaticAddress(network, ip, '--ip')
  if (ip6 !== null) checkStaticAddress(network, ip6, '--ip6')
  return { ...attachment, network: network.name }
}

const NAME_TRIES = 20

/** Where its ports are published that have no address of their own: what its networks say, then the person. */
export function bindIpOf(
  { network }: Pick<ContainerRecord, 'network'>,
  { networks, directories }: Surroundings,
): string {
  const said = network.networks.map((one) => driverSettings(networks.find(one.network)).bindIp)
  return said.find((ip) => ip !== undefined) ?? readConfig(directories).defaultBindIp ?? ''
}

/** With a random name, another one is drawn while the name is taken. */
function makeContainer(
  request: CreateRequest,
  image: Image,
  driver: StorageDriver,
  around: Surroundings,
): Container {
  const { containers, volumes } = around
  const userNamespace = chooseUserNamespace(request, image, containers)
  const secrets = resolveSecrets(request.secrets, new SecretStore(around.directories))
  using _volumes = volumes.hold()
  const imageVolumes = Object.keys(image.config.config.Volumes ?? {})
  const { mounts, made } = resolveMounts(request, imageVolumes, containers, volumes)
  const { mode } = request.network
  const joinedHostname =
    mode.kind === 'container' ? containers.find(mode.container).record.hostname : undefined
  try {
    for (let attempt = 0; ; attempt++) {
      const name = request.name ?? randomName(attempt)
      const decided = {
        id: newId(),
        name,
        mounts,
        userNamespace,
        secrets,
        driver: driverFor(userNamespace, driver),
        joinedHostname,
        bindIp: bindIpOf(request, around),
      }
      const record = planContainer(request, image, decided)
      checkJoinable(record, containers)
      checkMountable(record)
      try {
        const container = containers.create(record, (folder) => fillContainer(folder, record, image, around))
        containerEvent(container, 'create')
        return container
      } catch (error) {
        const taken = error instanceof SampanError && error.kind === 'conflict'
        if (!taken || request.name !== undefined || attempt === NAME_TRIES) throw error
      }
    }
  } catch (error) {
    volumes.removeNew(made)
    throw error
  }
}

/** Said once for a store: when the driver is chosen. */
function warnOfLack(mapping: Mapping, { out }: Context): void {
  const lack = mapping === 'single' ? lackOfIds() : undefined
  if (lack === undefined) return
  out.note(`WARNING: every user in a container is you, and files have no other owner: ${lack.what}`)
  out.note(`Root can change that: ${lack.fix}`)
}

function warn({ network }: ContainerRecord, { out }: Context): void {
  const { kind } = network.mode
  if (network.ports.length > 0 && (kind === 'host' || kind === 'none')) {
    out.note(`WARNING: Published ports are discarded when using ${kind} network mode`)
  }
}
