/**
 * What a person may configure about registries: `~/.config/sampan/config.json` (`insecureRegistries`,
 * `registryMirrors`) and certificates by host in `certs.d`, where Docker has them too. All of it may be absent.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf, SampanError } from '../../errors.ts'
import { type Proxies, readConfig } from '../host/config.ts'
import type { Directories } from '../host/directories.ts'
import { isWithin } from './proxy.ts'

export interface RegistrySettings {
  /** Hosts (with port), or ranges of addresses, that are spoken to over plain HTTP, or HTTPS without checking who answers. */
  readonly insecure: readonly string[]
  /** Base URLs asked before Docker Hub, in this order. */
  readonly mirrors: readonly string[]
  readonly proxies: Proxies
}

/** PEM texts for one host. */
export interface Certificates {
  readonly authorities: readonly string[]
  readonly client: { readonly cert: string; readonly key: string } | undefined
}

/** @throws SampanError naming config.json and the line when it is not what it should be */
export function readSettings(directories: Directories): RegistrySettings {
  const { insecureRegistries, registryMirrors, proxies } = readConfig(directories)
  return { insecure: insecureRegistries, mirrors: registryMirrors, proxies }
}

/** Whether the settings name the host, with its port, or a range of addresses that it is in. */
export function isInsecure(registry: string, { insecure }: RegistrySettings): boolean {
  const host = registry.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')
  return insecure.some((entry) => entry === registry || (entry.includes('/') && isWithin(host, entry)))
}

/** `certs.d/HOST/*.crt` and a `NAME.cert` with its `NAME.key`; the person's own folder first. Undefined without any. */
export function readCertificates(directories: Directories, host: string): Certificates | undefined {
  for (const folder of [join(directories.config, 'certs.d', host), join('/etc/docker/certs.d', host)]) {
    const found = readFolder(folder)
    if (found !== undefined) return found
  }
  return undefined
}

/** The certificates in one folder, undefined where it has none or is not there. */
export function readFolder(folder: string): Certificates | undefined {
  const names = list(folder)
  if (names.length === 0) return undefined
  const read = (name: string) => readFileSync(join(folder, name), 'utf8')
  const cert = names.find((name) => name.endsWith('.cert'))
  const key = cert?.replace(/\.cert$/, '.key')
  if (key !== undefined && !names.includes(key)) {
    throw new SampanError(`${join(folder, key)} is missing`, {
      hint: `every .cert file of ${folder} needs the .key of the same name`,
    })
  }
  return {
    authorities: names.filter((name) => name.endsWith('.crt')).map(read),
    client: cert === undefined || key === undefined ? undefined : { cert: read(cert), key: read(key) },
  }
}

/** The host's own list of certificate authorities: a company's own CA is there, not in the runtime's built-in list. */
export function systemAuthorities(
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const known = [
    '/etc/ssl/certs/ca-certificates.crt',
    '/etc/pki/tls/certs/ca-bundle.crt',
    '/etc/ssl/cert.pem',
  ]
  const own = environment['SSL_CERT_FILE']
  for (const path of own ? [own] : known) {
    try {
      return readFileSync(path, 'utf8')
    } catch (error) {
      if (own || errnoOf(error) !== 'ENOENT') throw error
    }
  }
  return undefined
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder).sort()
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return []
    throw error
  }
}
