/** What `network ls` shows: docker's columns, and the names that podman's templates know. */
import type { NetworkRow } from '../operations/networks.ts'
import { hasIpv4, hasIpv6 } from '../operations/networks.ts'
import { humanTimestamp, shortId } from './human.ts'
import type { Field, View } from './view.ts'

const podman = (value: Field<NetworkRow>['value']): Field<NetworkRow> => ({
  heading: '',
  value,
  inJson: false,
})

export const networkColumns = ['ID', 'Name', 'Driver', 'Scope'] as const

/** As docker shows what was there before everything. */
const NEVER = '0001-01-01 00:00:00 +0000 UTC'

/** Strings everywhere, as Docker's list has them. */
export const networkView: View<NetworkRow> = {
  fields: {
    ID: { heading: 'NETWORK ID', value: ({ id }, { truncate }) => (truncate ? shortId(id) : id) },
    Name: { heading: 'NAME', value: ({ name }) => name },
    Driver: { heading: 'DRIVER', value: ({ driver }) => driver },
    Scope: { heading: 'SCOPE', value: () => 'local' },
    CreatedAt: {
      heading: 'CREATED AT',
      value: ({ network }) => (network === undefined ? NEVER : humanTimestamp(network.created)),
    },
    IPv4: { heading: 'IPV4', value: ({ network }) => String(hasIpv4(network)) },
    IPv6: { heading: 'IPV6', value: ({ network }) => String(hasIpv6(network)) },
    Internal: { heading: 'INTERNAL', value: ({ network }) => String(network?.internal ?? false) },
    Labels: {
      heading: 'LABELS',
      value: ({ network }) =>
        Object.entries(network?.labels ?? {})
          .map(([key, value]) => `${key}=${value}`)
          .join(','),
    },
    Created: podman(({ network }) => network?.created ?? ''),
    DNSEnabled: podman(({ network }) => network?.dns ?? false),
    NetworkInterface: podman(({ network }) => network?.bridge ?? ''),
    Options: podman(({ network }) => network?.options ?? {}),
    IPAMOptions: podman(({ network }) => network?.ipamOptions ?? {}),
    Routes: podman(({ network }) => network?.routes ?? []),
    Subnets: podman(({ network }) => (network?.subnets ?? []).map(({ subnet }) => subnet)),
  },
  methods: { Label: ({ network }, key) => network?.labels[key ?? ''] ?? '' },
}
