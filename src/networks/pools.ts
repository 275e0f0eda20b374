/** Which subnet a network gets when nobody chose one. Pure. */
import { SampanError } from '../errors.ts'
import { overlaps, parseAddress, parseSubnet, type Subnet, subnetOf } from './addresses.ts'

/** A range, and the bits of the prefix of a network in it. */
export type Pool = readonly [range: string, prefix: number]

/** Docker's pools in Docker's order, then podman's: [range, size of a network in it]. */
const POOLS: readonly Pool[] = [
  ...Array.from({ length: 15 }, (_, at) => [`172.${17 + at}.0.0/16`, 16] as const),
  ['192.168.0.0/16', 20],
  ['10.89.0.0/16', 24],
]

/** The stack that leads out of the bridges has it: 10.0.2.2 is the host. */
const OUTSIDE = '10.0.2.0/24'

/** Subnets that no network may have, whatever the host's routes say. */
export const reserved: readonly Subnet[] = [OUTSIDE, '127.0.0.0/8'].map(known)

/** The first subnet of the pools that meets none of `taken`. Throws conflict when there is none left. */
export function chooseSubnet(taken: readonly Subnet[], pools = POOLS): Subnet {
  const used = [...reserved, ...taken]
  for (const [range, prefix] of pools) {
    const pool = known(range)
    for (let at = 0n; at < 1n << BigInt(prefix - pool.prefix); at++) {
      const value = pool.first + (at << BigInt(32 - prefix))
      const subnet = subnetOf({ family: 4, value }, prefix)
      if (!used.some((other) => overlaps(subnet, other))) return subnet
    }
  }
  throw new SampanError('all predefined address pools have been fully subnetted', {
    kind: 'conflict',
    hint: 'give a free one with --subnet, or remove networks that nobody uses: network prune',
  })
}

/** A /64 of the unique local addresses (RFC 4193) that the network's own random id names. */
export function uniqueLocalSubnet(id: string): Subnet {
  const [a, b, c, d] = [id.slice(0, 2), id.slice(2, 6), id.slice(6, 10), id.slice(10, 14)]
  return known(`fd${a}:${b}:${c}:${d}::/64`)
}

/** The address a network's gateway has where nobody chose one: the first after the subnet's own. */
export function firstAddress({ family, first }: Subnet): { family: 4 | 6; value: bigint } {
  return { family, value: first + 1n }
}

/** Reads /proc/net/route: the subnets that the host's own interfaces lead to. The default route is none of them. */
export function parseRoutes(table: string): Subnet[] {
  return table
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, destination, , , , , , mask] = line.split('\t')
      if (destination === undefined || mask === undefined) return []
      const bits = swapped(mask).toString(2).replaceAll('0', '').length
      return bits === 0 ? [] : [subnetOf({ family: 4, value: BigInt(swapped(destination)) }, bits)]
    })
}

/** Reads /proc/net/ipv6_route: whether a default route goes by an interface that is no loopback. */
export function leadsOutside(table: string): boolean {
  return table.split('\n').some((line) => {
    const [destination, prefix, , , , , , , , link] = line.trim().split(/\s+/)
    return prefix === '00' && /^0{32}$/.test(destination ?? '') && link !== 'lo'
  })
}

/** The kernel prints addresses as numbers of this (little-endian) machine. */
function swapped(hex: string): number {
  const bytes = hex.match(/../g) ?? []
  return Number.parseInt(bytes.toReversed().join(''), 16)
}

function known(text: string): Subnet {
  const subnet = parseSubnet(text)
  if (subnet === undefined || parseAddress(text.split('/')[0] ?? '') === undefined) throw new Error(text)
  return subnet
}
