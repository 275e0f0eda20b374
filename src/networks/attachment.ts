/** How a container is on one bridge network: `--network NAME[:ip=…,alias=…,mac=…]`, `network connect`. Pure. */
import { unsupported, usage } from '../errors.ts'
import { isIpv4, isIpv6 } from './ports.ts'

export interface Attachment {
  /** Name of the network: as typed until `create` resolves it. */
  readonly network: string
  /** What was asked for; null: any free one. */
  readonly ip: string | null
  readonly ip6: string | null
  readonly mac: string | null
  /** Further names it is found by on this network. */
  readonly aliases: readonly string[]
  /** Name of the interface inside; null: the next ethN. */
  readonly interface: string | null
}

/** `--link NAME[:ALIAS]`: the other container's full id, once `create` has resolved it. */
export interface Link {
  readonly container: string
  readonly alias: string
}

/** Podman's form `NAME:OPTION=VALUE,…` and docker's `name=NAME,OPTION=VALUE,…`. Throws usage. */
export function parseAttachment(given: string): Attachment {
  const docker = given.includes('=') && !/^[^=,]*:/.test(given)
  const colon = docker ? -1 : given.indexOf(':')
  const pairs = docker ? given.split(',') : colon < 0 ? [] : given.slice(colon + 1).split(',')
  let network = docker ? '' : colon < 0 ? given : given.slice(0, colon)
  let attachment: Omit<Attachment, 'network'> = NOTHING
  for (const pair of pairs) {
    const equals = pair.indexOf('=')
    const [key, value] =
      equals < 0 ? [pair, ''] : [pair.slice(0, equals).toLowerCase(), pair.slice(equals + 1)]
    if (value === '') throw usage(`invalid field "${pair}" in --network ${given}`, FORM)
    if (docker && key === 'name') network = value
    else attachment = { ...attachment, ...field(key, value, attachment, given) }
  }
  if (network === '') throw usage(`--network ${given} names no network`, FORM)
  return { network, ...attachment }
}

const NOTHING = { ip: null, ip6: null, mac: null, aliases: [], interface: null } as const
const FORM = 'write NAME:ip=ADDRESS,ip6=ADDRESS,mac=ADDRESS,alias=NAME,interface_name=NAME'

function field(
  key: string,
  value: string,
  { aliases }: Pick<Attachment, 'aliases'>,
  given: string,
): Partial<Attachment> {
  switch (key) {
    case 'ip':
      return isIpv6(value) ? { ip6: parseIp6(value) } : { ip: parseIp(value) }
    case 'ip6':
      return { ip6: parseIp6(value) }
    case 'mac':
    case 'mac-address':
    case 'mac_address':
      return { mac: parseMac(value) }
    case 'alias':
      return { aliases: [...aliases, parseAlias(value)] }
    case 'interface_name':
    case 'interface-name':
      return { interface: parseInterface(value) }
    case 'driver-opt':
      return { interface: parseEndpointOption(value) }
    case 'gw-priority':
    case 'link-local-ip':
    case 'host_interface_name':
      throw unsupported(`${key} of --network`, FORM)
    default:
      throw usage(`invalid field key ${key} in --network ${given}`, FORM)
  }
}

export function parseIp(text: string): string {
  if (!isIpv4(text)) throw usage(`invalid argument "${text}" for "--ip": it is no IPv4 address`)
  return text
}

export function parseIp6(text: string): string {
  if (!isIpv6(text)) throw usage(`invalid argument "${text}" for "--ip6": it is no IPv6 address`)
  return text
}

/** Six bytes; the lowest bit of the first one means a group of machines and cannot be one's own. */
export function parseMac(text: string): string {
  const mac = text.toLowerCase().replaceAll('-', ':')
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(mac) || /^.[13579bdf]/.test(mac) || mac === '00:00:00:00:00:00')
    throw usage(`invalid MAC address: ${text}`, 'six bytes like 02:42:ac:11:00:05, the first one even')
  return mac
}

export function parseAlias(text: string): string {
  if (!/^[a-zA-Z0-9_]([a-zA-Z0-9_.-]{0,252})$/.test(text))
    throw usage(`invalid network alias "${text}"`, 'letters, digits, dots and dashes')
  return text
}

export function parseInterface(text: string): string {
  if (!/^[a-zA-Z0-9_.-]{1,15}$/.test(text) || text === 'lo' || text === '.' || text === '..')
    throw usage(`invalid interface name "${text}"`, '15 letters and digits at most')
  return text
}

/** Docker's `driver-opt` of one endpoint: the name of the interface is what there is to choose. Throws unsupported. */
export function parseEndpointOption(given: string): string {
  const [key, name] = [given.slice(0, given.indexOf('=')), given.slice(given.indexOf('=') + 1)]
  if (key === IFNAME) return parseInterface(name)
  throw unsupported(
    `the driver option ${given}`,
    `${IFNAME}=NAME names the interface; --sysctl sets what it has`,
  )
}

const IFNAME = 'com.docker.network.endpoint.ifname'

/** `db` → alias db, `db:store` → alias store. */
export function parseLink(given: string): Link {
  const [container = '', alias = '', ...rest] = given.split(':')
  const name = container.replace(/^\//, '')
  if (name === '' || rest.length > 0)
    throw usage(`bad format for links: ${given}`, 'write NAME or NAME:ALIAS')
  return { container: name, alias: alias === '' ? name : parseAlias(alias) }
}
