/** `network connect` and `disconnect`: the record is changed, and a container that runs is joined or taken off at once. */
import type { Context } from '../cli/context.ts'
import { networkEvent } from '../containers/events.ts'
import { noteLinker } from '../containers/links.ts'
import { bundleAttachment } from '../containers/networks.ts'
import type { ContainerRecord } from '../containers/record.ts'
import { checkSameRuntime } from '../containers/same-runtime.ts'
import { isRunning } from '../containers/state.ts'
import { type Container, ContainerStore, lockContainer } from '../containers/store.ts'
import { SampanError } from '../errors.ts'
import type { Attachment, Link } from '../networks/attachment.ts'
import { networkModeName } from '../networks/mode.ts'
import { NetworkStore } from '../networks/store.ts'
import { changeNetwork } from '../platform/helper/network.ts'
import { changingNames } from './container-names.ts'
import { resolveAttachment } from './create.ts'

/** Throws no-such-object, no-such-container, conflict where it is on the network already, usage. */
export function connect(word: string, asked: Attachment, links: readonly Link[], context: Context): void {
  const { directories } = context
  const networks = new NetworkStore(directories)
  const containers = new ContainerStore(directories)
  const { id } = containers.find(word)
  if (asked.network === 'host' || asked.network === 'none') throw unconnectable(asked.network)
  const attachment = resolveAttachment(asked, networks)
  using _networks = networks.lock('shared')
  using _lock = lockContainer(containers.find(id))
  const container = containers.find(id)
  const { network, name } = container.record
  const linked = links.map((link) => ({ ...link, container: containers.find(link.container).id }))
  const definition = networks.find(attachment.network)
  if (network.mode.kind !== 'bridge') throw notOnBridges(container.record)
  checkSameRuntime(container, directories)
  if (network.networks.some((one) => one.network === attachment.network)) {
    throw new SampanError(`endpoint with name ${name} already exists in network ${attachment.network}`, {
      kind: 'conflict',
    })
  }
  changingNames(container, context, () => {
    if (isRunning(container.state())) {
      const wanted = bundleAttachment(attachment, definition)
      changeNetwork(directories, container.folder, ['--join', JSON.stringify(wanted)])
    }
    attach(container, [...network.networks, attachment], linked)
    for (const link of linked) noteLinker(containers.folderOf(link.container), container.id)
  })
  networkEvent(directories, 'connect', definition, { container: id })
}

/** `force`: no error where it is not on the network, or the network has gone. */
export function disconnect(networkWord: string, word: string, force: boolean, context: Context): void {
  const { directories } = context
  const networks = new NetworkStore(directories)
  const containers = new ContainerStore(directories)
  const { id } = containers.find(word)
  using _lock = lockContainer(containers.find(id))
  const container = containers.find(id)
  const { network } = container.record
  // By the name on the record first: the network itself may have gone.
  const known = network.networks.find((one) => one.network === networkWord)
  const name = known?.network ?? nameOf(networkWord, networks, force)
  const left = network.networks.filter((one) => one.network !== name)
  if (left.length === network.networks.length) {
    if (force) return
    throw new SampanError(`container ${container.record.name} is not connected to network ${networkWord}`, {
      kind: 'no-such-object',
    })
  }
  changingNames(container, context, () => {
    if (isRunning(container.state())) changeNetwork(directories, container.folder, ['--leave', String(name)])
    attach(container, left, [])
  })
  const definition = networks.list().find((one) => one.name === name)
  if (definition !== undefined) networkEvent(directories, 'disconnect', definition, { container: id })
}

function nameOf(word: string, networks: NetworkStore, force: boolean): string | undefined {
  if (word === 'host' || word === 'none') throw unconnectable(word)
  try {
    return networks.find(word).name
  } catch (error) {
    if (force && error instanceof SampanError && error.kind === 'no-such-object') return undefined
    throw error
  }
}

/** `links` are added to those it has. */
function attach(container: Container, networks: readonly Attachment[], links: readonly Link[]): void {
  const { record } = container
  const { network } = record
  container.rewrite({ ...record, network: { ...network, networks, links: [...network.links, ...links] } })
}

function unconnectable(name: string): SampanError {
  return new SampanError(
    name === 'host'
      ? 'container cannot be disconnected from host network or connected to host network'
      : 'container cannot be connected to multiple networks with one of the networks in private (none) mode',
    { kind: 'conflict', hint: `choose it when the container is made: run --network ${name}` },
  )
}

function notOnBridges({ name, network }: ContainerRecord): SampanError {
  const mode = networkModeName(network.mode)
  return new SampanError(`container ${name} has network mode ${mode}: it cannot be on another network`, {
    kind: 'conflict',
    hint: 'make it with --network bridge, or with --network NAME',
  })
}
