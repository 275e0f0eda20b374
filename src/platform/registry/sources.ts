/** Who is asked for a registry's images: its mirrors in their order, and then the registry itself. */
import { SampanError } from '../../errors.ts'
import { dockerHub } from '../../oci/reference.ts'
import type { Directories } from '../host/directories.ts'
import type { Custom, Environment } from './auth-file.ts'
import { Connection } from './connection.ts'
import { type Credentials, credentialsFor } from './credentials.ts'
import { type Endpoint, endpointOf, mirrorEndpoint } from './endpoint.ts'
import { type Mirror, type Rule, readRegistriesConf, ruleFor } from './registries-conf.ts'
import { readSettings } from './settings.ts'

/** Said on the command line, for this command only. */
export interface Given {
  readonly credentials?: Credentials
  /** Whether plain HTTP, and HTTPS with anybody, will do; undefined: as configured. */
  readonly insecure?: boolean
  /** A folder like those of certs.d, instead of them. */
  readonly certificates?: string
  /** Whose files come first, with passwords and with registries. */
  readonly custom?: Custom
  /** What the command is about: files may have a password, or mirrors, for a part of a registry. */
  readonly repository?: string
}

export interface Source {
  readonly connection: Connection
  /** What a repository is called there. */
  rename(repository: string): string
  /** What it may be asked for. */
  readonly pull: Mirror['pull']
}

const defaultIdle = 30_000
/** A mirror is there to be faster: when it hesitates, the registry itself is asked. */
const mirrorIdle = 10_000
const mirrorRetries = 1

/**
 * @param environment SAMPAN_REGISTRY_TIMEOUT: seconds without progress before a connection is given up (30)
 * @throws SampanError for a registry that is blocked, and for files with mistakes
 */
export function openSources(
  name: string,
  directories: Directories,
  environment: Environment,
  given: Given,
): { readonly mirrors: readonly Source[]; readonly origin: Source } {
  const settings = readSettings(directories)
  const custom = given.custom ?? 'docker'
  const whole = given.repository === undefined ? name : `${name}/${given.repository}`
  const rule = ruleFor(whole, readRegistriesConf(environment, custom))
  if (rule?.blocked) {
    throw new SampanError(`registry ${name} is blocked`, {
      hint: `registries.conf says so for ${rule.prefix}`,
      kind: 'registry',
    })
  }
  const seconds = Number(environment['SAMPAN_REGISTRY_TIMEOUT'])
  const idle = seconds > 0 ? seconds * 1000 : defaultIdle
  const moved = (location: string) => renaming(name, rule, location)
  const open = (
    host: string,
    endpoint: Endpoint,
    credentials: () => Credentials | undefined,
    mirror: boolean,
  ) =>
    mirror
      ? new Connection(host, endpoint, credentials, Math.min(idle, mirrorIdle), mirrorRetries)
      : new Connection(host, endpoint, credentials, idle)
  const configured = (name === dockerHub ? settings.mirrors : []).map((url): Source => {
    const endpoint = mirrorEndpoint(url, settings, directories, environment)
    const { host } = endpoint.base
    const credentials = () => credentialsFor(host, environment, { custom })
    return { connection: open(host, endpoint, credentials, true), rename: (same) => same, pull: 'all' }
  })
  const ruled = (rule?.mirrors ?? []).map(({ location, insecure, pull }): Source => {
    const { host, rename } = moved(location)
    const endpoint = endpointOf(host, settings, directories, environment, insecure ? { insecure } : {})
    const repository = rename(given.repository ?? '')
    const credentials = () => credentialsFor(host, environment, { repository, custom })
    const limited = rule?.mirrorByDigestOnly && pull === 'all' ? 'digest-only' : pull
    return { connection: open(host, endpoint, credentials, true), rename, pull: limited }
  })
  const { host, rename } = moved(rule?.location ?? name)
  const repository = rename(given.repository ?? '')
  const how = rule?.insecure && given.insecure === undefined ? { ...given, insecure: true } : given
  const endpoint = endpointOf(host, settings, directories, environment, how)
  const credentials = () => given.credentials ?? credentialsFor(host, environment, { repository, custom })
  return {
    mirrors: [...configured, ...ruled],
    origin: { connection: open(host, endpoint, credentials, false), rename, pull: 'all' },
  }
}

/** What replaces the rule's prefix: `quay.io/team` → `mirror:5000/quay/team`. */
function renaming(
  name: string,
  rule: Rule | undefined,
  location: string,
): { readonly host: string; rename(repository: string): string } {
  if (rule === undefined || location === rule.prefix) return { host: name, rename: (same) => same }
  const [host = ''] = location.split('/')
  // A pattern of hosts stands for the host alone.
  const prefix = rule.prefix.startsWith('*.') ? name : rule.prefix
  return {
    host,
    rename: (repository) =>
      `${location}${`${name}/${repository}`.slice(prefix.length)}`.slice(host.length + 1),
  }
}
