/** The name files of a container: `hostname`, `hosts`, `resolv.conf`, as they should be now. */
import { readFileSync } from 'node:fs'
import { hostsFile, type NameSettings, resolvConf } from '../../networks/hosts.ts'
import { type Linked, linkHosts } from '../links.ts'
import type { ContainerRecord } from '../record.ts'
import type { Surroundings } from './sampan.ts'

export interface NameFiles {
  readonly hosts: string
  readonly 'resolv.conf': string
}

/** Not for mode container, which has those of another one. Throws no-such-object for a network that has gone. */
export function nameFiles(
  record: ContainerRecord,
  links: readonly Linked[],
  around: Pick<Surroundings, 'networks'>,
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
  const hosts = mode.kind === 'host' ? readOr('/etc/hosts', '127.0.0.1\tlocalhost\n') : ''
  return {
    hosts: hostsFile(settings, hosts),
    'resolv.conf': resolvConf(settings, readOr('/etc/resolv.conf', '')),
  }
}

/** What the networks of mode bridge mean for the name files. */
function bridgeNames(
  { network }: ContainerRecord,
  { networks }: Pick<Surroundings, 'networks'>,
): { readonly nameserver: string | undefined; readonly outside: boolean } {
  const joined = network.networks.map((one) => networks.find(one.network))
  return {
    nameserver: joined.find(({ dns }) => dns)?.subnets[0]?.gateway,
    outside: joined.some(({ internal }) => !internal),
  }
}

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return otherwise
  }
}
