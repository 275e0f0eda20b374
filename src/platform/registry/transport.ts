/**
 * One HTTP exchange: connection kept alive, redirects followed, answer as a stream that fails when it stalls. Plain HTTP
 * is plain-http.ts, TLS and proxies node-http.ts. `fetch` moves no more than that and takes 30 ms at first use.
 */
import { SampanError } from '../../errors.ts'
import type { NodeClient } from './node-http.ts'
import { PlainAgent } from './plain-http.ts'
import { Stalled } from './retry.ts'

export interface Tls {
  readonly ca: readonly string[] | undefined
  readonly cert: string | undefined
  readonly key: string | undefined
  /** false for registries that were configured insecure. */
  readonly verify: boolean
}

export interface Answer {
  readonly status: number
  header(name: string): string | undefined
  /** The body. Leaving the loop early closes the connection. Throws Stalled, or the system error of a broken one. */
  body(): AsyncGenerator<Uint8Array, void, void>
  /** The body as bytes. @throws SampanError when it is larger than `limit` */
  bytes(limit: number): Promise<Buffer>
}

/** What a request carries. Opened once for every time it is sent. */
export interface Body {
  /** Bytes. */
  readonly length: number
  open(): Iterable<Uint8Array>
}

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH'

const mostRedirects = 10

/** A window without at least this many bytes counts as stalled: a byte now and then keeps no one waiting for ever. */
const leastProgress = 256

/** One request, as both clients send it. */
export interface Outgoing {
  readonly method: Method
  readonly headers: Readonly<Record<string, string>>
  readonly body: Body | undefined
  /** To be called whenever a part of the body went out. */
  sent(): void
}

/** A request on its way. */
export interface Pending {
  /** Rejects with the system's error of a connection that failed. */
  readonly answer: Promise<Incoming>
  /** Ends it: `answer` rejects with this, unless it is there. */
  abort(error: Error): void
}

/** An answer whose body is still to come. */
export interface Incoming {
  readonly status: number
  header(name: string): string | undefined
  body(): AsyncIterable<Uint8Array>
  /** Nobody wants the body: it is read, so that the connection can be used again. */
  skip(): void
  /** Nobody wants the rest, nor the connection. */
  destroy(error?: Error): void
}

export class Transport implements Disposable {
  readonly #plain = new PlainAgent()
  #node: NodeClient | undefined
  readonly #tls: Tls
  readonly #idle: number
  readonly #proxyOf: (url: URL) => URL | undefined

  /** @param idle milliseconds without progress after which an exchange is given up */
  constructor(tls: Tls, idle: number, proxyOf: (url: URL) => URL | undefined = () => undefined) {
    this.#tls = tls
    this.#idle = idle
    this.#proxyOf = proxyOf
  }

  /**
   * Follows redirects. `authorization` goes to the first origin only: a registry that sends us to somebody's storage
   * must not hand our password over.
   */
  async exchange(
    method: Method,
    url: URL,
    headers: Readonly<Record<string, string>>,
    authorization: string | undefined,
    body?: Body,
  ): Promise<Answer> {
    let target = url
    const redirects = method === 'GET' || method === 'HEAD' ? [301, 302, 303, 307, 308] : [307, 308]
    for (let hop = 0; hop <= mostRedirects; hop += 1) {
      const own = target.origin === url.origin && authorization !== undefined
      const incoming = await this.#send(method, target, own ? { ...headers, authorization } : headers, body)
      const location = incoming.header('location')
      if (!redirects.includes(incoming.status) || location === undefined) return this.#answer(incoming)
      incoming.skip()
      target = follow(target, location)
    }
    throw new SampanError(`${url.host} redirects more than ${mostRedirects} times`, { kind: 'registry' })
  }

  async #send(
    method: Method,
    url: URL,
    headers: Readonly<Record<string, string>>,
    body: Body | undefined,
  ): Promise<Incoming> {
    const carries = method !== 'GET' && method !== 'HEAD'
    const length: Record<string, string> = carries ? { 'content-length': String(body?.length ?? 0) } : {}
    const proxy = this.#proxyOf(url)
    const client = url.protocol === 'http:' && proxy === undefined ? this.#plain : await this.#nodeClient()
    let timer: NodeJS.Timeout | undefined
    const pending = client.send(
      url,
      {
        method,
        headers: { 'user-agent': 'sampan', ...length, ...headers },
        body,
        sent: () => timer?.refresh(),
      },
      proxy,
    )
    timer = setTimeout(() => pending.abort(new Stalled(this.#idle)), this.#idle)
    try {
      return await pending.answer
    } finally {
      clearTimeout(timer)
    }
  }

  async #nodeClient(): Promise<NodeClient> {
    const { NodeClient } = await import('./node-http.ts')
    this.#node ??= new NodeClient(this.#tls)
    return this.#node
  }

  #answer(incoming: Incoming): Answer {
    const idle = this.#idle
    const body = () => watched(incoming, idle)
    return {
      status: incoming.status,
      header: (name) => incoming.header(name),
      body,
      async bytes(limit) {
        const chunks: Uint8Array[] = []
        let size = 0
        for await (const chunk of body()) {
          size += chunk.length
          if (size > limit)
            throw new SampanError(`the registry's answer is larger than ${limit} bytes`, { kind: 'registry' })
          chunks.push(chunk)
        }
        return Buffer.concat(chunks)
      },
    }
  }

  /** Closes idle connections, so that the process can end. */
  [Symbol.dispose](): void {
    this.#plain[Symbol.dispose]()
    this.#node?.[Symbol.dispose]()
  }
}

/** From HTTPS only to HTTPS: whoever sits on the line must not read what the registry meant to protect. */
function follow(from: URL, location: string): URL {
  const target = URL.parse(location, from.href)
  if (target === null || !/^https?:$/.test(target.protocol)) {
    throw new SampanError(`${from.host} redirects to ${JSON.stringify(location)}, which is no web address`, {
      kind: 'registry',
    })
  }
  if (from.protocol === 'https:' && target.protocol === 'http:') {
    throw new SampanError(`${from.host} redirects from HTTPS to plain HTTP at ${target.host}: refused`, {
      kind: 'registry',
    })
  }
  return target
}

async function* watched(incoming: Incoming, idle: number): AsyncGenerator<Uint8Array, void, void> {
  let received = 0
  let waited = 0
  let waitingSince: number | undefined
  let stalled: Stalled | undefined
  let whole = false
  const timer = setInterval(() => {
    const now = performance.now()
    if (waitingSince !== undefined) waited += now - waitingSince
    // Time that our own consumer takes (a full pipe to the unpacker) is not the registry's fault.
    if (waited > idle * 0.9 && received < leastProgress) {
      stalled = new Stalled(idle)
      incoming.destroy(stalled)
    }
    received = 0
    waited = 0
    if (waitingSince !== undefined) waitingSince = now
  }, idle)
  try {
    waitingSince = performance.now()
    for await (const chunk of incoming.body()) {
      waited += performance.now() - waitingSince
      waitingSince = undefined
      received += chunk.length
      yield chunk
      waitingSince = performance.now()
    }
    if (stalled !== undefined) throw stalled
    whole = true
  } catch (error) {
    throw stalled ?? error
  } finally {
    clearInterval(timer)
    // After the last byte the connection goes back to the agent; before it, the rest is not wanted.
    if (!whole) incoming.destroy()
  }
}
