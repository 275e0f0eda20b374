/** Proxies between us and the net: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, as curl and Go read them. */
import { errnoOf, SampanError, unsupported } from '../../errors.ts'
import type { Proxies } from '../host/config.ts'
import type { Environment } from './auth-file.ts'

/**
 * The proxy for an address, undefined for none. Lower-case variables win; the configuration counts where there is no
 * variable. This machine is never behind a proxy.
 * @throws SampanError for a proxy of a kind we do not speak to
 */
export function proxyFor(url: URL, environment: Environment, proxies: Proxies): URL | undefined {
  const variable = (name: string) => environment[name] ?? environment[name.toUpperCase()]
  const secure = url.protocol === 'https:'
  const own = secure
    ? (variable('https_proxy') ?? proxies.httpsProxy)
    : (variable('http_proxy') ?? proxies.httpProxy)
  const text = own ?? variable('all_proxy')
  if (!text || isExempt(url, variable('no_proxy') ?? proxies.noProxy ?? '')) return undefined
  const proxy = URL.parse(text.includes('://') ? text : `http://${text}`)
  if (proxy !== null && (proxy.protocol === 'http:' || proxy.protocol === 'https:')) return proxy
  throw unsupported(
    `the proxy ${text.replace(/\/\/[^/@]*@/, '//')}`,
    'HTTP_PROXY and HTTPS_PROXY take the address of an HTTP proxy: http://HOST:PORT',
  )
}

/** `*`, hosts (their subdomains, too), `host:port`, addresses and ranges of them, with commas between. */
function isExempt(url: URL, noProxy: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (host === 'localhost' || host === '::1' || (host.startsWith('127.') && isIP(host) === 4)) return true
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  return noProxy
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== '')
    .some((entry) => {
      if (entry === '*') return true
      if (entry.includes('/')) return isWithin(host, entry)
      const [, name = '', wanted] =
        /^\[?(.*?)\]?(?::(\d+))?$/.exec(isIP(entry) === 6 ? `[${entry}]` : entry) ?? []
      if (wanted !== undefined && wanted !== port) return false
      const domain = name.replace(/^\*?\./, '')
      return host === domain || (isIP(host) === 0 && host.endsWith(`.${domain}`))
    })
}

/** Loaded by those who have an address to look at: node:net takes 2 ms. */
function isIP(text: string): number {
  return process.getBuiltinModule('node:net').isIP(text)
}

/** Whether an address is in a range like `10.0.0.0/8`; never for a name. */
export function isWithin(host: string, range: string): boolean {
  const [net = '', bits] = range.split('/')
  if (isIP(host) === 0 || isIP(host) !== isIP(net)) return false
  const family = isIP(host) === 6 ? 'ipv6' : 'ipv4'
  const { BlockList } = process.getBuiltinModule('node:net')
  const list = new BlockList()
  list.addSubnet(net, Number(bits), family)
  return list.check(host, family)
}

/** The header for a proxy whose address has a name and password. */
export function proxyAuthorization(proxy: URL): Record<string, string> {
  if (proxy.username === '') return {}
  const pair = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` }
}

/** A connection to the proxy itself that failed: whoever reads "connection refused" must not look at the registry. */
export function proxyFailure(proxy: URL, error: unknown): unknown {
  const code = errnoOf(error)
  if (error instanceof SampanError || code === undefined) return error
  if (!/ECONNREFUSED|ENOTFOUND|EAI_|EHOSTUNREACH|ENETUNREACH|FailedToOpenSocket|DNS/i.test(code)) return error
  return failed(proxy, `cannot be reached (${code})`, error)
}

export function failed(proxy: URL, how: string, cause?: unknown): SampanError {
  return new SampanError(`the proxy ${proxy.host} ${how}`, {
    hint: 'HTTP_PROXY, HTTPS_PROXY and NO_PROXY in the environment say who goes through a proxy',
    kind: 'registry',
    cause,
  })
}
