/** Exchanges through node:http and node:https: with TLS, or through a proxy. Loaded when one is needed: it takes 10 ms. */
import * as http from 'node:http'
import * as https from 'node:https'
import { proxyAuthorization, proxyFailure } from './proxy.ts'
import type { Body, Incoming, Outgoing, Pending, Tls } from './transport.ts'
import { TunnelAgent } from './tunnel.ts'

type TlsOptions = Pick<https.RequestOptions, 'ca' | 'cert' | 'key' | 'rejectUnauthorized'>

interface Way {
  readonly open: (options: https.RequestOptions) => http.ClientRequest
  readonly options: https.RequestOptions & { readonly headers: Readonly<Record<string, string>> }
}

export class NodeClient implements Disposable {
  readonly #agents: { readonly http: http.Agent; readonly https: https.Agent }
  /** By the proxy's address. */
  readonly #tunnels = new Map<string, TunnelAgent>()
  readonly #tls: TlsOptions

  constructor({ ca, cert, key, verify }: Tls) {
    this.#tls = {
      rejectUnauthorized: verify,
      ...(ca === undefined ? {} : { ca: [...ca] }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    }
    this.#agents = {
      http: new http.Agent({ keepAlive: true }),
      https: new https.Agent({ keepAlive: true, ...this.#tls }),
    }
  }

  send(url: URL, { method, headers, body, sent }: Outgoing, proxy: URL | undefined): Pending {
    const { open, options } = this.#way(url, proxy)
    const request = open({ ...options, method, headers: { ...headers, ...options.headers } })
    let settled = false
    const { promise: answer, resolve, reject } = Promise.withResolvers<Incoming>()
    // A request without a connection yet, behind a proxy that takes its time, says nothing of its end.
    const abort = (error: Error) => {
      settled = true
      reject(error)
      request.destroy(error)
    }
    const why = (error: unknown) => (proxy === undefined ? error : proxyFailure(proxy, error))
    request.on('error', (error) => {
      settled = true
      reject(why(error))
    })
    request.once('response', (incoming) => {
      settled = true
      // An answer before the end of the body refuses it: what is left is not sent, and the connection is of no use.
      if (!request.writableEnded) incoming.once('close', () => request.destroy())
      resolve(incomingFrom(incoming))
    })
    if (body === undefined) request.end()
    else writeBody(request, body, sent, () => settled).catch(abort)
    return { answer, abort }
  }

  /** How the address is reached: straight, through a tunnel, or by asking the proxy for the whole address. */
  #way(url: URL, proxy: URL | undefined): Way {
    if (url.protocol === 'https:') {
      const agent = proxy === undefined ? this.#agents.https : this.#tunnel(proxy)
      return { open: (options) => https.request(url, options), options: { agent, headers: {} } }
    }
    if (proxy === undefined) {
      const options = { agent: this.#agents.http, headers: {} }
      return { open: (more) => http.request(url, more), options }
    }
    const headers = { host: url.host, ...proxyAuthorization(proxy) }
    const secure = proxy.protocol === 'https:'
    return {
      open: (options) => (secure ? https : http).request(new URL(proxy.origin), options),
      options: {
        path: url.href,
        headers,
        agent: secure ? this.#agents.https : this.#agents.http,
      },
    }
  }

  #tunnel(proxy: URL): TunnelAgent {
    const known = this.#tunnels.get(proxy.href)
    if (known !== undefined) return known
    const made = new TunnelAgent(proxy, this.#tls)
    this.#tunnels.set(proxy.href, made)
    return made
  }

  [Symbol.dispose](): void {
    this.#agents.http.destroy()
    this.#agents.https.destroy()
    for (const tunnel of this.#tunnels.values()) tunnel.destroy()
  }
}

function incomingFrom(message: http.IncomingMessage): Incoming {
  return {
    status: message.statusCode ?? 0,
    header(name) {
      const value = message.headers[name]
      return Array.isArray(value) ? value.join(', ') : value
    },
    body: () => message as AsyncIterable<Uint8Array>,
    skip: () => message.resume(),
    destroy: (error) => message.destroy(error),
  }
}

/** As fast as the connection takes it, and no further than the answer. */
async function writeBody(
  request: http.ClientRequest,
  body: Body,
  sent: () => void,
  settled: () => boolean,
): Promise<void> {
  let left = body.length
  for (const chunk of body.open()) {
    if (settled()) return
    left -= chunk.length
    if (left <= 0) {
      // With the last bytes: the answer to them must not find the request unfinished.
      request.end(chunk)
      return
    }
    if (!request.write(chunk)) {
      await new Promise<void>((resolve) => {
        const go = () => {
          request.off('drain', go).off('close', go).off('response', go)
          resolve()
        }
        request.on('drain', go).on('close', go).on('response', go)
      })
    }
    sent()
  }
  if (!settled()) request.end()
}
