/** `--dns*`, `--add-host`, and the three files every container gets: `hostname`, `hosts`, `resolv.conf`. Pure. */
import { SampanError, usage } from '../errors.ts'
import type { NetworkMode } from './mode.ts'
import { isIpv4, isIpv6 } from './ports.ts'

/** Addresses inside a slirp network, the same in each: its gateway leads to the host, its name server answers for it. */
const SLIRP = { host: '10.0.2.2', host6: 'fd00::2', nameserver: '10.0.2.3', container: '10.0.2.100' }

export interface NameSettings {
  readonly mode: NetworkMode
  readonly hostname: string
  readonly domainname: string
  readonly dns: readonly string[]
  readonly dnsSearch: readonly string[]
  readonly dnsOptions: readonly string[]
  readonly extraHosts: readonly string[]
  readonly noHostLoopback?: boolean
  /** What mode bridge adds. */
  readonly bridge?: {
    /** Where its networks answer for names; undefined: none of them does. */
    readonly nameserver: string | undefined
    /** Whether one of them leads to the host. */
    readonly outside: boolean
    /** Whether one of them has addresses of IPv4. */
    readonly ipv4: boolean
    /** Lines for the containers it is linked to. */
    readonly links: string
  }
}

/** Throws usage for an address that is none. */
export function checkDns(servers: readonly string[], flag = '--dns'): void {
  for (const server of servers) {
    if (!isIpv4(server) && !isIpv6(server))
      throw usage(`invalid argument "${server}" for "${flag}": it is no IP address`)
  }
}

/** `name:address` or `name=address`, also `host-gateway`; gives `name:address`. Throws usage. */
export function parseExtraHost(given: string): string {
  const match = /^([^:=]+)[:=](.+)$/.exec(given)
  const [, name = '', quoted = ''] = match ?? []
  const address = quoted.replace(/^\[(.*)\]$/, '$1')
  if (match === null || !(address === 'host-gateway' || isIpv4(address) || isIpv6(address))) {
    throw usage(
      match === null ? `bad format for add-host: "${given}"` : `invalid IP address in add-host: "${quoted}"`,
      'write NAME:ADDRESS, or NAME:host-gateway for the host',
    )
  }
  return `${name}:${address}`
}

/** `--hosts-file`: an absolute path, `image` or `none`. Throws usage. */
export function parseHostsFile(given: string): string {
  if (given.startsWith('/') || given === 'image' || given === 'none') return given
  throw usage(`invalid --hosts-file ${given}`, 'an absolute path, image or none')
}

const LOCALHOST =
  '127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::0\tip6-localnet\nff00::0\tip6-mcastprefix\nff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n'

/**
 * `hosts`. `first`: the lines it begins with, in mode host those of the host; '' for localhost alone. In mode bridge the
 * container's own line is the monitor's, who learns the address.
 */
export function hostsFile(settings: NameSettings, first: string): string {
  const { mode, hostname, domainname } = settings
  const gateway =
    mode.kind === 'host' ? '127.0.0.1' : settings.bridge?.ipv4 === false ? SLIRP.host6 : SLIRP.host
  const names = domainname === '' ? hostname : `${hostname}.${domainname} ${hostname}`
  const known = /^[^#]*\slocalhost(\s|$)/m.test(first)
  const base = `${first === '' ? '' : first.replace(/\n?$/, '\n')}${known ? '' : LOCALHOST}`
  const extra = settings.extraHosts.map((entry) => {
    const colon = entry.indexOf(':')
    const address = entry.slice(colon + 1)
    return `${address === 'host-gateway' ? gateway : address}\t${entry.slice(0, colon)}\n`
  })
  const closed = settings.noHostLoopback === true
  const reachable =
    !closed && (settings.bridge?.outside === true || ['slirp', 'pasta', 'host'].includes(mode.kind))
  const host = reachable ? `${gateway}\thost.docker.internal host.containers.internal\n` : ''
  const self =
    mode.kind === 'none'
      ? `127.0.0.1\t${names}\n`
      : mode.kind === 'host'
        ? `127.0.0.1\t${names}\n`
        : mode.kind === 'bridge'
          ? ''
          : `${SLIRP.container}\t${names}\n`
  return `${base}${extra.join('')}${settings.bridge?.links ?? ''}${host}${self}`
}

/**
 * Where the name servers of the host's resolv.conf are reached from a network of ours, in their order. The first one of
 * IPv4 is asked through the way out, which reads the file itself: it may be on the host's loopback, and another one
 * tomorrow. Others are asked there only if one can get there.
 */
export function hostNameServers(text: string, ipv6: boolean): string[] {
  const servers = wordsOf(text, 'nameserver')
  const first = servers.find(isIpv4)
  const others = servers.filter((server) => server === first || leadsThere(server, ipv6))
  const reached = others.map((server) => (server === first ? SLIRP.nameserver : server))
  return reached.length > 0 ? [...new Set(reached)] : [SLIRP.nameserver]
}

function leadsThere(server: string, ipv6: boolean): boolean {
  if (isIpv4(server)) return !/^(127|0)\./.test(server)
  return ipv6 && isIpv6(server) && !/%|^fe[89ab]|^::1$/i.test(server)
}

/** What follows a keyword of resolv.conf(5), on all its lines. */
function wordsOf(text: string, keyword: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .flatMap(([first, ...rest]) => (first === keyword ? rest : []))
}

/** `resolv.conf`: what was asked for, else the network's own name server with the host's search list. */
export function resolvConf(settings: NameSettings, own: string, ipv6 = false): string {
  const { mode } = settings
  const words = (keyword: string) => wordsOf(own, keyword)
  if (
    settings.dns.length + settings.dnsSearch.length + settings.dnsOptions.length === 0 &&
    mode.kind === 'host'
  ) {
    return own
  }
  const answering = mode.kind === 'bridge' ? settings.bridge?.nameserver : undefined
  const servers =
    answering !== undefined
      ? [answering]
      : settings.dns.length > 0
        ? settings.dns
        : mode.kind === 'bridge' || mode.kind === 'slirp' || mode.kind === 'pasta'
          ? mode.kind === 'bridge' && settings.noHostLoopback === true
            ? words('nameserver').filter((server) => leadsThere(server, ipv6)) // the way through is shut
            : hostNameServers(own, ipv6)
          : words('nameserver')
  const search =
    settings.dnsSearch.length > 0 ? settings.dnsSearch.filter((word) => word !== '.') : words('search')
  const asked = settings.dnsOptions.length > 0 ? settings.dnsOptions : words('options')
  // As docker does: a container's name is asked for as it is before any search domain is put behind it.
  const plain = answering !== undefined && !asked.some((word) => word.startsWith('ndots:'))
  const options = plain ? [...asked, 'ndots:0'] : asked
  return [
    ...servers.map((server) => `nameserver ${server}\n`),
    ...(search.length > 0 && !settings.dnsSearch.includes('.') ? [`search ${search.join(' ')}\n`] : []),
    ...(options.length > 0 ? [`options ${options.join(' ')}\n`] : []),
  ].join('')
}

/** RFC 1123 with docker's leniency for underscores; throws usage. */
export function checkHostname(name: string, flag: string): void {
  if (name.length > 63 || !/^[a-zA-Z0-9_]([a-zA-Z0-9_.-]*[a-zA-Z0-9_])?$/.test(name)) {
    throw new SampanError(`invalid hostname format for ${flag}: ${name}`, {
      exitCode: 125,
      kind: 'usage',
      hint: 'letters, digits, dots and dashes, 63 at most',
    })
  }
}
