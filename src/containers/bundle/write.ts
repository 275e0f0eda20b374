/** Writes the bundle: what the helper reads, made from the record by `create` and again by every start. */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hostsFile, type NameSettings, resolvConf } from '../../networks/hosts.ts'
import { linkHosts } from '../links.ts'
import type { ContainerRecord } from '../record.ts'
import { configJson } from './config.ts'
import { linkedContainers } from './linked.ts'
import { type Surroundings, sampanJson } from './sampan.ts'

/**
 * Writes config.json, sampan.json and the name files into `into`, for a bundle that will be (or is) at its final
 * place. Not synced: they are written anew before they are used.
 */
export function writeBundle(
  record: ContainerRecord,
  into: string,
  around: Surroundings,
  first: boolean,
): void {
  const { mode } = record.network
  const folder = around.containers.folderOf(record.id)
  const names = mode.kind === 'container' ? around.containers.folderOf(mode.container) : folder
  const links = linkedContainers(record, around)
  const volume = (name: string) => around.volumes.mountpointOf(name)
  const config = configJson(record, { folder, names, volume, links })
  writeFileSync(join(into, 'config.json'), JSON.stringify(config))
  writeFileSync(join(into, 'sampan.json'), JSON.stringify(sampanJson(record, folder, around, first)))
  // Every user in the container must be able to read these, whatever the caller's umask.
  const write = (name: string, text: string) => {
    writeFileSync(join(into, name), text)
    chmodSync(join(into, name), 0o644)
  }
  write('containerenv', containerEnvironment(record))
  if (mode.kind === 'container') return
  const settings: NameSettings = {
    ...record.network,
    hostname: record.hostname,
    domainname: record.domainname,
    ...(mode.kind === 'bridge'
      ? { bridge: { ...bridgeNames(record, around), links: linkHosts(links) } }
      : {}),
  }
  write('hostname', `${record.hostname}\n`)
  write(
    'hosts',
    hostsFile(settings, mode.kind === 'host' ? readOr('/etc/hosts', '127.0.0.1\tlocalhost\n') : ''),
  )
  write('resolv.conf', resolvConf(settings, readOr('/etc/resolv.conf', '')))
}

/** What the networks of mode bridge mean for the name files. */
export function bridgeNames(
  { network }: ContainerRecord,
  { networks }: Pick<Surroundings, 'networks'>,
): { readonly nameserver: string | undefined; readonly outside: boolean } {
  const joined = network.networks.map((one) => networks.find(one.network))
  return {
    nameserver: joined.find(({ dns }) => dns)?.subnets[0]?.gateway,
    outside: joined.some(({ internal }) => !internal),
  }
}

/** `/run/.containerenv`: programs look for the file to learn that they are in a container, some read it. */
function containerEnvironment({ name, id, image }: ContainerRecord): string {
  const root = process.getuid?.() === 0 ? 0 : 1
  return `engine="sampan"\nname="${name}"\nid="${id}"\nimage="${image.name}"\nimageid="${image.id}"\nrootless=${root}\n`
}

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return otherwise
  }
}
