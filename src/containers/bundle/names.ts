/** The name files of a container: `hostname`, `hosts`, `resolv.conf`, as they should be now. */
import { readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf, SampanError } from '../../errors.ts'
import { hasIpv6Outside } from '../../networks/host-routes.ts'
import { hostNameServers, hostsFile, type NameSettings, resolvConf } from '../../networks/hosts.ts'
import { type Linked, linkHosts } from '../links.ts'
import type { ContainerRecord } from '../record.ts'
import { readFromUnion } from '../union.ts'
import type { Surroundings } from './sampan.ts'

export interface NameFiles {
  readonly hosts: string
  readonly 'resolv.conf': string
}

/** Not for mode container, which has those of another one. Throws no-such-object for a network that has gone. */
export function nameFiles(
  record: ContainerRecord,
  links: readonly Linked[],
  around: Pick<Surroundings, 'networks' | 'directories'>,
): NameFiles {
  const { mode } = record.network
  const settings: NameSettings = {
    ...record.network,
    hostname: record.hostname,
    domainname: record.domainname,
    ...(mode.kind === 'bridge'
      ? { bridge: { ...bridgeNames(record, around), links: linkHosts(links) } }
      : {}),
  }
  return {
    hosts: hostsFile(settings, firstHosts(record, around)),
    'resolv.conf': resolvConf(settings, readOr(RESOLV_CONF, ''), hasIpv6Outside()),
  }
}

/** The lines /etc/hosts begins with. Throws where the file cannot be read. */
function firstHosts({ network, image }: ContainerRecord, { directories }: Pick<Surroundings, 'directories'>) {
  const { hostsFile: file = network.mode.kind === 'host' ? '/etc/hosts' : 'none' } = network
  if (file === 'none') return ''
  if (file === 'image') {
    const union = image.links.toReversed().map((link) => realpathSync(join(directories.data, 'l', link)))
    return readFromUnion(union, '/etc/hosts') ?? ''
  }
  if (network.hostsFile === undefined) return readOr(file, '')
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new SampanError(`--hosts-file ${file} cannot be read: ${errnoOf(error)}`, { cause: error })
  }
}

/** What the networks of mode bridge mean for the name files. */
function bridgeNames(
  { network }: ContainerRecord,
  { networks }: Pick<Surroundings, 'networks'>,
): { readonly nameserver: string | undefined; readonly outside: boolean; readonly ipv4: boolean } {
  const joined = network.networks.map((one) => networks.find(one.network))
  return {
    nameserver: joined.find(({ dns }) => dns)?.subnets[0]?.gateway,
    outside: joined.some(({ internal }) => !internal),
    ipv4: joined.some(({ subnets }) => subnets[0]?.gateway.includes(':') === false),
  }
}

const RESOLV_CONF = '/etc/resolv.conf'

/** Those of the host, as a network reaches them. */
export function ownNameServers(): string[] {
  return hostNameServers(readOr(RESOLV_CONF, ''), hasIpv6Outside())
}

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return otherwise
  }
}
