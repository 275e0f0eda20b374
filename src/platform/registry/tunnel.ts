/** HTTPS through a proxy. */
import * as https from 'node:https'
import { connect, isIP, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import { failed, proxyAuthorization, proxyFailure } from './proxy.ts'

/** HTTPS through a proxy: CONNECT (RFC 9110 section 9.3.6), and TLS with the registry inside that. */
export class TunnelAgent extends https.Agent {
  readonly #proxy: URL
  readonly #tls: ConnectionOptions

  constructor(proxy: URL, tls: ConnectionOptions) {
    super({ keepAlive: true })
    this.#proxy = proxy
    this.#tls = tls
  }

  override createConnection(
    options: { host?: string | null; port?: string | number | null },
    done?: (error: Error | null, socket: Socket) => void,
  ): Socket {
    const host = options.host ?? ''
    const port = String(options.port ?? 443)
    const tunnel = this.#connect()
    const fail = (error: Error) => done?.(error, tunnel)
    tunnel.once('error', (error) => fail(proxyFailure(this.#proxy, error) as Error))
    const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`
    const headers = { host: authority, ...proxyAuthorization(this.#proxy) }
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    tunnel.write(`CONNECT ${authority} HTTP/1.1\r\n${lines.join('')}\r\n`)
    readHead(tunnel, (head) => {
      const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1])
      if (!(status >= 200 && status < 300)) {
        tunnel.destroy()
        fail(
          failed(
            this.#proxy,
            status === 407 ? 'wants a name and password' : `answered HTTP ${status || '?'}`,
          ),
        )
        return
      }
      const name = isIP(host) === 0 ? { servername: host } : {}
      const inside = connectTls({ ...this.#tls, ...name, host, socket: tunnel })
      // Whatever ends the one ends the other: a tunnel left open would keep this process alive.
      inside.once('close', () => tunnel.destroy())
      inside.once('error', (error) => {
        tunnel.destroy()
        fail(error)
      })
      inside.once('secureConnect', () => {
        done?.(null, inside)
      })
    })
    // The connection is handed over when TLS is up.
    return undefined as unknown as Socket
  }

  #connect(): Socket {
    const { hostname, port, protocol } = this.#proxy
    const host = hostname.replace(/^\[|\]$/g, '')
    return protocol === 'https:'
      ? connectTls({ host, port: Number(port || 443), ...(isIP(host) === 0 ? { servername: host } : {}) })
      : connect(Number(port || 80), host)
  }
}

const longestHead = 16 << 10

/** What comes up to the empty line; the proxy says nothing more until we do. */
function readHead(socket: Socket, done: (head: string) => void): void {
  let text = ''
  const take = (chunk: Buffer) => {
    text += chunk.toString('latin1')
    if (!text.includes('\r\n\r\n') && text.length < longestHead) return
    socket.off('data', take)
    done(text)
  }
  socket.on('data', take)
  socket.once('end', () => {
    if (!text.includes('\r\n\r\n')) done(text)
  })
}
