/** A registry (OCI distribution specification 1.1): manifests, blobs from any offset, tags. */
import { SampanError } from '../../errors.ts'
import type { Digest } from '../../oci/digest.ts'
import { digestOf, isDigest } from '../../oci/digest.ts'
import { asArray, asObject, asString, parseJson } from '../../oci/json.ts'
import { isSchema1, manifestTypes } from '../../oci/media-types.ts'
import type { Reference } from '../../oci/reference.ts'
import { dockerHub, familiarName } from '../../oci/reference.ts'
import type { Directories } from '../host/directories.ts'
import type { Custom } from './auth-file.ts'
import { type Scope, TokenRefused } from './authentication.ts'
import { Connection, drain } from './connection.ts'
import { type Credentials, credentialsFor } from './credentials.ts'
import { endpointOf, mirrorEndpoint } from './endpoint.ts'
import { refusal } from './failures.ts'
import { readSettings } from './settings.ts'
import type { Answer } from './transport.ts'
import { Upstream } from './upstream.ts'

export interface ServedManifest {
  readonly text: string
  readonly contentType: string | undefined
  /** Of exactly the bytes served. */
  readonly digest: Digest
}

export interface ServedBlob {
  /** Where in the blob the body begins: the offset asked for, or 0 where the registry does not do ranges. */
  readonly start: number
  readonly body: AsyncGenerator<Uint8Array, void, void>
}

const largestManifest = 4 << 20
const largestTagPage = 16 << 20
const mostTagPages = 1000
const defaultIdle = 30_000

/** Said on the command line, for this command only. */
export interface Given {
  readonly credentials?: Credentials
  /** Whether plain HTTP, and HTTPS with anybody, will do; undefined: as configured. */
  readonly insecure?: boolean
  /** A folder like those of certs.d, instead of them. */
  readonly certificates?: string
  /** Whose files with passwords come first. */
  readonly custom?: Custom
  /** What the command is about: podman's files may have a password for a part of a registry. */
  readonly repository?: string
}

export class Registry implements Disposable {
  /** Mirrors first. The one that had the manifest serves the blobs. */
  #connections: readonly Connection[]
  /** What the name itself stands for: mirrors take no pushes. */
  readonly #origin: Connection

