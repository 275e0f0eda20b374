/**
 * The networks of one data directory: DATA/networks/NAME.json, each whole or not there. Choosing a subnet needs to know
 * all the others, so whoever makes or removes one holds `networks.lock`; readers take no lock.
 */

import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf, SampanError, usage } from '../errors.ts'
import { readRecord, writeRecord } from '../platform/files/record.ts'
import { readConfig } from '../platform/host/config.ts'
import type { Directories } from '../platform/host/directories.ts'
import { randomHex } from '../platform/host/random.ts'
import { sha256 } from '../platform/host/sha256.ts'
import { Lock } from '../platform/libc/lock.ts'
import { hasIpv6Outside, hostRoutes } from './host-routes.ts'
import { type Network, type NetworkRequest, parseNetwork, planNetwork, type Taken } from './network.ts'

/** The network of containers that ask for none. It exists from the start, with the first subnet that is free. */
export const DEFAULT_NAME = 'bridge'

export class NetworkStore {
  readonly #directories: Directories
  readonly #data: string
  readonly #folder: string

  constructor(directories: Directories) {
    this.#directories = directories
    this.#data = directories.data
    this.#folder = join(directories.data, 'networks')
  }

  /** Held shared by who makes a container on a network, exclusively by who makes or removes a network. */
  lock(mode: 'shared' | 'exclusive'): Lock {
    mkdirSync(this.#data, { recursive: true, mode: 0o700 })
    return Lock.take(join(this.#data, 'networks.lock'), mode)
  }

  /** All bridges, the default one first, then by name. */
  list(): Network[] {
    const named = this.#names()
      .filter((name) => name !== DEFAULT_NAME)
      .sort()
      .flatMap((name) => this.read(name) ?? [])
    return [this.#default(named), ...named]
  }

  /** By exact name. */
  read(name: string): Network | undefined {
    if (!NAME.test(name)) return undefined
    return readRecord(join(this.#folder, `${name}.json`), parseNetwork)
  }

  /** By name, full id, or the beginning of an id that only one has. Throws no-such-object, or usage for an ambiguous one. */
  find(nameOrId: string): Network {
    const named = nameOrId === DEFAULT_NAME ? this.list()[0] : this.read(nameOrId)
    if (named !== undefined) return named
    const matches = /^[0-9a-f]+$/.test(nameOrId)
      ? this.list().filter(({ id }) => id.startsWith(nameOrId))
      : []
    const [network, other] = matches
    if (network === undefined) throw noSuchNetwork(nameOrId)
    if (other !== undefined)
      throw usage(`network ${nameOrId} is ambiguous (${matches.length} matches found on ID prefix)`)
    return network
  }

  /** Makes it. Throws conflict for a name in use and for a subnet that is not free. The caller holds no lock. */
  create(request: NetworkRequest): Network {
    using _lock = this.lock('exclusive')
    const networks = this.list()
    if (networks.some(({ name }) => name === request.name)) {
      throw new SampanError(`network with name ${request.name} already exists`, {
        kind: 'conflict',
        hint: 'choose another name, or `network inspect` what is there',
      })
    }
    const network = planNetwork(
      request,
      { id: randomHex(32), created: new Date().toISOString() },
      this.#taken(networks),
    )
    this.#write(network)
    return network
  }

  /**
   * The default network, kept from now on: its first container has an address of it. `network create` might else give
   * its subnet away.
   */
  ensureDefault(): Network {
    const known = this.read(DEFAULT_NAME)
    if (known !== undefined) return known
    using _lock = this.lock('exclusive')
    const network = this.list()[0] as Network
    if (this.read(DEFAULT_NAME) !== undefined) return network
    const kept = { ...network, created: new Date().toISOString() }
    this.#write(kept)
    return kept
  }

  /** Replaces what is known of it. Throws no-such-object, and what `change` throws. The caller holds no lock. */
  change(nameOrId: string, change: (network: Network) => Network): Network {
    using _lock = this.lock('exclusive')
    const changed = change(this.find(nameOrId))
    this.#write(changed)
    return changed
  }

  /** The caller holds the lock and knows that nobody uses it. */
  remove({ name }: Network): void {
    rmSync(join(this.#folder, `${name}.json`), { force: true })
  }

  #write(network: Network): void {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
    writeRecord(join(this.#folder, `${network.name}.json`), network)
  }

  #taken(networks: readonly Network[]): Taken {
    const pools = readConfig(this.#directories).defaultAddressPools
    return { networks, routes: hostRoutes(), pools: pools?.map(({ base, size }) => [base, size]) }
  }

  #names(): string[] {
    try {
      return readdirSync(this.#folder).flatMap((file) => (file.endsWith('.json') ? [file.slice(0, -5)] : []))
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return []
      throw error
    }
  }

  /** As it is on disk, or as it would be made now. */
  #default(others: readonly Network[]): Network {
    const known = this.read(DEFAULT_NAME)
    if (known !== undefined) return known
    const id = sha256().update(`network ${this.#data}`).digest('hex')
    return planNetwork(
      { ...DEFAULT_REQUEST, ipv6: hasIpv6Outside() },
      { id, created: BEGINNING },
      this.#taken(others),
    )
  }
}

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/
const BEGINNING = '1970-01-01T00:00:00.000Z'

const DEFAULT_REQUEST: Omit<NetworkRequest, 'ipv6'> = {
  name: DEFAULT_NAME,
  subnets: [],
  gateways: [],
  ranges: [],
  auxiliary: [],
  internal: false,
  dns: true,
  dnsServers: [],
  labels: {},
  options: {},
  attachable: false,
  ipv4: true,
  ipamOptions: {},
  routes: [],
  bridge: 'sampan0',
}

export function noSuchNetwork(nameOrId: string): SampanError {
  return new SampanError(`network ${nameOrId} not found`, {
    kind: 'no-such-object',
    hint: '`network ls` lists the networks there are; `network create` makes one',
  })
}
