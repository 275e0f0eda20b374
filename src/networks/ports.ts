/** `-p`, `-P`, `--expose`: published and exposed ports. Pure. */
import { unsupported, usage } from '../errors.ts'

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
  /** The first free one from `hostPort` to this. */
  readonly hostPortLast?: number
  readonly containerPort: number
  readonly protocol: Protocol
  /** `,proxy=v2`: the program is told who the client is by the PROXY protocol, before the client's bytes. */
  readonly proxy?: 'v2'
}

interface Range {
  readonly first: number
  readonly last: number
}

const FORMS =
  '[IP:][HOST_PORT]:CONTAINER_PORT[/tcp|/udp][,proxy=v2], with ranges like 8000-8010:80-90, or 8000-8010:80 for the first that is free'

/** `80`, `8080:80`, `127.0.0.1:8080:80`, `127.0.0.1::80`, `[::1]:8080:80`, ranges, `/udp`, `80:80,proxy=v2` → one mapping a port. */
export function parsePublish(given: string): PortMapping[] {
  const { text, proxy } = splitProxy(given)
  const { address, host, container, protocol } = split(text)
  if (proxy !== undefined && protocol === 'udp')
    throw unsupported(
      `the PROXY protocol over udp (${given})`,
      "the program sees the client's address anyway",
    )
  const inside = parseRange(container)
  if (inside === undefined) throw usage(`invalid containerPort: ${container}`, FORMS)
  const outside = host === '' ? undefined : parseRange(host, 0)
  if (host !== '' && outside === undefined) throw usage(`invalid hostPort: ${host}`, FORMS)
  const count = inside.last - inside.first + 1
  const unequal = outside !== undefined && outside.last - outside.first + 1 !== count
  // One port on several: any of them. From 0 on it is any there is.
  const anyOf = unequal && count === 1 && outside.first > 0 ? { hostPortLast: outside.last } : {}
  if (unequal && (count > 1 || outside.first === 0))
    throw usage(`invalid ranges specified for container and host Ports: ${container} and ${host}`, FORMS)
  return Array.from({ length: count }, (_, offset) => ({
    hostIp: address,
    hostPort: outside === undefined || outside.first === 0 ? 0 : outside.first + offset,
    ...anyOf,
    containerPort: inside.first + offset,
    protocol,
    ...(proxy === undefined ? {} : { proxy }),
  }))
}

/** Takes the options off that follow a comma. */
function splitProxy(given: string): { text: string; proxy: 'v2' | undefined } {
  const [text = '', ...options] = given.split(',')
  for (const option of options) {
    if (option === 'proxy=v1') throw unsupported(`version 1 of the PROXY protocol (${given})`, 'proxy=v2')
    if (option !== 'proxy=v2') throw usage(`invalid option "${option}" of port ${text}`, FORMS)
  }
  return { text, proxy: options.length > 0 ? 'v2' : undefined }
}

/** `80`, `80/udp`, `8000-8010` → one a port. */
export function parseExpose(given: string): PortSpec[] {
  const { rest, protocol } = splitProtocol(given)
  const range = parseRange(rest)
  if (range === undefined)
    throw usage(`invalid range format for --expose: ${given}`, 'write 80, 80/udp or 8000-8010')
  return Array.from({ length: range.last - range.first + 1 }, (_, offset) => ({
    port: range.first + offset,
    protocol,
  }))
}

/** Whether `asked` may have got this host port. */
export function isHostPortOf({ hostPort, hostPortLast = hostPort }: PortMapping, port: number): boolean {
  return hostPort === 0 || (port >= hostPort && port <= hostPortLast)
}

/** What was asked for on the host: `8080`, `8000-8010`, '' for any. */
export function hostPortWord({ hostPort, hostPortLast }: PortMapping): string {
  if (hostPort === 0) return ''
  return hostPortLast === undefined ? String(hostPort) : `${hostPort}-${hostPortLast}`
}

/** `80/tcp`: the key of docker's port maps. */
export function portKey(port: number, protocol: Protocol): string {
  return `${port}/${protocol}`
}

/** What `-P` adds: a random host port for every exposed port that is not published already. */
export function publishExposed(
  exposed: readonly PortSpec[],
  published: readonly PortMapping[],
): PortMapping[] {
  const taken = new Set(published.map(({ containerPort, protocol }) => portKey(containerPort, protocol)))
  return exposed
    .filter(({ port, protocol }) => !taken.has(portKey(port, protocol)))
    .map(({ port, protocol }) => ({ hostIp: '', hostPort: 0, containerPort: port, protocol }))
}

function split(given: string) {
  const { rest, protocol } = splitProtocol(given)
  const bracketed = /^\[([^\]]*)\]:(.*)$/.exec(rest)
  const parts = (bracketed?.[2] ?? rest).split(':')
  // Without brackets every part but the last two is the address: an IPv6 one has colons itself.
  const [container = '', host = ''] = parts.reverse()
  const address = bracketed?.[1] ?? parts.slice(2).reverse().join(':')
  if (bracketed !== null && parts.length > 2) throw usage(`invalid port specification: ${given}`, FORMS)
  if (address !== '' && !isAddress(address)) throw usage(`invalid IP address: ${address}`, FORMS)
  if (container === '') throw usage(`no port specified: ${given}<empty>`, FORMS)
  return { address, host, container, protocol }
}

function splitProtocol(given: string): { rest: string; protocol: Protocol } {
  const slash = given.indexOf('/')
  const word = slash < 0 ? 'tcp' : given.slice(slash + 1).toLowerCase()
  if (word === 'sctp') throw unsupported(`publishing sctp (${given})`, 'tcp and udp are forwarded')
  if (word !== 'tcp' && word !== 'udp') throw usage(`invalid proto: ${word}`, 'tcp or udp')
  return { rest: slash < 0 ? given : given.slice(0, slash), protocol: word }
}

function parseRange(text: string, least = 1): Range | undefined {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text)
  if (match === null) return undefined
  const first = Number(match[1])
  const last = match[2] === undefined ? first : Number(match[2])
  return first >= least && first <= last && last <= 65535 ? { first, last } : undefined
}

export function isIpv4(text: string): boolean {
  const parts = text.split('.')
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)
}

/** Enough to tell an address from a name; the kernel judges the rest. */
export function isIpv6(text: string): boolean {
  return (
    /^[0-9a-f:.]+(%[\w.-]+)?$/i.test(text) &&
    text.split(':').length > 2 &&
    URL.canParse(`http://[${text.replace(/%.*/, '')}]/`)
  )
}

function isAddress(text: string): boolean {
  return isIpv4(text) || isIpv6(text)
}
