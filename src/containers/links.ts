/** `--link`: the variables and the lines of /etc/hosts by which one container finds another. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PortSpec } from '../networks/ports.ts'

export interface Linked {
  /** What it is called here. */
  readonly alias: string
  readonly name: string
  readonly id: string
  /** Of a network that both are on; '' when it does not run, or there is none. */
  readonly address: string
  readonly exposed: readonly PortSpec[]
  /** `KEY=VALUE` */
  readonly environment: readonly string[]
}

/** Docker's variables: `DB_PORT`, `DB_PORT_5432_TCP_ADDR`, `DB_NAME`, `DB_ENV_…`. `own` is the name of who links. */
export function linkEnvironment(own: string, links: readonly Linked[]): string[] {
  return links.flatMap(({ alias, address, exposed, environment }) => {
    const prefix = alias.replaceAll('-', '_').toUpperCase()
    const ports = exposed.toSorted((a, b) => order(a) - order(b))
    const [first] = ports
    const url = ({ port, protocol }: PortSpec) => `${protocol}://${address}:${port}`
    return [
      ...(first === undefined ? [] : [`${prefix}_PORT=${url(first)}`]),
      ...ports.flatMap((spec) => {
        const name = `${prefix}_PORT_${spec.port}_${spec.protocol.toUpperCase()}`
        return [
          `${name}=${url(spec)}`,
          `${name}_ADDR=${address}`,
          `${name}_PORT=${spec.port}`,
          `${name}_PROTO=${spec.protocol}`,
        ]
      }),
      `${prefix}_NAME=/${own}/${alias}`,
      ...environment.filter((entry) => !/^(HOME|PATH)=/.test(entry)).map((entry) => `${prefix}_ENV_${entry}`),
    ]
  })
}

/** tcp before udp, low before high. */
function order({ port, protocol }: PortSpec): number {
  return port + (protocol === 'udp' ? 65536 : 0)
}

export function linkHosts(links: readonly Linked[]): string {
  return links
    .filter(({ address }) => address !== '')
    .map(
      ({ alias, name, id, address }) =>
        `${address}\t${[...new Set([alias, id.slice(0, 12), name])].join(' ')}\n`,
    )
    .join('')
}

/** In the bundle of a container that others are linked to: an empty file for each, named by its id. */
export function linkersFolder(bundle: string): string {
  return join(bundle, 'linked-by')
}

export function noteLinker(bundle: string, linker: string): void {
  mkdirSync(linkersFolder(bundle), { recursive: true, mode: 0o700 })
  writeFileSync(join(linkersFolder(bundle), linker), '')
}
