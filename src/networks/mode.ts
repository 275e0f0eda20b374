/** `--network`: how a container is connected. */
import { unsupported, usage } from '../errors.ts'

export type NetworkMode =
  | { readonly kind: 'none' }
  | { readonly kind: 'host' }
  /** A private user-mode stack of its own. */
  | { readonly kind: 'slirp' }
  | { readonly kind: 'pasta' }
  /** The network namespace of another container: as typed until `create` resolves it to a full id. */
  | { readonly kind: 'container'; readonly container: string }

export const DEFAULT_NETWORK: NetworkMode = { kind: 'slirp' }

/** Throws usage for a malformed value, unsupported for bridges and user-defined networks. */
export function parseNetworkMode(given: string): NetworkMode {
  switch (given) {
    case '':
    case 'default':
    case 'private':
      return DEFAULT_NETWORK
    case 'none':
    case 'host':
    case 'pasta':
      return { kind: given }
    case 'slirp':
    case 'slirp4netns':
      return { kind: 'slirp' }
  }
  if (given.startsWith('container:')) {
    const container = given.slice('container:'.length)
    if (container === '')
      throw usage('invalid network mode "container:": it lacks a container', 'write container:NAME')
    return { kind: 'container', container }
  }
  if (given === 'bridge') {
    throw unsupported(
      '--network bridge',
      'leave it out or use --network slirp: a private network with published ports',
    )
  }
  throw unsupported(
    `--network ${given}`,
    'user-defined networks are not there yet: use none, host, slirp, pasta or container:NAME',
  )
}

/** The word that `inspect` and templates show. */
export function networkModeName(mode: NetworkMode): string {
  return mode.kind === 'container' ? `container:${mode.container}` : mode.kind
}
