/** `-p`, `-P`, `--expose`: published and exposed ports. Pure. */
import { usage } from '../errors.ts'

export type Protocol = 'tcp' | 'udp'

export interface PortSpec {
  readonly port: number
  readonly protocol: Protocol
}

export interface PortMapping {
  /** Numeric IPv4 or IPv6 address without brackets; '' is every address of both families. */
  readonly hostIp: string
  /** 0: a free one, chosen when the container starts. */
  readonly hostPort: number
  readonly containerPort: number
  readonly protocol: Protocol
}
