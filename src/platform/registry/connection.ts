/** Requests to one endpoint: authenticated when it asks, repeated when it stumbles. */
import { SampanError } from '../../errors.ts'
import { Authentication, type Scope } from './authentication.ts'
import type { Credentials } from './credentials.ts'
import type { Endpoint } from './endpoint.ts'
import { speaksPlain, unreachable } from './failures.ts'
import { NotHttp } from './http-message.ts'
import { delayBefore, isBroken, isPassing, mostRetries, pause } from './retry.ts'
import type { Answer, Body, Method } from './transport.ts'
import { Transport } from './transport.ts'

const mostChallenges = 2

export class Connection implements Disposable {
  #base: URL
  #otherwise: URL | undefined
  readonly #transport: Transport
  readonly #authentication: Authentication

  readonly #retries: number

  /**
   * @param idle milliseconds without progress before an exchange is given up
   * @param retries further attempts after the first
   */
  constructor(
    name: string,
    endpoint: Endpoint,
    credentials: () => Credentials | undefined,
    idle: number,
    retries = mostRetries,
  ) {
    this.#retries = retries
    this.#base = endpoint.base
    this.#otherwise = endpoint.otherwise
    this.#transport = new Transport(endpoint.tls, idle, endpoint.proxyOf)
    this.#authentication = new Authentication(name, this.#transport, credentials)
  }

  get host(): string {
    return this.#base.host
  }

  /**
   * Any status that will not pass by itself is returned, 401 included when no credentials help.
   * @param path of this endpoint, or a whole address that it gave out
   * @throws SampanError when no answer came, after several attempts
   */
  async request(
    method: Method,
    path: string | URL,
    headers: Readonly<Record<string, string>>,
    scope: Scope,
    body?: Body,
  ): Promise<Answer> {
    for (let retry = 1; ; retry += 1) {
      try {
        const answer = await this.once(method, path, headers, scope, body)
        if (!isPassing(answer.status) || retry > this.#retries) return answer
        await drain(answer)
        await pause(delayBefore(retry, answer.header('retry-after')))
      } catch (error) {
        if (error instanceof SampanError || !isBroken(error) || retry > this.#retries) {
          throw unreachable(this.#base, error)
        }
        await pause(delayBefore(retry, undefined))
      }
    }
  }

  /** One attempt, for what cannot simply be done again. @throws what the connection throws, see `isBroken` */
  async once(
    method: Method,
    path: string | URL,
    headers: Readonly<Record<string, string>>,
    scope: Scope,
    body?: Body,
  ): Promise<Answer> {
    try {
      return await this.#authorised(method, path, headers, scope, body)
    } catch (error) {
      if (!this.#switchProtocol(error)) throw error
      return await this.#authorised(method, path, headers, scope, body)
    }
  }

  /**
   * The whole address for a `Location` of this endpoint. One that has fallen back to plain HTTP on the same host was
   * written by a registry that does not know of the HTTPS in front of it.
   */
  locate(location: string): URL {
    const url = new URL(location, this.#base)
    if (
      url.protocol === 'http:' &&
      this.#base.protocol === 'https:' &&
      url.hostname === this.#base.hostname
    ) {
      url.protocol = 'https:'
      url.port = this.#base.port
    }
    return url
  }

  async #authorised(
    method: Method,
    path: string | URL,
    headers: Readonly<Record<string, string>>,
    scope: Scope,
    body: Body | undefined,
  ): Promise<Answer> {
    for (let challenges = 0; ; challenges += 1) {
      const url = new URL(path, this.#base)
      // Upload addresses may lie on somebody else's storage, who must not learn the token.
      const own = url.origin === this.#base.origin
      const known = own ? this.#authentication.header(scope) : undefined
      let answer = await this.#transport.exchange(method, url, headers, known, body)
      if (answer.status === 400 && this.#otherwise?.protocol === 'https:') {
        // "Client sent an HTTP request to an HTTPS server": a local registry with a certificate. HEAD has no text.
        const explained =
          method === 'HEAD'
            ? await this.#transport.exchange('GET', new URL('/v2/', this.#base), {}, undefined)
            : answer
        const said = await explained.bytes(1 << 20)
        if (/https/i.test(said.toString())) {
          this.#base = this.#otherwise
          this.#otherwise = undefined
          continue
        }
        answer = { ...answer, bytes: async () => said }
      }
      this.#otherwise = undefined
      const challenge = answer.header('www-authenticate')
      if (answer.status !== 401 || challenge === undefined || !own || challenges === mostChallenges)
        return answer
      if (!(await this.#authentication.learn(challenge, scope, this.#base))) return answer
      await drain(answer)
    }
  }

  /** A first contact that failed in the protocol itself may go better over the other one. */
  #switchProtocol(error: unknown): boolean {
    const other = this.#otherwise
    if (other === undefined || error instanceof SampanError) return false
    if (other.protocol === 'http:' ? !speaksPlain(error) : !(error instanceof NotHttp)) return false
    this.#base = other
    this.#otherwise = undefined
    return true
  }

  [Symbol.dispose](): void {
    this.#transport[Symbol.dispose]()
  }
}

/** Reads a small body to its end, so that the connection can be used again. */
export async function drain(answer: Answer): Promise<void> {
  try {
    await answer.bytes(1 << 20)
  } catch {
    // The status was all we wanted.
  }
}
