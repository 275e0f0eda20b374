import { command } from '../cli/command.ts'
import { unsupported } from '../errors.ts'
import {
  parseAlias,
  parseEndpointOption,
  parseIp,
  parseIp6,
  parseLink,
  parseMac,
} from '../networks/attachment.ts'
import { connect } from '../operations/connect.ts'

export default command({
  names: [['network', 'connect']],
  summary: 'Put a container on one more network, running or not',
  operands: 'NETWORK CONTAINER',
  arity: [2, 2],
  complete: 'networks',
  examples: ['mynet web', '--ip 172.30.0.9 --alias store mynet db'],
  options: {
    alias: { type: 'list', describe: 'Further name it is found by there', value: 'NAME' },
    'driver-opt': {
      type: 'list',
      describe: 'com.docker.network.endpoint.ifname=NAME: name of the interface inside',
      value: 'KEY=VALUE',
    },
    'gw-priority': { type: 'integer', describe: 'Not supported', hidden: true },
    ip: { type: 'string', describe: 'IPv4 address it gets', value: 'ADDRESS' },
    ip6: { type: 'string', describe: 'IPv6 address it gets', value: 'ADDRESS' },
    link: { type: 'list', describe: 'Name of its own for another container', value: 'CONTAINER[:ALIAS]' },
    'link-local-ip': { type: 'list', describe: 'Not supported', hidden: true },
    'mac-address': { type: 'string', describe: 'MAC address it gets', value: 'ADDRESS' },
  },
  run: ({ options, operands: [network = '', container = ''] }, context) => {
    if (options['link-local-ip'].length > 0) throw unsupported('--link-local-ip', 'use --ip or --ip6')
    if (options['gw-priority'] !== undefined && options['gw-priority'] !== 0)
      throw unsupported('--gw-priority', 'the network that was joined first leads outside')
    const attachment = {
      network,
      ip: options.ip === undefined ? null : parseIp(options.ip),
      ip6: options.ip6 === undefined ? null : parseIp6(options.ip6),
      mac: options['mac-address'] === undefined ? null : parseMac(options['mac-address']),
      aliases: options.alias.map(parseAlias),
      interface: options['driver-opt'].map(parseEndpointOption).at(-1) ?? null,
    }
    connect(container, attachment, options.link.map(parseLink), context)
    return 0
  },
})
