/** Where the host's own interfaces lead. */
import { readFileSync } from 'node:fs'
import { errnoOf } from '../errors.ts'
import type { Subnet } from './addresses.ts'
import { leadsOutside, parseRoutes } from './pools.ts'

/** IPv4 subnets that a container must still reach. */
export function hostRoutes(): Subnet[] {
  return parseRoutes(readOrEmpty('/proc/net/route'))
}

/** Whether IPv6 leads anywhere from here: networks have it then, too. */
export function hasIpv6Outside(): boolean {
  return leadsOutside(readOrEmpty('/proc/net/ipv6_route'))
}

/** A kernel without the protocol has no such file. */
function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return ''
    throw error
  }
}
