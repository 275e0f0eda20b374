/** `port add` and `port rm`: what is published of a container changes while it runs, and stays so. */
import type { Context } from '../cli/context.ts'
import { boundPorts } from '../containers/ports.ts'
import { checkSameRuntime } from '../containers/same-runtime.ts'
import { isRunning } from '../containers/state.ts'
import { type Container, ContainerStore, lockContainer } from '../containers/store.ts'
import { SampanError } from '../errors.ts'
import { networkModeName } from '../networks/mode.ts'
import { isHostPortOf, type PortMapping, type PortSpec, parsePublish, portKey } from '../networks/ports.ts'
import { changeNetwork } from '../platform/helper/network.ts'
import { bindIpOf, surroundings } from './create.ts'

/**
 * Publishes more ports. Returns them with the host ports that were taken, where it runs. When one cannot be had, those
 * before it are published.
 */
export function addPorts(word: string, given: readonly string[], context: Context): PortMapping[] {
  const containers = new ContainerStore(context.directories)
  using _lock = lockContainer(containers.find(word))
  const container = containers.find(containers.find(word).id)
  checkMode(container)
  checkSameRuntime(container, context.directories)
  const bindIp = bindIpOf(container.record, surroundings(context))
  const wanted = given
    .flatMap(parsePublish)
    .map((mapping) => (mapping.hostIp === '' ? { ...mapping, hostIp: bindIp } : mapping))
  return wanted.map((mapping) => {
    const published = publish(container, mapping, context)
    const { network } = container.record
    keep(container, [...network.ports, mapping], [...network.exposed, exposed(mapping)])
    return published
  })
}

/** Takes published ports back, named as they were given or as `80`, `80/udp`. Throws no-such-object for one that is not. */
export function removePorts(word: string, given: readonly string[], context: Context): void {
  const containers = new ContainerStore(context.directories)
  using _lock = lockContainer(containers.find(word))
  const container = containers.find(containers.find(word).id)
  checkMode(container)
  checkSameRuntime(container, context.directories)
  for (const text of given) {
    for (const asked of parsePublish(text)) removePort(container, asked, text, context)
  }
}

function removePort(container: Container, asked: PortMapping, text: string, context: Context): void {
  const { network } = container.record
  const running = isRunning(container.state())
  const mapping = (running ? boundPorts(container) : network.ports).find((port) => means(asked, port))
  if (mapping === undefined) {
    throw new SampanError(`No public port '${text}' published for ${container.name}`, {
      kind: 'no-such-object',
      hint: `\`port ${container.name}\` lists those that are`,
    })
  }
  if (running) changeNetwork(context.directories, container.folder, ['--unpublish', JSON.stringify(mapping)])
  // The record has 0 where any port would do.
  const at = network.ports.findIndex((port) => means(port, mapping) && port.hostIp === mapping.hostIp)
  keep(container, network.ports.toSpliced(at, at < 0 ? 0 : 1), network.exposed)
}

/** What was left out when it was asked for fits everything. */
function means(asked: PortMapping, port: PortMapping): boolean {
  return (
    asked.containerPort === port.containerPort &&
    asked.protocol === port.protocol &&
    isHostPortOf(asked, port.hostPort) &&
    (asked.hostIp === '' || asked.hostIp === port.hostIp)
  )
}

function publish(container: Container, mapping: PortMapping, { directories }: Context): PortMapping {
  if (!isRunning(container.state())) return mapping
  const answer = changeNetwork(directories, container.folder, ['--publish', JSON.stringify(mapping)])
  return (answer as { readonly published: PortMapping }).published
}

function exposed({ containerPort, protocol }: PortMapping): PortSpec {
  return { port: containerPort, protocol }
}

function keep(container: Container, ports: readonly PortMapping[], open: readonly PortSpec[]): void {
  const { record } = container
  const unique = new Map(open.map((spec) => [portKey(spec.port, spec.protocol), spec]))
  container.rewrite({ ...record, network: { ...record.network, ports, exposed: [...unique.values()] } })
}

function checkMode({ name, record }: Container): void {
  const { mode } = record.network
  if (mode.kind === 'bridge' || mode.kind === 'slirp' || mode.kind === 'pasta') return
  throw new SampanError(
    `container ${name} has network mode ${networkModeName(mode)}: nothing is published of it`,
    {
      kind: 'conflict',
      hint:
        mode.kind === 'container'
          ? 'publish ports of the container whose network it has'
          : 'its ports are where they are',
    },
  )
}
