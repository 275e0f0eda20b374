/** A registry (OCI distribution specification 1.1): manifests, blobs from any offset, tags. */

import { SampanError } from '../../errors.ts'
import type { Digest } from '../../oci/digest.ts'
import { isDigest } from '../../oci/digest.ts'
import { asArray, asObject, asString, parseJson } from '../../oci/json.ts'
import { type Descriptor, parseManifest } from '../../oci/manifest.ts'
import { isSchema1, manifestTypes, mediaType } from '../../oci/media-types.ts'
import type { Reference } from '../../oci/reference.ts'
import { familiarName } from '../../oci/reference.ts'
import type { Directories } from '../host/directories.ts'
import { digestOf } from '../host/sha256.ts'
import { type Scope, TokenRefused } from './authentication.ts'
import { drain } from './connection.ts'
import { refusal, unreachable } from './failures.ts'
import { delayBefore, mostRetries, pause } from './retry.ts'
import { type Found, findRepositories } from './search.ts'
import { type Given, openSources, type Source } from './sources.ts'
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
const mostReferrerPages = 10

export class Registry implements Disposable {
  /** Mirrors first. The one that had the manifest serves the blobs. */
  #sources: readonly Source[]
  /** What the name itself stands for: mirrors take no pushes. */
  readonly #origin: Source
  /** How often a blob was asked for: from a mirror that keeps breaking off, the rest is fetched elsewhere. */
  readonly #asked = new Map<Digest, number>()

  /**
   * @param name as in Reference.registry
   * @param environment HOME, DOCKER_CONFIG, SSL_CERT_FILE and others, see docs/configuration.md
   */
  constructor(
    name: string,
    directories: Directories,
    environment: Readonly<Record<string, string | undefined>>,
    given: Given = {},
  ) {
    const { mirrors, origin } = openSources(name, directories, environment, given)
    this.#origin = origin
    this.#sources = [...mirrors, origin]
  }

