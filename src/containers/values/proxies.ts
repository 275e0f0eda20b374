/** The variables by which programs in containers find a proxy: docker's `proxies`, podman's `--http-proxy`. */
import { dockerConfig } from '../../platform/host/docker-config.ts'

type Variables = Readonly<Record<string, string | undefined>>

/** Keys of docker's config.json, `proxies.default`. */
const KEYS = {
  httpProxy: 'HTTP_PROXY',
  httpsProxy: 'HTTPS_PROXY',
  ftpProxy: 'FTP_PROXY',
  noProxy: 'NO_PROXY',
  allProxy: 'ALL_PROXY',
} as const

/**
 * `KEY=VALUE`, in both spellings where docker's configuration says it.
 * @param asked `--http-proxy`: the caller's own variables as they are. Not said: what docker's config.json has. false: none
 */
export function proxyVariables(asked: boolean | undefined, environment: Variables): string[] {
  if (asked === false) return []
  return asked === undefined ? configured(environment) : inherited(environment)
}

function inherited(environment: Variables): string[] {
  return Object.values(KEYS)
    .flatMap((name) => [name, name.toLowerCase()])
    .flatMap((name) => (environment[name] ? [`${name}=${environment[name]}`] : []))
}

function configured(environment: Variables): string[] {
  const { default: proxies } = (dockerConfig(environment)?.['proxies'] ?? {}) as Record<string, unknown>
  if (typeof proxies !== 'object' || proxies === null) return []
  return Object.entries(KEYS).flatMap(([key, name]) => {
    const value = (proxies as Record<string, unknown>)[key]
    return typeof value === 'string' && value !== ''
      ? [`${name}=${value}`, `${name.toLowerCase()}=${value}`]
      : []
  })
}
