/** Answers a registry's challenge: Basic with the password, Bearer with a token fetched from the realm it names. */
import { SampanError } from '../../errors.ts'
import { asObject, parseJson } from '../../oci/json.ts'
import { parseChallenges } from './challenge.ts'
import type { Credentials } from './credentials.ts'
import type { Answer, Transport } from './transport.ts'

/** What a token must allow, in the words of Docker's token service: `repository:team/app:pull,push`. */
export type Scope = readonly string[]

const largestToken = 1 << 20

export class Authentication {
  readonly #registry: string
  readonly #transport: Transport
  readonly #ask: () => Credentials | undefined
  #asked: { readonly credentials: Credentials | undefined } | undefined
  /** Authorization headers by scope. */
  readonly #known = new Map<string, string>()

  constructor(registry: string, transport: Transport, credentials: () => Credentials | undefined) {
    this.#registry = registry
    this.#transport = transport
    this.#ask = credentials
  }

  /** The header that an earlier challenge for this scope led to. */
  header(scope: Scope): string | undefined {
    return this.#known.get(keyOf(scope))
  }

  /**
   * Learns from a 401. @returns whether it is worth asking again.
   * @throws SampanError when the token service refuses the credentials, or cannot be used
   */
  async learn(challengeHeader: string, scope: Scope, from: URL): Promise<boolean> {
    const before = this.#known.get(keyOf(scope))
    const challenges = parseChallenges(challengeHeader)
    const bearer = challenges.find(({ scheme }) => scheme === 'bearer')
    const header =
      bearer !== undefined
        ? await this.#bearer(bearer.parameters, scope, from)
        : challenges.some(({ scheme }) => scheme === 'basic')
          ? this.#basic()
          : undefined
    // The same password twice is refused twice; a token may have expired and be another now.
    if (header === undefined || header === before) return false
    this.#known.set(keyOf(scope), header)
    return true
  }

  /** Files are read, and helpers asked, by those whom a registry challenged, and once. */
  get #credentials(): Credentials | undefined {
    this.#asked ??= { credentials: this.#ask() }
    return this.#asked.credentials
  }

  #basic(): string | undefined {
    const found = this.#credentials
    if (found === undefined || found.username === '') return undefined
    return `Basic ${Buffer.from(`${found.username}:${found.password}`).toString('base64')}`
  }

  /**
   * Docker registry v2 token authentication: GET realm?service=…&scope=repository:NAME:pull; with an identity token
   * the OAuth 2 form of it.
   */
  async #bearer(parameters: Readonly<Record<string, string>>, scope: Scope, from: URL): Promise<string> {
    const realm = URL.parse(parameters['realm'] ?? '')
    if (realm === null || !/^https?:$/.test(realm.protocol)) {
      throw new SampanError(`registry ${this.#registry} names no usable token service`, { kind: 'registry' })
    }
    const identityToken = this.#credentials?.identityToken
    const basic = this.#basic()
    const secret = identityToken ?? basic
    if (secret !== undefined && realm.protocol === 'http:' && from.protocol === 'https:') {
      throw new SampanError(
        `registry ${this.#registry} wants its password sent unencrypted to ${realm.host}: refused`,
        {
          kind: 'registry',
        },
      )
    }
    const answer =
      identityToken === undefined
        ? await this.#askForToken(realm, parameters['service'], scope, basic)
        : await this.#trade(realm, parameters['service'], scope, identityToken)
    const text = (await answer.bytes(largestToken)).toString()
    if (answer.status !== 200) throw new TokenRefused(this.#registry, answer.status, secret !== undefined)
    const object = asObject(parseJson(text, `token of ${realm.host}`), `token of ${realm.host}`)
    const token = object['token'] ?? object['access_token']
    if (typeof token === 'string' && /^[\x21-\x7e]+$/.test(token)) return `Bearer ${token}`
    throw new SampanError(`the token service ${realm.host} gave no token`, { kind: 'registry' })
  }

  #askForToken(
    realm: URL,
    service: string | undefined,
    scope: Scope,
    basic: string | undefined,
  ): Promise<Answer> {
    const url = new URL(realm)
    if (service !== undefined) url.searchParams.set('service', service)
    for (const one of scope) url.searchParams.append('scope', one)
    return this.#transport.exchange('GET', url, { accept: 'application/json' }, basic)
  }

  /** The refresh_token grant of RFC 6749, section 6. */
  #trade(realm: URL, service: string | undefined, scope: Scope, identityToken: string): Promise<Answer> {
    const form = new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token: identityToken,
      client_id: 'sampan',
      ...(service === undefined ? {} : { service }),
      ...(scope.length === 0 ? {} : { scope: scope.join(' ') }),
    })
    const bytes = Buffer.from(form.toString())
    const headers = { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' }
    const body = { length: bytes.length, open: () => [bytes] }
    return this.#transport.exchange('POST', realm, headers, undefined, body)
  }
}

function keyOf(scope: Scope): string {
  return scope.join(' ')
}

/** The token service knows the name or password otherwise, or wants one. */
export class TokenRefused extends SampanError {
  readonly status: number

  constructor(registry: string, status: number, withPassword: boolean) {
    super(`unauthorized: ${registry} refused to issue a token (HTTP ${status})`, {
      hint: withPassword
        ? `the password may be out of date: \`sampan login ${registry}\` asks for a new one`
        : `the image may not exist, or it is private: \`sampan login ${registry}\``,
      kind: 'registry',
    })
    this.status = status
  }
}
