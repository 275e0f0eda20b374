/** Which URL, over which transport, answers for a registry's name. */
import { dockerHub } from '../../oci/reference.ts'
import type { Directories } from '../host/directories.ts'
import { proxyFor } from './proxy.ts'
import {
  isInsecure,
  type RegistrySettings,
  readCertificates,
  readFolder,
  systemAuthorities,
} from './settings.ts'
import type { Tls } from './transport.ts'

export interface Endpoint {
  /** `https://registry-1.docker.io`, without a path. */
  readonly base: URL
  /** Tried when `base` does not speak its protocol: HTTPS for a local registry that turns out to want it. */
  readonly otherwise: URL | undefined
  readonly tls: Tls
  /** The proxy for an address the registry sends us to, if any. */
  proxyOf(url: URL): URL | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Plain HTTP for this machine (127.0.0.0/8, ::1, localhost) and for hosts configured insecure, HTTPS for all others.
 * A folder of certificates for a host means HTTPS, wherever it is.
 */
export function endpointOf(
  registry: string,
  settings: RegistrySettings,
  directories: Directories,
  environment: Environment,
  given: { readonly insecure?: boolean; readonly certificates?: string } = {},
): Endpoint {
  const host = registry === dockerHub ? 'registry-1.docker.io' : registry
  const certificates =
    given.certificates === undefined
      ? readCertificates(directories, registry)
      : readFolder(given.certificates)
  const insecure = given.insecure ?? isInsecure(registry, settings)
  const plain = certificates === undefined && given.insecure !== false && (insecure || isLocal(host))
  const secureUrl = new URL(`https://${host}`)
  return {
    base: plain ? new URL(`http://${host}`) : secureUrl,
    otherwise: plain ? secureUrl : insecure ? new URL(`http://${host}`) : undefined,
    tls: {
      ca: authorities(certificates?.authorities ?? [], environment),
      cert: certificates?.client?.cert,
      key: certificates?.client?.key,
      verify: !insecure,
    },
    proxyOf: (url) => proxyFor(url, environment, settings.proxies),
  }
}

/** A mirror is configured as a URL, and that decides its protocol. */
export function mirrorEndpoint(
  url: string,
  settings: RegistrySettings,
  directories: Directories,
  environment: Environment,
): Endpoint {
  const base = new URL(url)
  const certificates = readCertificates(directories, base.host)
  return {
    base: new URL(base.origin),
    otherwise: undefined,
    tls: {
      ca: authorities(certificates?.authorities ?? [], environment),
      cert: certificates?.client?.cert,
      key: certificates?.client?.key,
      verify: true,
    },
    proxyOf: (address) => proxyFor(address, environment, settings.proxies),
  }
}

function authorities(own: readonly string[], environment: Environment): readonly string[] | undefined {
  const system = systemAuthorities(environment)
  if (own.length === 0 && system === undefined) return undefined
  return system === undefined ? own : [...own, system]
}

/** Hosts whose traffic never leaves this machine. */
export function isLocal(host: string): boolean {
  const name = host.replace(/:\d+$/, '')
  return name === 'localhost' || name === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(name)
}
