/** Secrets of a build that are passed on to whoever has its sources, under BuildKit's names. Pure. */

/** By id; each is read when it is needed. */
export type SourceSecrets = ReadonlyMap<string, () => Buffer>

/**
 * The Authorization header for a file at a URL: HTTP_AUTH_HEADER_HOST as it is, or the token in HTTP_AUTH_TOKEN_HOST.
 * HOST is the name, or name:port.
 */
export function httpAuthorization(url: string, secrets: SourceSecrets): string | undefined {
  const { host, hostname } = new URL(url)
  const secret = (kind: string) =>
    first(secrets, [`HTTP_AUTH_${kind}_${host}`, `HTTP_AUTH_${kind}_${hostname}`])
  const token = secret('TOKEN')
  return secret('HEADER') ?? (token === undefined ? undefined : `Bearer ${token}`)
}

/**
 * The Authorization header for a git repository: GIT_AUTH_HEADER as it is, or the token in GIT_AUTH_TOKEN as the password
 * of x-access-token. Those of one host (GIT_AUTH_TOKEN.HOST) come first. Undefined for what is not fetched by HTTP.
 */
export function gitAuthorization(url: string, secrets: SourceSecrets): string | undefined {
  if (!/^https?:/i.test(url)) return undefined
  const { host, hostname } = new URL(url)
  const secret = (kind: string) =>
    first(secrets, [`GIT_AUTH_${kind}.${host}`, `GIT_AUTH_${kind}.${hostname}`, `GIT_AUTH_${kind}`])
  const token = secret('TOKEN')
  const basic = token === undefined ? undefined : Buffer.from(`x-access-token:${token}`).toString('base64')
  return secret('HEADER') ?? (basic === undefined ? undefined : `basic ${basic}`)
}

function first(secrets: SourceSecrets, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = secrets.get(name)?.().toString().trim()
    if (value) return value
  }
  return undefined
}