  /**
   * @param name as in Reference.registry
   * @param environment HOME, DOCKER_CONFIG, SSL_CERT_FILE, and SAMPAN_REGISTRY_TIMEOUT: seconds without progress
   * after which a connection is given up (30)
   */
  constructor(
    name: string,
    directories: Directories,
    environment: Readonly<Record<string, string | undefined>>,
    given: Given = {},
  ) {
    const settings = readSettings(directories)
    const seconds = Number(environment['SAMPAN_REGISTRY_TIMEOUT'])
    const idle = seconds > 0 ? seconds * 1000 : defaultIdle
    const mirrors = name === dockerHub ? settings.mirrors : []
    this.#origin = new Connection(
      name,
      endpointOf(name, settings, directories, environment, given),
      () => given.credentials ?? credentialsFor(name, environment, given),
      idle,
    )
    this.#connections = [
      ...mirrors.map((url) => {
        const endpoint = mirrorEndpoint(url, directories, environment)
        return new Connection(
          endpoint.base.host,
          endpoint,
          () => credentialsFor(endpoint.base.host, environment, { custom: given.custom ?? 'docker' }),
          idle,
        )
      }),
      this.#origin,
    ]
  }

  /**
   * @param which a tag or a digest of the reference's repository
   * @throws SampanError (registry) with Docker's words for a missing manifest or repository, and when the bytes are
   * not those of the digest asked for
   */
  async manifest(reference: Reference, which: string): Promise<ServedManifest> {
    const answer = await this.#first(reference, (connection) =>
      this.#get(connection, reference, `manifests/${which}`, 'manifest', {
        accept: manifestTypes.join(', '),
      }),
    )
    const bytes = await answer.bytes(largestManifest)
    const digest = digestOf(bytes)
    const contentType = answer.header('content-type')
    const claimed = isDigest(which) ? which : answer.header('docker-content-digest')
    // Schema 1 is signed, its digest leaves the signature out: the parser refuses it with a better sentence.
    if (claimed !== undefined && claimed !== digest && !isSchema1(contentType?.split(';')[0] ?? '')) {
      throw new SampanError(`the manifest of ${familiarName(reference)} is not what its digest says`, {
        hint: `asked for ${claimed}, the registry sent ${digest}: it, or something on the way, changed the image`,
        kind: 'registry',
      })
    }
    return { text: bytes.toString(), contentType, digest }
  }

  /**
   * The digest a tag has now, without fetching the manifest (and, on Docker Hub, without counting as a pull).
   * Undefined where the registry does not say: whoever asks then fetches, and meets the reason if there is one.
   */
  async resolve(reference: Reference, tag: string): Promise<Digest | undefined> {
    const path = `/v2/${reference.repository}/manifests/${tag}`
    const accept = { accept: manifestTypes.join(', ') }
    const answer = await this.#first(reference, (connection) =>
      connection.request('HEAD', path, accept, pullScope(reference)),
    )
    const digest = answer.status === 200 ? answer.header('docker-content-digest') : undefined
    return digest !== undefined && isDigest(digest) ? digest : undefined
  }

  /** Bytes of a blob from `offset` on. The caller checks length and digest. */
  async blob(reference: Reference, digest: Digest, offset = 0): Promise<ServedBlob> {
    const connection = this.#connections[0] as Connection
    const range: Record<string, string> = offset > 0 ? { range: `bytes=${offset}-` } : {}
    const answer = await this.#get(connection, reference, `blobs/${digest}`, 'blob', range)
    const start = answer.status === 206 ? rangeStart(answer.header('content-range')) : 0
    if (start > offset) {
      throw new SampanError(`${reference.registry} sent another part of a blob than was asked for`, {
        kind: 'registry',
      })
    }
    return { start, body: answer.body() }
  }

  /**
   * Whether name and password are good, as far as a registry tells without being asked for anything in particular.
   * @throws SampanError (registry) where there is no registry
   */
  async accepts(): Promise<boolean> {
    try {
      const answer = await this.#origin.request('GET', '/v2/', {}, [])
      await drain(answer)
      if (answer.status === 200) return true
      if (answer.status === 401 || answer.status === 403) return false
      throw new SampanError(`${this.#origin.host} answered HTTP ${answer.status}: it is no registry`, {
        hint: 'check the address; registries answer at /v2/',
        kind: 'registry',
      })
    } catch (error) {
      if (error instanceof TokenRefused && error.status < 500) return false
      throw error
    }
  }

  /** The side of a repository that takes. */
  upstream(reference: Reference): Upstream {
    return new Upstream(this.#origin, reference)
  }

  /** Every tag of the repository, in the registry's order. */
  async tags(reference: Reference): Promise<readonly string[]> {
    const tags: string[] = []
    let page: string | undefined = 'tags/list?n=1000'
    for (let count = 0; page !== undefined && count < mostTagPages; count += 1) {
      const path: string = page
      const answer = await this.#first(reference, (connection) =>
        this.#get(connection, reference, path, 'tags', { accept: 'application/json' }),
      )
      const object = asObject(
        parseJson((await answer.bytes(largestTagPage)).toString(), 'list of tags'),
        'list of tags',
      )
      for (const tag of asArray(object['tags'] ?? [], 'list of tags')) tags.push(asString(tag, 'tag'))
      page = /<[^>]*[?]([^>]*)>\s*;\s*rel="?next"?/.exec(answer.header('link') ?? '')?.[1]
      if (page !== undefined) page = `tags/list?${page}`
    }
    return tags
  }

  /** Asks one connection after the other until one has it; the last one's failure is the person's. */
  async #first(reference: Reference, ask: (connection: Connection) => Promise<Answer>): Promise<Answer> {
    for (const [at, connection] of this.#connections.entries()) {
      try {
        const answer = await ask(connection)
        this.#connections = [connection, ...this.#connections.filter((other) => other !== connection)]
        return answer
      } catch (error) {
        if (at === this.#connections.length - 1) throw error
      }
    }
    throw new SampanError(`no registry is configured for ${familiarName(reference)}`, { kind: 'registry' })
  }

  async #get(
    connection: Connection,
    reference: Reference,
    path: string,
    what: 'manifest' | 'blob' | 'tags',
    headers: Readonly<Record<string, string>>,
  ): Promise<Answer> {
    const full = `/v2/${reference.repository}/${path}`
    const answer = await connection.request('GET', full, headers, pullScope(reference))
    if (answer.status === 200 || answer.status === 206) return answer
    const body = (await answer.bytes(largestManifest)).toString()
    throw refusal(answer.status, body, reference, what)
  }

  [Symbol.dispose](): void {
    for (const connection of this.#connections) connection[Symbol.dispose]()
  }
}

function pullScope({ repository }: Reference): Scope {
  return [`repository:${repository}:pull`]
}

/** `bytes 100-199/200` → 100. */
function rangeStart(header: string | undefined): number {
  const start = /^bytes (\d+)-/.exec(header ?? '')?.[1]
  return start === undefined ? 0 : Number(start)
}
