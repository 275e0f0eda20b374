/** The part of a CreateRequest that is about the network. */
import type { Values } from '../cli/command.ts'
import type { NetworkRequest } from '../containers/request.ts'
import { usage } from '../errors.ts'
import { checkDns, parseExtraHost } from '../networks/hosts.ts'
import { DEFAULT_NETWORK, parseNetworkMode } from '../networks/mode.ts'
import { parseExpose, parsePublish } from '../networks/ports.ts'
import type { createOptions } from './create-options.ts'

type CreateValues = Values<typeof createOptions>

export function networkRequest(options: CreateValues): NetworkRequest {
  const mode = options.network === undefined ? DEFAULT_NETWORK : parseNetworkMode(options.network)
  checkDns(options.dns)
  if (mode.kind === 'container') {
    const conflicts: [string, boolean][] = [
      ['--publish', options.publish.length > 0 || options['publish-all']],
      ['--expose', options.expose.length > 0],
      ['--hostname', options.hostname !== undefined],
      ['--dns', options.dns.length > 0],
      ['--add-host', options['add-host'].length > 0],
    ]
    const conflict = conflicts.find(([, given]) => given)
    if (conflict !== undefined) {
      throw usage(
        `conflicting options: ${conflict[0]} and the container type network mode`,
        'give it to the other container',
      )
    }
  }
  return {
    mode,
    ports: options.publish.flatMap(parsePublish),
    exposed: options.expose.flatMap(parseExpose),
    publishAll: options['publish-all'],
    dns: options.dns,
    dnsSearch: options['dns-search'],
    dnsOptions: options['dns-option'],
    extraHosts: options['add-host'].map(parseExtraHost),
  }
}
