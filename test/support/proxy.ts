/** An HTTP proxy that finds any host where a test says: for registries by names that nobody resolves. */
import { connect, createServer, type Socket } from 'node:net'

export interface TestProxy extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly host: string
  /** Request lines and what clients say of themselves to it. */
  readonly seen: readonly string[]
}

/** @param targets `127.0.0.1:PORT` of who answers whole addresses, and who is at the end of tunnels */
export async function startProxy(targets: {
  readonly plain: string
  readonly secure: string
}): Promise<TestProxy> {
  const seen: string[] = []
  const sockets = new Set<Socket>()
  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    return socket
  }
  const server = createServer((client) => {
    keep(client).on('error', () => client.destroy())
    client.once('data', (first) => {
      const head = first.toString('latin1')
      seen.push(...head.split('\r\n').filter((line) => /^(CONNECT|GET|HEAD|proxy-auth)/i.test(line)))
      const tunnel = head.startsWith('CONNECT')
      const [address = '', port] = (tunnel ? targets.secure : targets.plain).split(':')
      const target: Socket = connect(Number(port), address, () => {
        if (tunnel) client.write('HTTP/1.1 200 Connected\r\n\r\n')
        else target.write(withoutHost(head))
        client.on('data', (chunk) => target.write(withoutHost(chunk.toString('latin1')), 'latin1'))
        target.pipe(client)
      })
      keep(target).on('error', () => client.destroy())
      client.on('close', () => target.destroy())
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    host: `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    seen,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

/** `GET http://HOST/PATH` → `GET /PATH`. */
function withoutHost(bytes: string): string {
  return bytes.replace(/^(\w+) http:\/\/[^/]+/, '$1 ')
}
