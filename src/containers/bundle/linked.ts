/** Looks up what a container is linked to, as it is now. */
import type { Linked } from '../links.ts'
import { boundNetworks } from '../networks.ts'
import type { ContainerRecord } from '../record.ts'
import type { Surroundings } from './sampan.ts'

/** Throws no-such-container for one that has gone. */
export function linkedContainers(
  { network }: ContainerRecord,
  { containers }: Pick<Surroundings, 'containers'>,
): Linked[] {
  const own = new Set(network.networks.map((one) => one.network))
  return network.links.map(({ container: word, alias }) => {
    const container = containers.find(word)
    const { record } = container
    const shared = boundNetworks(container).find(({ name }) => own.has(name))
    return {
      alias,
      name: record.name,
      id: container.id,
      address: shared?.ip ?? shared?.ip6 ?? '',
      exposed: record.network.exposed,
      environment: record.process.environment,
    }
  })
}
