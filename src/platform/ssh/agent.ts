/**
 * Sockets that speak as ssh-agent(1) does (draft-ietf-sshm-ssh-agent): one of our own with keys from files, and one in
 * front of another agent for programs that this one would not talk to. They live as long as this process has them open.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { dirname } from 'node:path'
import type { SshKey } from './keys.ts'
import { WireReader, wireNumber, wireString } from './wire.ts'

export interface AgentSocket extends Disposable {
  readonly path: string
}

/** Lists the keys and signs with them, and does nothing else. @param path in a folder of its own, which goes with it */
export async function serveKeys(path: string, keys: readonly SshKey[]): Promise<AgentSocket> {
  return await listen(path, (client) => {
    let pending = Buffer.alloc(0)
    client.on('data', (chunk) => {
      pending = Buffer.concat([pending, Buffer.from(chunk)])
      while (pending.length >= 4) {
        const length = pending.readUInt32BE()
        if (length > longestMessage) return void client.destroy()
        if (pending.length < 4 + length) return
        client.write(wireString(answer(pending.subarray(4, 4 + length), keys)))
        pending = pending.subarray(4 + length)
      }
    })
  })
}

/** Carries everything to the agent at `upstream`, which sees us as its client. */
export async function forwardAgent(path: string, upstream: string): Promise<AgentSocket> {
  return await listen(path, (client) => {
    const agent = connect(upstream)
    agent.on('error', () => client.destroy())
    client.on('close', () => agent.destroy())
    client.pipe(agent).pipe(client)
  })
}

/** OpenSSH's own limit. */
const longestMessage = 256 * 1024

const identitiesAnswer = 12
const signResponse = 14
const failure = Buffer.from([5])

/** @param message without its length */
export function answer(message: Uint8Array, keys: readonly SshKey[]): Buffer {
  try {
    const reader = new WireReader(message)
    switch (reader.byte()) {
      case 11: {
        const list = keys.flatMap(({ blob, comment }) => [wireString(blob), wireString(comment)])
        return Buffer.concat([Buffer.from([identitiesAnswer]), wireNumber(keys.length), ...list])
      }
      case 13: {
        const [blob, data, flags] = [reader.string(), reader.string(), reader.number()]
        const key = keys.find((one) => one.blob.equals(blob))
        if (key === undefined) return failure
        return Buffer.concat([Buffer.from([signResponse]), wireString(key.sign(data, flags))])
      }
      default:
        return failure
    }
  } catch {
    return failure
  }
}

async function listen(path: string, serve: (client: Socket) => void): Promise<AgentSocket> {
  const folder = dirname(path)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const clients = new Set<Socket>()
  const server = createServer((client) => {
    clients.add(client)
    client.on('error', () => client.destroy()).on('close', () => clients.delete(client))
    serve(client)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
  return {
    path,
    [Symbol.dispose]() {
      for (const client of clients) client.destroy()
      server.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
