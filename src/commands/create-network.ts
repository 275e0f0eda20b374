/** The part of a CreateRequest that is about the network. */
import type { Values } from '../cli/command.ts'
import type { NetworkRecord } from '../containers/record.ts'
import { usage } from '../errors.ts'
import {
  type Attachment,
  parseAlias,
  parseIp,
  parseIp6,
  parseLink,
  parseMac,
} from '../networks/attachment.ts'
import { checkDns, parseExtraHost, parseHostsFile } from '../networks/hosts.ts'
import {
  type Networking,
  type NetworkMode,
  networkModeName,
  onDefaultBridge,
  parseNetworks,
} from '../networks/mode.ts'
import { parseExpose, parsePublish } from '../networks/ports.ts'
import type { createOptions } from './create-options.ts'

type CreateValues = Values<typeof createOptions>

export function networkRequest(options: CreateValues): NetworkRecord {
  const { mode, networks } = connection(options)
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
  if (options['no-hosts'] && (options['add-host'].length > 0 || options['hosts-file'] !== undefined))
    throw usage('conflicting options: --no-hosts and --add-host or --hosts-file')
  return {
    mode,
    networks,
    links: options.link.map(parseLink),
    ports: options.publish.flatMap(parsePublish),
    exposed: options.expose.flatMap(parseExpose),
    publishAll: options['publish-all'],
    dns: options.dns,
    dnsSearch: options['dns-search'],
    dnsOptions: options['dns-option'],
    extraHosts: options['add-host'].map(parseExtraHost),
    noHostLoopback: noHostLoopback(options, mode),
    ...(options['hosts-file'] === undefined ? {} : { hostsFile: parseHostsFile(options['hosts-file']) }),
    ...(options['no-hosts'] ? { noHosts: true } : {}),
    ...(options['no-hostname'] ? { noHostname: true } : {}),
  }
}

/** Only where packets take a way out of ours is there one to shut. */
function noHostLoopback(options: CreateValues, mode: NetworkMode): boolean {
  if (!options['no-host-loopback']) return false
  if (mode.kind === 'host' || mode.kind === 'container')
    throw usage(
      `conflicting options: --no-host-loopback and the network mode ${networkModeName(mode)}`,
      'it shares that network as it is: use a bridge network',
    )
  if (options['add-host'].some((entry) => entry.endsWith('host-gateway')))
    throw usage('conflicting options: --no-host-loopback and --add-host …:host-gateway')
  return true
}

/** `--network`, with what the options beside it say about the one network there is. Only a bridge can honour them. */
function connection(options: CreateValues): Networking {
  const aliases = options['network-alias'].map(parseAlias)
  const { ip, ip6, 'mac-address': mac } = options
  const asked: Partial<Attachment> = {
    ...(ip === undefined ? {} : { ip: parseIp(ip) }),
    ...(ip6 === undefined ? {} : { ip6: parseIp6(ip6) }),
    ...(mac === undefined ? {} : { mac: parseMac(mac) }),
  }
  const names = ['ip', 'ip6', 'mac-address', 'network-alias', 'link'] as const
  const flags = names.filter((name) => options[name] !== undefined && options[name]?.length !== 0)
  if (flags.length === 0) return parseNetworks(options.network)
  const { mode, networks } = options.network.some((word) => word !== '' && word !== 'default')
    ? parseNetworks(options.network)
    : onDefaultBridge
  const [first, ...others] = networks
  if (first === undefined)
    throw usage(
      `conflicting options: --${flags[0]} and the network mode ${networkModeName(mode)}`,
      'use a bridge network',
    )
  const single = Object.keys(asked).length > 0
  if (single && others.length > 0)
    throw usage(
      `--${flags[0]} with several networks: it is not said for which`,
      'write --network NAME:ip=…,mac=…',
    )
  const withAliases = networks.map((one) => ({ ...one, aliases: [...one.aliases, ...aliases] }))
  return { mode, networks: single ? [{ ...first, ...withAliases[0], ...asked }] : withAliases }
}
