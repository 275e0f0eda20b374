/** `network update`: its name servers change, for the containers that run on it at once. */
import type { Context } from '../cli/context.ts'
import { SampanError } from '../errors.ts'
import { NetworkStore } from '../networks/store.ts'
import { announceNames } from './container-names.ts'
import { networkUsers } from './network-users.ts'

export interface NameServerChange {
  readonly add: readonly string[]
  readonly drop: readonly string[]
}

/** Returns its name. Throws no-such-object, and conflict for a server to drop that it does not have. */
export function updateNetwork(word: string, { add, drop }: NameServerChange, context: Context): string {
  const networks = new NetworkStore(context.directories)
  const { name } = networks.change(word, (network) => {
    const missing = drop.find((server) => !network.dnsServers.includes(server))
    if (missing !== undefined)
      throw new SampanError(`network ${network.name} does not ask ${missing} for names`, {
        kind: 'conflict',
        hint:
          network.dnsServers.length === 0
            ? 'it asks the name servers of the host'
            : `it asks ${network.dnsServers.join(', ')}`,
      })
    const kept = network.dnsServers.filter((server) => !drop.includes(server))
    return { ...network, dnsServers: [...new Set([...kept, ...add])] }
  })
  for (const { container } of networkUsers(context).get(name) ?? []) announceNames(container, context)
  return name
}
