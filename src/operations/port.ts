/** `port`: where on the host a container's ports are. */
import { boundPorts } from '../containers/ports.ts'
import { isRunning } from '../containers/state.ts'
import type { Container } from '../containers/store.ts'
import { SampanError, usage } from '../errors.ts'
import { type PortMapping, portKey } from '../networks/ports.ts'
import { listening } from '../platform/host/sockets.ts'

export interface Binding {
  /** `80/tcp` */
  readonly port: string
  /** `0.0.0.0:8080`, `[::]:8080` */
  readonly address: string
}

/** By port; nothing for a container that does not run. */
export function portBindings(container: Container): Binding[] {
  return bindingsOf(isRunning(container.state()) ? boundPorts(container) : [])
}

/** A sentence for each published port that answers nobody, because its program listens on the container's loopback only. */
export function unreachablePorts(container: Container): string[] {
  const state = container.state()
  if (!isRunning(state)) return []
  const ports = new Map(
    boundPorts(container).map((port) => [portKey(port.containerPort, port.protocol), port] as const),
  )
  return [...ports].flatMap(([key, { containerPort, protocol }]) => {
    const sockets = listening(state.pid, protocol).filter(({ port }) => port === containerPort)
    if (sockets.length === 0 || sockets.some(({ loopback }) => !loopback)) return []
    return `port ${key} of ${container.name} is not reached: its program listens on 127.0.0.1 only; have it listen on 0.0.0.0`
  })
}

/** A line for each address that is listened on. */
export function bindingsOf(ports: readonly PortMapping[]): Binding[] {
  return [...ports]
    .sort((a, b) => a.containerPort - b.containerPort || (a.protocol < b.protocol ? -1 : 1))
    .flatMap(({ hostIp, hostPort, containerPort, protocol }) =>
      (hostIp === '' ? ['0.0.0.0', '::'] : [hostIp]).map((ip) => ({
        port: portKey(containerPort, protocol),
        address: `${ip.includes(':') ? `[${ip}]` : ip}:${hostPort}`,
      })),
    )
}

/**
 * The addresses of one port.
 * @param given `80`, `80/tcp` or `53/udp`
 * @throws usage for what is no port, and when it is not published
 */
export function addressesOf(container: Container, given: string): string[] {
  const match = /^(\d{1,5})(?:\/(tcp|udp|sctp))?$/i.exec(given)
  if (match === null) throw usage(`invalid port: '${given}'`, 'a number, with /tcp or /udp')
  const wanted = `${Number(match[1])}/${(match[2] ?? 'tcp').toLowerCase()}`
  const found = portBindings(container).filter(({ port }) => port === wanted)
  if (found.length > 0) return found.map(({ address }) => address)
  throw new SampanError(`No public port '${given}' published for ${container.name}`, {
    hint: isRunning(container.state())
      ? `\`port ${container.name}\` lists those that are`
      : `it does not run: \`start ${container.name}\` starts it`,
  })
}
