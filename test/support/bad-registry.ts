/**
 * A registry in memory that does what a test tells it to do wrong. It speaks HTTP over bare sockets, so that it can
 * also stop in the middle of a body, dribble bytes, or lie about lengths: what no proper server lets one do.
 */
import { createServer, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { type Compression, nativeArchitecture, sha256 } from './oci-image.ts'

export interface Request {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** How many requests matched the same disturbance before this one. */
  readonly nth: number
}

/** Answers in place of the registry. `proper` is what it would have said. */
export type Disturbance = (request: Request, reply: Reply, proper: Proper) => void | Promise<void>

export interface Proper {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

export interface Reply {
  /** A whole answer; the length header is set unless `headers` has one. */
  send(status: number, headers?: Readonly<Record<string, string>>, body?: Uint8Array | string): void
  /** Bytes as they are. */
  raw(bytes: Uint8Array | string): void
  /** Closes the connection. */
  close(): void
}

export interface MadeImage {
  readonly manifest: string
  readonly config: string
  readonly layers: readonly string[]
  readonly diffIds: readonly string[]
}

export interface ImageParts {
  /** Uncompressed tars, lowest first. */
  readonly layers: readonly Uint8Array[]
  readonly compression?: Compression
  readonly architecture?: string
  readonly variant?: string
  readonly config?: Readonly<Record<string, unknown>>
  /** Instead of those that fit `layers`. */
  readonly diffIds?: readonly string[]
  /** Instead of the one that fits the compression. */
  readonly layerType?: string
  readonly docker?: boolean
  readonly created?: string
}

const oci = 'application/vnd.oci.image'
const docker = 'application/vnd.docker'

export class BadRegistry implements AsyncDisposable {
  readonly host: string
  /** `GET /v2/…`, in order. */
  readonly requests: string[] = []
  readonly #close: () => Promise<void>
  readonly #blobs = new Map<string, Uint8Array>()
  /** Keys `repository:tag` and `repository@sha256:…`. */
  readonly #manifests = new Map<string, { type: string; body: Uint8Array }>()
  readonly #disturbances: { pattern: RegExp; disturb: Disturbance; count: number }[] = []

  private constructor(host: string, close: () => Promise<void>) {
    this.host = host
    this.#close = close
  }

  static async start(tls?: { readonly key: string; readonly cert: string }): Promise<BadRegistry> {
    const sockets = new Set<Socket>()
    const made: { registry?: BadRegistry } = {}
    const onSocket = (socket: Socket) => {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
      socket.on('error', () => socket.destroy())
      if (made.registry !== undefined) serve(socket, made.registry)
    }
    const server = tls === undefined ? createServer(onSocket) : createTlsServer(tls, onSocket)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    if (typeof address !== 'object' || address === null) throw new Error('no address')
    made.registry = new BadRegistry(`127.0.0.1:${address.port}`, async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    })
    return made.registry
  }

  /** From now on, requests whose `METHOD path` matches are answered by `disturb`. The latest one wins. */
  disturb(pattern: RegExp, disturb: Disturbance): void {
    this.#disturbances.unshift({ pattern, disturb, count: 0 })
  }

  /** Back to good behaviour. */
  calm(): void {
    this.#disturbances.length = 0
  }

  /** How often a request matching the pattern came. */
  asked(pattern: RegExp): number {
    return this.requests.filter((request) => pattern.test(request)).length
  }

  blob(bytes: Uint8Array | string): string {
    const body = Buffer.from(bytes as Uint8Array)
    const digest = `sha256:${sha256(body)}`
    this.#blobs.set(digest, body)
    return digest
  }

  manifest(repository: string, tag: string | undefined, type: string, value: unknown): string {
    const body = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
    const digest = `sha256:${sha256(body)}`
    this.#manifests.set(`${repository}@${digest}`, { type, body })
    if (tag !== undefined) this.#manifests.set(`${repository}:${tag}`, { type, body })
    return digest
  }

  image(repository: string, tag: string | undefined, parts: ImageParts): MadeImage {
    const { compression = 'gzip', architecture = nativeArchitecture, variant } = parts
    const pack = {
      none: (tar: Uint8Array) => tar,
      gzip: (tar: Uint8Array) => gzipSync(tar, { level: 1 }),
      zstd: (tar: Uint8Array) => zstdCompressSync(tar),
    }
    const suffix = { none: '', gzip: '+gzip', zstd: '+zstd' }[compression]
    const dockerSuffix = { none: '', gzip: '.gzip', zstd: '.zstd' }[compression]
    const layerType =
      parts.layerType ??
      (parts.docker ? `${docker}.image.rootfs.diff.tar${dockerSuffix}` : `${oci}.layer.v1.tar${suffix}`)
    const diffIds = parts.diffIds ?? parts.layers.map((tar) => `sha256:${sha256(tar)}`)
    const layers = parts.layers.map((tar) => {
      const bytes = pack[compression](tar)
      return { mediaType: layerType, digest: this.blob(bytes), size: bytes.length }
    })
    const config = JSON.stringify({
      created: parts.created ?? '2026-01-02T03:04:05Z',
      architecture,
      ...(variant === undefined ? {} : { variant }),
      os: 'linux',
      config: { Cmd: ['sh'], ...parts.config },
      rootfs: { type: 'layers', diff_ids: diffIds },
    })
    const configType = parts.docker ? `${docker}.container.image.v1+json` : `${oci}.config.v1+json`
    const type = parts.docker ? `${docker}.distribution.manifest.v2+json` : `${oci}.manifest.v1+json`
    const configDigest = this.blob(config)
    const manifest = this.manifest(repository, tag, type, {
      schemaVersion: 2,
      mediaType: type,
      config: { mediaType: configType, digest: configDigest, size: Buffer.byteLength(config) },
      layers,
    })
    return { manifest, config: configDigest, layers: layers.map(({ digest }) => digest), diffIds }
  }

  /** An index of manifests made by `image`, each for a platform `[architecture, variant?]`. */
  index(
    repository: string,
    tag: string,
    entries: readonly { manifest: string; architecture: string; variant?: string }[],
  ): string {
    return this.manifest(repository, tag, `${oci}.index.v1+json`, {
      schemaVersion: 2,
      mediaType: `${oci}.index.v1+json`,
      manifests: entries.map(({ manifest, architecture, variant }) => ({
        mediaType: `${oci}.manifest.v1+json`,
        digest: manifest,
        size: this.#manifests.get(`${repository}@${manifest}`)?.body.length ?? 0,
        platform: { os: 'linux', architecture, ...(variant === undefined ? {} : { variant }) },
      })),
    })
  }

  /** Answers one request on a socket. */
  async answer(request: Omit<Request, 'nth'>, reply: Reply): Promise<void> {
    const line = `${request.method} ${request.path}`
    this.requests.push(line)
    const proper = this.#proper(request)
    const disturbance = this.#disturbances.find(({ pattern }) => pattern.test(line))
    if (disturbance === undefined) return reply.send(proper.status, proper.headers, proper.body)
    disturbance.count += 1
    await disturbance.disturb({ ...request, nth: disturbance.count - 1 }, reply, proper)
  }

  #proper({ method, path, headers }: Omit<Request, 'nth'>): Proper {
    const [, repository = '', kind = '', name = ''] =
      /^\/v2\/(.+)\/(manifests|blobs|tags)\/([^?]+)/.exec(path) ?? []
    if (kind === 'tags') {
      const tags = [...this.#manifests.keys()]
        .filter((key) => key.startsWith(`${repository}:`))
        .map((key) => key.slice(repository.length + 1))
      return tags.length === 0
        ? missing('NAME_UNKNOWN', 'repository name not known to registry')
        : json({ name: repository, tags })
    }
    const manifest = this.#manifests.get(`${repository}${name.includes(':') ? '@' : ':'}${name}`)
    if (kind === 'manifests' && manifest !== undefined) {
      const { type, body } = manifest
      const digest = `sha256:${sha256(body)}`
      const sent = method === 'HEAD' ? new Uint8Array() : body
      return {
        status: 200,
        headers: {
          'content-type': type,
          'docker-content-digest': digest,
          'content-length': String(body.length),
        },
        body: sent,
      }
    }
    const blob = this.#blobs.get(name)
    if (kind === 'blobs' && blob !== undefined) {
      const from = Number(/^bytes=(\d+)-$/.exec(headers['range'] ?? '')?.[1] ?? 0)
      if (from === 0) return { status: 200, headers: {}, body: blob }
      return {
        status: 206,
        headers: { 'content-range': `bytes ${from}-${blob.length - 1}/${blob.length}` },
        body: blob.subarray(from),
      }
    }
    return kind === 'manifests'
      ? missing('MANIFEST_UNKNOWN', 'manifest unknown')
      : missing('BLOB_UNKNOWN', 'blob unknown to registry')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close()
  }
}

function json(value: unknown, status = 200): Proper {
  return { status, headers: { 'content-type': 'application/json' }, body: Buffer.from(JSON.stringify(value)) }
}

function missing(code: string, message: string): Proper {
  return json({ errors: [{ code, message }] }, 404)
}

/** Reads requests without bodies off a socket, one after the other. */
function serve(socket: Socket, registry: BadRegistry): void {
  let text = ''
  let busy = false
  const next = async () => {
    const end = text.indexOf('\r\n\r\n')
    if (busy || end < 0) return
    busy = true
    const [first = '', ...lines] = text.slice(0, end).split('\r\n')
    text = text.slice(end + 4)
    const [method = '', path = ''] = first.split(' ')
    const headers = Object.fromEntries(
      lines.map((line) => [
        line.slice(0, line.indexOf(':')).toLowerCase(),
        line.slice(line.indexOf(':') + 1).trim(),
      ]),
    )
    await registry.answer({ method, path, headers }, replyTo(socket))
    busy = false
    await next()
  }
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1')
    void next()
  })
}

function replyTo(socket: Socket): Reply {
  return {
    send(status, headers = {}, body = '') {
      const all: Record<string, string> = { 'content-length': String(Buffer.byteLength(body)), ...headers }
      const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
      socket.write(`HTTP/1.1 ${status} Whatever\r\n${lines.join('')}\r\n`)
      if (body.length > 0) socket.write(body)
    },
    raw: (bytes) => void socket.write(bytes),
    close: () => socket.destroy(),
  }
}