  /**
   * @param which a tag or a digest of the reference's repository
   * @throws SampanError (registry) with Docker's words for a missing manifest or repository, and when the bytes are
   * not those of the digest asked for
   */
  async manifest(reference: Reference, which: string): Promise<ServedManifest> {
    const answer = await this.#first(reference, which, (source) =>
      this.#get(source, reference, `manifests/${which}`, 'manifest', {
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
    const accept = { accept: manifestTypes.join(', ') }
    for (const { connection, rename, pull } of this.#sources) {
      if (pull === 'digest-only') continue
      const repository = rename(reference.repository)
      const path = `/v2/${repository}/manifests/${tag}`
      try {
        const answer = await connection.request('HEAD', path, accept, pullScope(repository))
        const digest = answer.status === 200 ? answer.header('docker-content-digest') : undefined
        if (digest !== undefined && isDigest(digest)) return digest
      } catch (error) {
        if (connection === this.#origin.connection) throw error
      }
    }
    return undefined
  }

  /** Bytes of a blob from `offset` on. The caller checks length and digest. */
  async blob(reference: Reference, digest: Digest, offset = 0): Promise<ServedBlob> {
    const range: Record<string, string> = offset > 0 ? { range: `bytes=${offset}-` } : {}
    const asked = this.#asked.get(digest) ?? 0
    this.#asked.set(digest, asked + 1)
    const at = Math.min(Math.floor(asked / 2), this.#sources.length - 1)
    const sources = [...this.#sources.slice(at), ...this.#sources.slice(0, at)]
    const answer = await firstOf(sources, (source) =>
      this.#get(source, reference, `blobs/${digest}`, 'blob', range),
    )
    const start = answer.status === 206 ? rangeStart(answer.header('content-range')) : 0
    if (start > offset) {
      throw new SampanError(`${reference.registry} sent another part of a blob than was asked for`, {
        kind: 'registry',
      })
    }
    return { start, body: answer.body() }
  }

  /**
   * What refers to this digest: by the referrers API, or where a registry has none by the tag that stands in for it.
   * Empty where it has neither, or does not answer.
   */
  async referrers(reference: Reference, digest: Digest): Promise<readonly Descriptor[]> {
    const [source = this.#origin] = this.#sources
    const fallback = `manifests/${digest.replace(':', '-')}`
    const repository = source.rename(reference.repository)
    const found: Descriptor[] = []
    try {
      for (const first of [`referrers/${digest}`, fallback]) {
        let page: string | undefined = first
        for (let count = 0; page !== undefined && count < mostReferrerPages; count += 1) {
          const full: string = `/v2/${repository}/${page}`
          const accept = { accept: mediaType.ociIndex }
          const answer = await source.connection.once('GET', full, accept, pullScope(repository))
          const text = (await answer.bytes(largestManifest)).toString()
          if (answer.status !== 200) break
          const index = parseManifest(text, mediaType.ociIndex, 'list of referrers')
          if (index.kind === 'index') found.push(...index.manifests)
          page = nextPage(answer, first)
          if (page === undefined) return found
        }
      }
    } catch {
      // Extras: an image without them is whole.
    }
    return found
  }

  /**
   * Whether name and password are good, as far as a registry tells without being asked for anything in particular.
   * @throws SampanError (registry) where there is no registry
   */
  async accepts(): Promise<boolean> {
    try {
      const answer = await this.#origin.connection.request('GET', '/v2/', {}, [])
      await drain(answer)
      if (answer.status === 200) return true
      if (answer.status === 401 || answer.status === 403) return false
      throw new SampanError(
        `${this.#origin.connection.host} answered HTTP ${answer.status}: it is no registry`,
        {
          hint: 'check the address; registries answer at /v2/',
          kind: 'registry',
        },
      )
    } catch (error) {
      if (error instanceof TokenRefused && error.status < 500) return false
      throw error
    }
  }

  /** Repositories with a word in their names, see `findRepositories`. */
  search(term: string, limit: number): Promise<readonly Found[]> {
    return findRepositories(this.#origin.connection, term, limit)
  }

  /** The side of a repository that takes. */
  upstream(reference: Reference): Upstream {
    return new Upstream(this.#origin.connection, reference, this.#origin.rename(reference.repository))
  }

  /** Every tag of the repository, in the registry's order. */
  async tags(reference: Reference): Promise<readonly string[]> {
    const tags: string[] = []
    let page: string | undefined = 'tags/list?n=1000'
    for (let count = 0; page !== undefined && count < mostTagPages; count += 1) {
      const path: string = page
      const answer = await firstOf([...this.#sources].reverse(), (source) =>
        this.#get(source, reference, path, 'tags', { accept: 'application/json' }),
      )
      const object = asObject(
        parseJson((await answer.bytes(largestTagPage)).toString(), 'list of tags'),
        'list of tags',
      )
      for (const tag of asArray(object['tags'] ?? [], 'list of tags')) tags.push(asString(tag, 'tag'))
      page = nextPage(answer, 'tags/list')
    }
    return tags
  }

  /** The first source that has it; from now on it is asked first. */
  async #first(
    reference: Reference,
    which: string,
    ask: (source: Source) => Promise<Answer>,
  ): Promise<Answer> {
    const wanted = isDigest(which) ? 'digest-only' : 'tag-only'
    const able = this.#sources.filter(({ pull }) => pull === 'all' || pull === wanted)
    if (able.length === 0) {
      throw new SampanError(`no registry is configured for ${familiarName(reference)}`, { kind: 'registry' })
    }
    return await firstOf(able, async (source) => {
      const answer = await ask(source)
      this.#sources = [source, ...this.#sources.filter((other) => other !== source)]
      return answer
    })
  }

  async #get(
    { connection, rename }: Source,
    reference: Reference,
    path: string,
    what: 'manifest' | 'blob' | 'tags',
    headers: Readonly<Record<string, string>>,
  ): Promise<Answer> {
    const repository = rename(reference.repository)
    const full = `/v2/${repository}/${path}`
    for (let failures = 1; ; failures += 1) {
      const answer = await connection.request('GET', full, headers, pullScope(repository))
      if (answer.status !== 200 && answer.status !== 206) {
        const body = (await answer.bytes(largestManifest)).toString()
        throw refusal(answer.status, body, reference, what)
      }
      if (what === 'blob') return answer
      try {
        // All of it now, so that a connection that breaks in the middle is an attempt that failed.
        const whole = await answer.bytes(what === 'tags' ? largestTagPage : largestManifest)
        return { ...answer, bytes: async () => whole }
      } catch (error) {
        if (error instanceof SampanError || failures > mostRetries)
          throw unreachable(new URL(full, `https://${connection.host}`), error)
        await pause(delayBefore(failures, undefined))
      }
    }
  }

  [Symbol.dispose](): void {
    for (const { connection } of this.#sources) connection[Symbol.dispose]()
  }
}

/** Asks one source after the other until one has it; the last one's failure is the person's. */
async function firstOf(
  sources: readonly Source[],
  ask: (source: Source) => Promise<Answer>,
): Promise<Answer> {
  for (const [at, source] of sources.entries()) {
    try {
      return await ask(source)
    } catch (error) {
      if (at === sources.length - 1) throw error
    }
  }
  throw new SampanError('no registry is configured', { kind: 'registry' })
}

/** Where the next page of `path` is, as the answer says. */
function nextPage(answer: Answer, path: string): string | undefined {
  const query = /<[^>]*[?]([^>]*)>\s*;\s*rel="?next"?/.exec(answer.header('link') ?? '')?.[1]
  return query === undefined ? undefined : `${path}?${query}`
}

function pullScope(repository: string): Scope {
  return [`repository:${repository}:pull`]
}

/** `bytes 100-199/200` → 100. */
function rangeStart(header: string | undefined): number {
  const start = /^bytes (\d+)-/.exec(header ?? '')?.[1]
  return start === undefined ? 0 : Number(start)
}
