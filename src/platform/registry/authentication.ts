/** Answers a registry's challenge: Basic with the password, Bearer with a token fetched from the realm it names. */
import { SampanError } from '../../errors.ts'
import { asObject, parseJson } from '../../oci/json.ts'
import { parseChallenges } from './challenge.ts'
import type { Credentials } from './credentials.ts'
import type { Transport } from './transport.ts'

/** What a token must allow, in the words of Docker's token service: `repository:team/app:pull,push`. */
export type Scope = readonly string[]

const largestToken = 1 << 20

export class Authentication {
  readonly #registry: string
  readonly #transport: Transport
  readonly #credentials: () => Credentials | undefined
  /** Authorization headers by scope. */
  readonly #known = new Map<string, string>()

  constructor(registry: string, transport: Transport, credentials: () => Credentials | undefined) {
    this.#registry = registry
    this.#transport = transport
    this.#credentials = credentials
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

  #basic(): string | undefined {
    const found = this.#credentials()
    if (found === undefined) return undefined
    return `Basic ${Buffer.from(`${found.username}:${found.password}`).toString('base64')}`
  }

  /** Docker registry v2 token authentication: GET realm?service=…&scope=repository:NAME:pull. */
  async #bearer(parameters: Readonly<Record<string, string>>, scope: Scope, from: URL): Promise<string> {
    const realm = URL.parse(parameters['realm'] ?? '')
    if (realm === null || !/^https?:$/.test(realm.protocol)) {
      throw new SampanError(`registry ${this.#registry} names no usable token service`, { kind: 'registry' })
    }
    const basic = this.#basic()
    if (basic !== undefined && realm.protocol === 'http:' && from.protocol === 'https:') {
      throw new SampanError(
        `registry ${this.#registry} wants its password sent unencrypted to ${realm.host}: refused`,
        {
          kind: 'registry',
        },
      )
    }
    if (parameters['service'] !== undefined) realm.searchParams.set('service', parameters['service'])
    for (const one of scope) realm.searchParams.append('scope', one)
    const answer = await this.#transport.exchange('GET', realm, { accept: 'application/json' }, basic)
    const text = (await answer.bytes(largestToken)).toString()
    if (answer.status !== 200) throw refused(this.#registry, answer.status, basic !== undefined)
    const object = asObject(parseJson(text, `token of ${realm.host}`), `token of ${realm.host}`)
    const token = object['token'] ?? object['access_token']
    if (typeof token === 'string' && /^[\x21-\x7e]+$/.test(token)) return `Bearer ${token}`
    throw new SampanError(`the token service ${realm.host} gave no token`, { kind: 'registry' })
  }
}

function keyOf(scope: Scope): string {
  return scope.join(' ')
}

function refused(registry: string, status: number, withPassword: boolean): SampanError {
  return new SampanError(`unauthorized: ${registry} refused to issue a token (HTTP ${status})`, {
    hint: withPassword
      ? 'the password in ~/.docker/config.json may be out of date'
      : 'the image may not exist, or it is private and ~/.docker/config.json has no password for it',
    kind: 'registry',
  })
}
