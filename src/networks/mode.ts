/** `--network`: how a container is connected. */
import { unsupported, usage } from '../errors.ts'
import { type Attachment, parseAttachment } from './attachment.ts'

export type NetworkMode =
  | { readonly kind: 'none' }
  | { readonly kind: 'host' }
  /** On bridges that containers share. */
  | { readonly kind: 'bridge' }
  /** A private user-mode stack of its own. */
  | { readonly kind: 'slirp' }
  | { readonly kind: 'pasta' }
  /** The network namespace of another container: as typed until `create` resolves it to a full id. */
  | { readonly kind: 'container'; readonly container: string }

export const DEFAULT_NETWORK: NetworkMode = { kind: 'bridge' }

export interface Networking {
  readonly mode: NetworkMode
  /** Of mode bridge only. */
  readonly networks: readonly Attachment[]
}

/** Every `--network` of a command line: several are possible where all are bridges. Throws usage and unsupported. */
export function parseNetworks(given: readonly string[]): Networking {
  const words = given.filter((word) => word !== '')
  if (words.length === 0) return networking(DEFAULT_NETWORK)
  const parsed = words.map((word) => parseNetworkMode(word))
  const [first] = parsed
  if (first !== undefined && parsed.length === 1) return first
  const networks = parsed.flatMap((one) => one.networks)
  const alone = parsed.find(({ mode }) => mode.kind !== 'bridge')
  if (alone !== undefined) {
    throw usage(
      `conflicting options: network ${networkModeName(alone.mode)} and another network`,
      'a container may be on several bridge networks only',
    )
  }
  return { mode: { kind: 'bridge' }, networks: withoutTwice(networks) }
}

function withoutTwice(networks: readonly Attachment[]): readonly Attachment[] {
  const twice = networks.find(
    ({ network }, at) => networks.findIndex((one) => one.network === network) !== at,
  )
  if (twice !== undefined) throw usage(`network "${twice.network}" is specified multiple times`)
  return networks
}

/** One `--network`. Throws usage for a malformed value, unsupported for options of another program. */
export function parseNetworkMode(given: string): Networking {
  switch (given) {
    case '':
    case 'default':
    case 'private':
      return networking(DEFAULT_NETWORK)
    case 'none':
    case 'host':
    case 'pasta':
      return networking({ kind: given })
    case 'slirp':
    case 'slirp4netns':
      return networking({ kind: 'slirp' })
  }
  if (given.startsWith('container:')) {
    const container = given.slice('container:'.length)
    if (container === '')
      throw usage('invalid network mode "container:": it lacks a container', 'write container:NAME')
    return networking({ kind: 'container', container })
  }
  const option = /^(slirp4netns|slirp|pasta):/.exec(given)?.[1]
  if (option !== undefined)
    throw unsupported(`--network ${given}`, `write --network ${option}: the best options are set`)
  if (given.startsWith('ns:'))
    throw unsupported(`--network ${given}`, 'use container:NAME to join a container')
  return { mode: { kind: 'bridge' }, networks: [parseAttachment(given)] }
}

const BRIDGE: Attachment = { network: 'bridge', ip: null, ip6: null, mac: null, aliases: [], interface: null }

function networking(mode: NetworkMode): Networking {
  return { mode, networks: mode.kind === 'bridge' ? [BRIDGE] : [] }
}

/** The default bridge, for what only a bridge can do where no network was named. */
export const onDefaultBridge: Networking = networking({ kind: 'bridge' })

/** What `ps` lists and filters: bridges by name, else the mode. */
export function networkNames({ mode, networks }: Networking): string[] {
  return mode.kind === 'bridge' ? networks.map(({ network }) => network) : [networkModeName(mode)]
}

/** `HostConfig.NetworkMode`: the first bridge by name, else the mode. */
export function networkModeWord(networking: Networking): string {
  return networkNames(networking)[0] ?? networkModeName(networking.mode)
}

/** The word for errors and templates. */
export function networkModeName(mode: NetworkMode): string {
  return mode.kind === 'container' ? `container:${mode.container}` : mode.kind
}
