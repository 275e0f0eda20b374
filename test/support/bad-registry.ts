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
  readonly body: Uint8Array
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
  /** Connections taken so far. */
  connections = 0
  /** `GET /v2/…`, in order. */
  readonly requests: string[] = []
  readonly #close: () => Promise<void>
  readonly #blobs = new Map<string, Uint8Array>()
  /** Keys `repository:tag` and `repository@sha256:…`. */
  readonly #manifests = new Map<string, { type: string; body: Uint8Array }>()
  readonly #disturbances: { pattern: RegExp; disturb: Disturbance; count: number }[] = []

  /** Uploads under way, by their last path component. */
  readonly #uploads = new Map<string, Uint8Array>()
  readonly #cuts: { pattern: RegExp; after: number }[] = []

  private constructor(host: string, close: () => Promise<void>) {
    this.host = host
    this.#close = close
  }

  /** @param tls `ca`: clients must have a certificate of this authority */
  static async start(tls?: {
    readonly key: string
    readonly cert: string
    readonly ca?: string
  }): Promise<BadRegistry> {
    const sockets = new Set<Socket>()
    const made: { registry?: BadRegistry } = {}
    const onSocket = (socket: Socket) => {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
      socket.on('error', () => socket.destroy())
      if (made.registry === undefined) return
      made.registry.connections += 1
      serve(socket, made.registry)
    }
    const asking = tls?.ca === undefined ? {} : { requestCert: true, rejectUnauthorized: true }
    const server =
      tls === undefined ? createServer(onSocket) : createTlsServer({ ...tls, ...asking }, onSocket)
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

  /** The next request with a body that matches is cut off after so many bytes of it, and those are kept. */
  cutUpload(pattern: RegExp, after: number): void {
    this.#cuts.push({ pattern, after })
  }

  /** Back to good behaviour. */
  calm(): void {
    this.#disturbances.length = 0
    this.#cuts.length = 0
  }

  /** Bytes it has of a blob, as pushed. */
  has(digest: string): Uint8Array | undefined {
    return this.#blobs.get(digest)
  }

  /** Where to cut a request, if anywhere; asked once for each. */
  takeCut(line: string): number | undefined {
    const at = this.#cuts.findIndex(({ pattern }) => pattern.test(line))
    return at < 0 ? undefined : this.#cuts.splice(at, 1)[0]?.after
  }

  /** Keeps what came of a request that was cut off. */
  keepPart(line: string, body: Uint8Array): void {
    this.requests.push(line)
    const id = /uploads\/(\w+)/.exec(line)?.[1]
    if (id !== undefined)
      this.#uploads.set(
        id,
        Buffer.concat([this.#uploads.get(id) ?? '', body].map((part) => Buffer.from(part))),
      )
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
    // Asked for only when it is said: a push that is refused leaves nothing behind.
    let said: Proper | undefined
    const once = () => {
      said ??= this.#proper(request)
      return said
    }
    const proper: Proper = {
      get status() {
        return once().status
      },
      get headers() {
        return once().headers
      },
      get body() {
        return once().body
      },
    }
    const disturbance = this.#disturbances.find(({ pattern }) => pattern.test(line))
    if (disturbance === undefined) {
      if (request.method !== 'HEAD') return reply.send(proper.status, proper.headers, proper.body)
      return reply.send(proper.status, { 'content-length': String(proper.body.length), ...proper.headers })
    }
    disturbance.count += 1
    await disturbance.disturb({ ...request, nth: disturbance.count - 1 }, reply, proper)
  }

  #proper(request: Omit<Request, 'nth'>): Proper {
    const { method, path, headers } = request
    const [, uploadTo, id = ''] = /^\/v2\/(.+)\/blobs\/uploads\/(\w*)/.exec(path) ?? []
    if (uploadTo !== undefined) return this.#upload(request, uploadTo, id)
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
    if (kind === 'manifests' && method === 'PUT') {
      const type = headers['content-type'] ?? ''
      const digest = this.manifest(
        repository,
        name.includes(':') ? undefined : name,
        type,
        Buffer.from(request.body).toString(),
      )
      return { status: 201, headers: { 'docker-content-digest': digest }, body: new Uint8Array() }
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

  #upload({ method, path, headers, body }: Omit<Request, 'nth'>, repository: string, id: string): Proper {
    const answer = (status: number, session: string): Proper => {
      const length = this.#uploads.get(session)?.length ?? 0
      return {
        status,
        headers: {
          location: `/v2/${repository}/blobs/uploads/${session}`,
          range: `0-${Math.max(0, length - 1)}`,
        },
        body: new Uint8Array(),
      }
    }
    if (method === 'POST') {
      const session = `s${this.#uploads.size}`
      this.#uploads.set(session, new Uint8Array())
      return answer(202, session)
    }
    const before = this.#uploads.get(id)
    if (before === undefined) return missing('BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry')
    if (method === 'GET') return answer(204, id)
    const start = /^(\d+)-/.exec(headers['content-range'] ?? '')?.[1]
    if (start !== undefined && Number(start) !== before.length) return answer(416, id)
    const all = Buffer.concat([before, body])
    this.#uploads.set(id, all)
    if (method === 'PATCH') return answer(202, id)
    const digest = decodeURIComponent(/[?&]digest=([^&]+)/.exec(path)?.[1] ?? '')
    if (this.blob(all) === digest) return { status: 201, headers: {}, body: new Uint8Array() }
    return json({ errors: [{ code: 'DIGEST_INVALID', message: 'provided digest did not match' }] }, 400)
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

/** Reads requests off a socket, one after the other. */
function serve(socket: Socket, registry: BadRegistry): void {
  let waiting: Buffer[] = []
  let busy = false
  let head: (Omit<Request, 'nth' | 'body'> & { length: number; cut: number | undefined }) | undefined
  const take = (size: number) => {
    const all = Buffer.concat(waiting)
    waiting = [all.subarray(size)]
    return all.subarray(0, size)
  }
  const next = async () => {
    if (busy) return
    if (head === undefined) {
      const text = Buffer.concat(waiting).toString('latin1')
      const end = text.indexOf('\r\n\r\n')
      if (end < 0) return
      take(end + 4)
      const { method, path, headers } = parseHead(text.slice(0, end))
      const length = Number(headers['content-length'] ?? 0)
      head = {
        method,
        path,
        headers,
        length,
        cut: length > 0 ? registry.takeCut(`${method} ${path}`) : undefined,
      }
    }
    const { method, path, headers, length, cut } = head
    const have = waiting.reduce((sum, part) => sum + part.length, 0)
    if (cut !== undefined && have >= cut) {
      registry.keepPart(`${method} ${path}`, take(cut))
      socket.destroy()
      return
    }
    if (have < length) return
    busy = true
    head = undefined
    await registry.answer({ method, path, headers, body: take(length) }, replyTo(socket))
    busy = false
    await next()
  }
  socket.on('data', (chunk: Buffer) => {
    waiting.push(chunk)
    void next()
  })
}

function parseHead(text: string) {
  const [first = '', ...lines] = text.split('\r\n')
  const [method = '', path = ''] = first.split(' ')
  const headers = Object.fromEntries(
    lines.map((line) => [
      line.slice(0, line.indexOf(':')).toLowerCase(),
      line.slice(line.indexOf(':') + 1).trim(),
    ]),
  )
  return { method, path, headers }
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
