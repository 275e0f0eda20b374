/** The ports of a running container as they are: the monitor writes those it really took. */
import { join } from 'node:path'
import type { PortMapping } from '../networks/ports.ts'
import { readRecord } from '../platform/files/record.ts'
import type { BoundPorts } from '../platform/helper/bundle.ts'
import type { Container } from './store.ts'

/** None with a network that forwards nothing. */
export function boundPorts(container: Container): readonly PortMapping[] {
  const { mode, ports } = container.record.network
  if (ports.length === 0 || !['slirp', 'pasta', 'bridge'].includes(mode.kind)) return []
  const bound = readRecord(join(container.folder, 'ports.json'), (value) => value as BoundPorts)
  return (
    bound?.ports ?? ports.filter(({ hostPort, hostPortLast }) => hostPort !== 0 && hostPortLast === undefined)
  )
}
