import { command } from '../cli/command.ts'
import { parseLabels, parseMap } from '../containers/values/environment.ts'
import { unsupported, usage } from '../errors.ts'
import { BRIDGE_NAME, checkDriverOptions, ipv6Asked } from '../networks/driver-options.ts'
import { hasIpv6Outside } from '../networks/host-routes.ts'
import { checkDns } from '../networks/hosts.ts'
import type { NetworkRequest } from '../networks/network.ts'
import { NetworkStore } from '../networks/store.ts'
import { createNetwork } from '../operations/networks.ts'
import { words } from './network-options.ts'

export default command({
  names: [['network', 'create']],
  summary: 'Make a network that containers can be on',
  operands: '[NAME]',
  arity: [0, 1],
  examples: ['mynet', '--subnet 172.30.0.0/24 --ip-range 172.30.0.128/25 mynet', '--internal db-only'],
  options: {
    attachable: { type: 'boolean', describe: 'Kept for inspect: every network here is' },
    'aux-address': { type: 'list', describe: 'Address no container gets', value: 'NAME=ADDRESS' },
    'config-from': { type: 'string', describe: 'Not supported', hidden: true },
    'config-only': { type: 'boolean', describe: 'Not supported', hidden: true },
    'disable-dns': { type: 'boolean', describe: 'Its containers do not find each other by name' },
    dns: { type: 'list', describe: 'Where names of other places are asked for', value: 'ADDRESS' },
    driver: { type: 'string', short: 'd', default: 'bridge', describe: 'bridge', complete: ['bridge'] },
    gateway: { type: 'list', describe: 'Address of the gateway (default: the first)', value: 'ADDRESS' },
    ignore: { type: 'boolean', describe: 'No error for one that is there' },
    ingress: { type: 'boolean', describe: 'Not supported', hidden: true },
    'interface-name': { type: 'string', describe: "The kernel's name of the bridge", value: 'NAME' },
    internal: { type: 'boolean', describe: 'Leads nowhere outside' },
    'ip-range': { type: 'list', describe: 'Give addresses of this part only', value: 'CIDR' },
    'ipam-driver': { type: 'string', default: 'default', describe: 'Not supported', hidden: true },
    'ipam-opt': {
      type: 'list',
      describe: 'Kept for inspect: addresses are given by the network',
      hidden: true,
    },
    ipv4: { type: 'tristate', describe: 'Addresses of IPv4 (default: yes)' },
    ipv6: { type: 'tristate', describe: 'Addresses of IPv6, too (default: where the host has it)' },
    label: { type: 'list', describe: 'Add a label', value: 'KEY=VALUE' },
    opt: { type: 'list', short: 'o', describe: 'Option of the driver, like mtu=BYTES', value: 'KEY=VALUE' },
    route: { type: 'list', describe: 'Route of its containers', value: 'CIDR,GATEWAY[,METRIC]' },
    scope: { type: 'string', describe: 'Not supported', hidden: true },
    subnet: { type: 'list', describe: 'Addresses of the network (default: a free one)', value: 'CIDR' },
  },
  run: ({ options, operands }, context) => {
    if (options['config-from'] !== undefined || options['config-only'])
      throw unsupported(
        'a network configuration without a network',
        'give the options to each network create',
      )
    if (options.ingress)
      throw unsupported('network create --ingress', 'there is no swarm: publish ports with -p')
    if (options.scope !== undefined && options.scope !== 'local')
      throw unsupported(`--scope ${options.scope}`, 'networks are of this machine: local')
    if (!['default', 'host-local', ''].includes(options['ipam-driver']))
      throw unsupported(
        `--ipam-driver ${options['ipam-driver']}`,
        'addresses are given by the network itself',
      )
    if (options.driver !== 'bridge' && options.driver !== '') throw unsupportedDriver(options.driver)
    checkDns(options.dns)
    const driverOptions = parseMap(options.opt, '--opt')
    checkDriverOptions(driverOptions)
    const request: NetworkRequest = {
      name: operands[0] ?? '',
      subnets: options.subnet.flatMap(words),
      gateways: options.gateway.flatMap(words),
      ranges: options['ip-range'].flatMap(words),
      auxiliary: options['aux-address'].flatMap(words),
      ipv4: options.ipv4 ?? true,
      ipv6: options.ipv6 ?? ipv6Asked(driverOptions) ?? hasIpv6Outside(),
      internal: options.internal,
      dns: !options['disable-dns'],
      dnsServers: options.dns,
      labels: parseLabels(options.label, []),
      options: driverOptions,
      attachable: options.attachable,
      ipamOptions: parseMap(options['ipam-opt'], '--ipam-opt'),
      routes: options.route,
      bridge: options['interface-name'] ?? driverOptions[BRIDGE_NAME],
    }
    const store = new NetworkStore(context.directories)
    if (options.ignore && request.name !== '' && store.read(request.name) !== undefined) {
      context.out.write(`${context.dialect === 'podman' ? request.name : store.find(request.name).id}\n`)
      return 0
    }
    if (request.name === '' && context.dialect !== 'podman')
      throw usage('network create needs a name', 'network create NAME')
    const { id, name } = createNetwork({ ...request, name: request.name || freeName(store) }, context)
    context.out.write(`${context.dialect === 'podman' ? name : id}\n`)
    return 0
  },
})

/** As podman names networks that are given no name. */
function freeName(store: NetworkStore): string {
  for (let at = 1; ; at++) if (store.read(`podman${at}`) === undefined) return `podman${at}`
}

function unsupportedDriver(driver: string) {
  const instead: Readonly<Record<string, string>> = {
    macvlan: 'a plain user may not put containers on the network outside: publish ports with -p',
    ipvlan: 'a plain user may not put containers on the network outside: publish ports with -p',
    overlay: 'networks are of this machine: publish ports between machines',
    host: 'there is one already: --network host',
    null: 'there is one already: --network none',
  }
  return unsupported(`network driver ${driver}`, instead[driver] ?? 'bridge is the driver there is')
}
