/** The networks of a container: those it is attached to, and the addresses it has while it runs. */
import { join } from 'node:path'
import type { Attachment } from '../networks/attachment.ts'
import { driverSettings } from '../networks/driver-options.ts'
import type { Network } from '../networks/network.ts'
import type { NetworkStore } from '../networks/store.ts'
import { readRecord } from '../platform/files/record.ts'
import type { BoundNetwork, BoundNetworks, BundleAttachment } from '../platform/helper/bundle.ts'
import type { ContainerRecord } from './record.ts'
import { isRunning } from './state.ts'
import type { Container } from './store.ts'

/** What it has now, in the order of joining; none while it does not run. */
export function boundNetworks(container: Container): readonly BoundNetwork[] {
  if (container.record.network.mode.kind !== 'bridge' || !isRunning(container.state())) return []
  const bound = readRecord(join(container.folder, 'networks.json'), (value) => value as BoundNetworks)
  return bound?.networks ?? []
}

/** Its attachments as the helper needs them. Throws no-such-object for a network that has gone. */
export function bundleAttachments(
  { network }: Pick<ContainerRecord, 'network'>,
  store: NetworkStore,
): BundleAttachment[] {
  return network.networks.map((attachment) => bundleAttachment(attachment, store.find(attachment.network)))
}

export function bundleAttachment(attachment: Attachment, network: Network): BundleAttachment {
  const { name, id, bridge, subnets, internal, dns, routes = [] } = network
  const { mtu, isolated, defaultRoute, metric } = driverSettings(network)
  return {
    name,
    id,
    bridge,
    subnets: subnets.map(({ subnet, gateway, range, auxiliary }) => ({
      subnet,
      gateway,
      range,
      reserved: Object.values(auxiliary),
    })),
    ip: attachment.ip,
    ip6: attachment.ip6,
    mac: attachment.mac,
    aliases: attachment.aliases,
    mtu,
    internal,
    dns,
    isolated,
    noDefaultRoute: !defaultRoute,
    metric,
    routes,
    interface: attachment.interface,
  }
}

/** What it is found by on every network: its name, the beginning of its id, and the host name it was given, with its domain, too. */
export function namesOf({ name, id, hostname, domainname }: ContainerRecord): string[] {
  const full = domainname === '' ? [] : [`${hostname}.${domainname}`]
  return [...new Set([name, id.slice(0, 12), hostname, ...full])]
}
