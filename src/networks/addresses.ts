/** IP addresses and subnets as numbers: what it takes to choose and to check them. Pure. */
import { isIpv4, isIpv6 } from './ports.ts'

export type Family = 4 | 6

export interface Address {
  readonly family: Family
  readonly value: bigint
}

export interface Subnet {
  readonly family: Family
  /** The first address: bits behind the prefix are zero. */
  readonly first: bigint
  /** Bits of the prefix. */
  readonly prefix: number
}

const BITS = { 4: 32, 6: 128 } as const

/** undefined for anything that is no numeric address. */
export function parseAddress(text: string): Address | undefined {
  if (isIpv4(text)) {
    const value = text.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n)
    return { family: 4, value }
  }
  if (!isIpv6(text) || text.includes('%')) return undefined
  return { family: 6, value: ipv6Value(text) }
}

/** `10.1.2.0/24`, `fd00::/64`; undefined for anything else. Bits behind the prefix are cut off. */
export function parseSubnet(text: string): Subnet | undefined {
  const match = /^([^/]+)\/(\d{1,3})$/.exec(text)
  const address = parseAddress(match?.[1] ?? '')
  const prefix = Number(match?.[2])
  if (address === undefined || prefix > BITS[address.family]) return undefined
  return subnetOf(address, prefix)
}

/** The subnet of this size that the address is in. */
export function subnetOf({ family, value }: Address, prefix: number): Subnet {
  const rest = BigInt(BITS[family] - prefix)
  return { family, first: (value >> rest) << rest, prefix }
}

export function lastOf({ family, first, prefix }: Subnet): bigint {
  return first + (1n << BigInt(BITS[family] - prefix)) - 1n
}

export function contains(subnet: Subnet, { family, value }: Address): boolean {
  return family === subnet.family && value >= subnet.first && value <= lastOf(subnet)
}

export function overlaps(a: Subnet, b: Subnet): boolean {
  return a.family === b.family && a.first <= lastOf(b) && b.first <= lastOf(a)
}

/** Whether all of `inner` is in `outer`. */
export function covers(outer: Subnet, inner: Subnet): boolean {
  return outer.prefix <= inner.prefix && overlaps(outer, inner)
}

/** The canonical text; IPv6 in the form of RFC 5952. */
export function formatAddress({ family, value }: Address): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.')
  const groups = Array.from({ length: 8 }, (_, at) => (value >> BigInt(112 - 16 * at)) & 0xffffn)
  return compressed(groups.map((group) => group.toString(16)))
}

export function formatSubnet({ family, first, prefix }: Subnet): string {
  return `${formatAddress({ family, value: first })}/${prefix}`
}

/** The longest run of two or more zero groups becomes `::`; the first of equals. */
function compressed(groups: readonly string[]): string {
  let [start, length] = [0, 0]
  for (let at = 0; at < 8; at++) {
    let end = at
    while (end < 8 && groups[end] === '0') end++
    if (end - at > length) [start, length] = [at, end - at]
  }
  if (length < 2) return groups.join(':')
  return `${groups.slice(0, start).join(':')}::${groups.slice(start + length).join(':')}`
}

/** Of text that isIpv6 has accepted. */
function ipv6Value(text: string): bigint {
  const dotted = /^(.*:)([\d.]+)$/.exec(text)
  const tail = dotted?.[2]?.includes('.') ? parseAddress(dotted[2]) : undefined
  const hex =
    tail === undefined
      ? text
      : `${dotted?.[1]}${(tail.value >> 16n).toString(16)}:${(tail.value & 0xffffn).toString(16)}`
  const [head = '', rest] = hex.split('::')
  const words = (part: string) => (part === '' ? [] : part.split(':'))
  const [left, right] = [words(head), words(rest ?? '')]
  const zeros = rest === undefined ? 0 : 8 - left.length - right.length
  const groups = [...left, ...Array.from({ length: Math.max(0, zeros) }, () => '0'), ...right]
  return groups.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n)
}
