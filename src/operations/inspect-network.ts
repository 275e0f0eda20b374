/** `NetworkSettings` of `inspect`, with the members that docker 29 dropped and scripts still read. */
import type { ContainerRecord } from '../containers/record.ts'
import { type PortMapping, portKey } from '../networks/ports.ts'

/** Inside every slirp or pasta network the container has this address; it means nothing outside. */
const PRIVATE = { address: '10.0.2.100', prefix: 24, gateway: '10.0.2.2' }

export function networkSettings(
  record: ContainerRecord,
  bound: readonly PortMapping[],
  running: boolean,
): object {
  const { mode, exposed } = record.network
  const own = running && (mode.kind === 'slirp' || mode.kind === 'pasta')
  const unpublished = running
    ? Object.fromEntries(exposed.map(({ port, protocol }) => [portKey(port, protocol), null]))
    : {}
  const addresses = {
    EndpointID: '',
    Gateway: own ? PRIVATE.gateway : '',
    IPAddress: own ? PRIVATE.address : '',
    IPPrefixLen: own ? PRIVATE.prefix : 0,
    IPv6Gateway: '',
    GlobalIPv6Address: '',
    GlobalIPv6PrefixLen: 0,
    MacAddress: '',
  }
  return {
    Bridge: '',
    SandboxID: '',
    SandboxKey: '',
    HairpinMode: false,
    LinkLocalIPv6Address: '',
    LinkLocalIPv6PrefixLen: 0,
    SecondaryIPAddresses: null,
    SecondaryIPv6Addresses: null,
    ...addresses,
    Ports: { ...unpublished, ...portMap(bound, false) },
    Networks:
      mode.kind === 'container'
        ? {}
        : {
            [mode.kind]: {
              IPAMConfig: null,
              Links: null,
              Aliases: null,
              DriverOpts: null,
              GwPriority: 0,
              NetworkID: '',
              ...addresses,
              DNSNames: null,
            },
          },
  }
}

/** `80/tcp` → where it is published. Without `asked`: the addresses that are listened on. */
export function portMap(ports: readonly PortMapping[], asked: boolean): Record<string, object[]> {
  const map: Record<string, object[]> = {}
  for (const { hostIp, hostPort, containerPort, protocol } of ports) {
    const addresses = asked || hostIp !== '' ? [hostIp] : ['0.0.0.0', '::']
    const key = portKey(containerPort, protocol)
    const HostPort = asked && hostPort === 0 ? '' : String(hostPort)
    map[key] = [...(map[key] ?? []), ...addresses.map((HostIp) => ({ HostIp, HostPort }))]
  }
  return map
}
