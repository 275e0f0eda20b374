/** The side of a repository that takes: blobs and manifests (OCI distribution specification 1.1, "Push"). */
import { SampanError } from '../../errors.ts'
import { type Digest, isDigest } from '../../oci/digest.ts'
import { manifestTypes } from '../../oci/media-types.ts'
import type { Reference } from '../../oci/reference.ts'
import type { Scope } from './authentication.ts'
import { type Connection, drain } from './connection.ts'
import { unreachable } from './failures.ts'
import { pushRefusal } from './push-failures.ts'
import { delayBefore, isBroken, isPassing, mostRetries, pause } from './retry.ts'
import type { Answer, Body } from './transport.ts'

/** A blob that can be read from any offset. */
export interface Outgoing {
  readonly digest: Digest
  /** Bytes. */
  readonly size: number
  /** Bytes from `start` up to `end`. */
  read(start: number, end: number): Iterable<Uint8Array>
}

export interface Uploaded {
  /** The repository it was taken over from, undefined when it was sent. */
  readonly mountedFrom: string | undefined
}

const largestAnswer = 1 << 20
/** For registries behind something that limits the size of a request. */
const chunkSize = 16 << 20

export interface PutManifest {
  /** What the registry calls it. */
  readonly digest: Digest | undefined
  /** Whether the registry keeps account of what refers to what: it says so for a manifest with a subject. */
  readonly listed: boolean
}

/** Where an upload stands. */
interface Session {
  readonly location: URL
  /** Bytes the registry has confirmed. */
  readonly offset: number
  /** Bytes a chunk must have at least, but for the last one. */
  readonly leastChunk?: number
}

export class Upstream {
  readonly #connection: Connection
  readonly #reference: Reference
  readonly #repository: string
  readonly #scope: Scope

  /** @param repository what the reference's is called there */
  constructor(connection: Connection, reference: Reference, repository: string) {
    this.#connection = connection
    this.#reference = reference
    this.#repository = repository
    this.#scope = [`repository:${repository}:pull,push`]
  }

  /** What a tag means there, where the registry says it. */
  async resolve(tag: string): Promise<Digest | undefined> {
    const accept = { accept: manifestTypes.join(', ') }
    const answer = await this.#connection.request('HEAD', this.#path(`manifests/${tag}`), accept, this.#scope)
    await drain(answer)
    const digest = answer.status === 200 ? answer.header('docker-content-digest') : undefined
    return digest !== undefined && isDigest(digest) ? digest : undefined
  }

  /** Whether the repository has the blob. */
  async has(digest: Digest): Promise<boolean> {
    const answer = await this.#connection.request('HEAD', this.#path(`blobs/${digest}`), {}, this.#scope)
    await drain(answer)
    // A registry that does not answer the question is asked to take the blob: it says what is wrong.
    return answer.status === 200
  }

  /** Takes the blob over from another repository of the same registry. False where that one or the registry does not. */
  async mount(digest: Digest, from: string): Promise<boolean> {
    return (await this.#tryMount(digest, from))?.status === 201
  }

  /**
   * Takes the blob over from a repository of the same registry, or sends it: as a whole, in chunks where the registry
   * refuses so much at once, and from the byte the registry has when the connection breaks.
   * @param from repositories that should have it, the likeliest first
   * @param sent called with the bytes sent so far
   * @throws SampanError (registry)
   */
  async upload(blob: Outgoing, from: readonly string[], sent: (bytes: number) => void): Promise<Uploaded> {
    let session: Session | undefined
    for (const repository of from) {
      const answer = await this.#tryMount(blob.digest, repository)
      if (answer?.status === 201) return { mountedFrom: repository }
      session = answer?.status === 202 ? this.#sessionOf(answer, 0) : session
    }
    await this.#send(blob, session ?? (await this.#begin()), sent)
    return { mountedFrom: undefined }
  }

  /** @throws SampanError (registry) */
  async putManifest(which: string, mediaType: string, text: string): Promise<PutManifest> {
    const headers = { 'content-type': mediaType }
    const path = this.#path(`manifests/${which}`)
    const answer = await this.#connection.request('PUT', path, headers, this.#scope, whole(Buffer.from(text)))
    if (answer.status !== 201 && answer.status !== 200 && answer.status !== 202)
      throw await this.#refusal(answer, 'manifest')
    await drain(answer)
    const digest = answer.header('docker-content-digest')
    const listed = answer.header('oci-subject') !== undefined
    return { digest: digest !== undefined && isDigest(digest) ? digest : undefined, listed }
  }

  /** Mounting is a shortcut: whatever goes wrong with it, the blob can still be sent. */
  async #tryMount(digest: Digest, from: string): Promise<Answer | undefined> {
    const path = this.#path(
      `blobs/uploads/?mount=${encodeURIComponent(digest)}&from=${encodeURIComponent(from)}`,
    )
    try {
      const scope = [...this.#scope, `repository:${from}:pull`]
      const answer = await this.#connection.request('POST', path, {}, scope)
      await drain(answer)
      return answer
    } catch (error) {
      if (error instanceof SampanError && error.kind === 'registry') return undefined
      throw error
    }
  }

  async #begin(): Promise<Session> {
    const answer = await this.#connection.request('POST', this.#path('blobs/uploads/'), {}, this.#scope)
    if (answer.status !== 202) throw await this.#refusal(answer, 'blob')
    await drain(answer)
    return this.#sessionOf(answer, 0)
  }

  async #send(blob: Outgoing, begun: Session, sent: (bytes: number) => void): Promise<void> {
    let session = begun
    let most = Number.POSITIVE_INFINITY
    for (let failures = 0; ; ) {
      try {
        if (session.offset === 0 && blob.size <= most) {
          const answer = await this.#finish(session, blob, 0, sent)
          if (answer.status !== 413) return await this.#finished(answer)
          await drain(answer)
          // A refusal from in front of the registry: it may not even have begun the session's body.
          session = await this.#begin()
          most = Math.max(chunkSize, session.leastChunk ?? 0)
        } else if (session.offset < blob.size) {
          session = await this.#sendChunk(session, blob, Math.min(blob.size, session.offset + most), sent)
          failures = 0
        } else {
          return await this.#finished(await this.#finish(session, blob, blob.size, sent))
        }
      } catch (error) {
        if (error instanceof SampanError || !(error instanceof Passing || isBroken(error))) {
          throw unreachable(session.location, error)
        }
        failures += 1
        if (failures > mostRetries) throw unreachable(session.location, error)
        await pause(delayBefore(failures, error instanceof Passing ? error.retryAfter : undefined))
        session = await this.#resume(session, blob)
        sent(session.offset)
      }
    }
  }

  /** PUT with the digest: the rest of the body, and the end of the session. */
  async #finish(
    session: Session,
    blob: Outgoing,
    start: number,
    sent: (bytes: number) => void,
  ): Promise<Answer> {
    const url = new URL(session.location)
    url.searchParams.set('digest', blob.digest)
    const headers = { 'content-type': 'application/octet-stream' }
    const body = part(blob, start, blob.size, sent)
    const answer = await this.#connection.once('PUT', url, headers, this.#scope, body)
    if (isPassing(answer.status)) throw await Passing.from(answer)
    return answer
  }

  async #finished(answer: Answer): Promise<void> {
    if (answer.status !== 201 && answer.status !== 204) throw await this.#refusal(answer, 'blob')
    await drain(answer)
  }

  async #sendChunk(
    session: Session,
    blob: Outgoing,
    end: number,
    sent: (bytes: number) => void,
  ): Promise<Session> {
    const headers = {
      'content-type': 'application/octet-stream',
      'content-range': `${session.offset}-${end - 1}`,
    }
    const body = part(blob, session.offset, end, sent)
    const answer = await this.#connection.once('PATCH', session.location, headers, this.#scope, body)
    if (isPassing(answer.status) || answer.status === 416) throw await Passing.from(answer)
    if (answer.status !== 202) throw await this.#refusal(answer, 'blob')
    await drain(answer)
    return this.#sessionOf(answer, end)
  }

  /** What the registry has of a session that broke; a new session where it does not know. */
  async #resume(session: Session, blob: Outgoing): Promise<Session> {
    const answer = await this.#connection.request('GET', session.location, {}, this.#scope)
    await drain(answer)
    const range = /^(?:bytes[= ])?0-(\d+)/.exec(answer.header('range') ?? '')?.[1]
    // An empty session says `0-0`, as one of a single byte does.
    const have = range === undefined || range === '0' ? 0 : Number(range) + 1
    if (answer.status !== 204 || have === 0 || have > blob.size) return this.#begin()
    return this.#sessionOf(answer, have, session.location)
  }

  #sessionOf(answer: Answer, offset: number, before?: URL): Session {
    const location = answer.header('location')
    const least = Number(answer.header('oci-chunk-min-length'))
    const limits = least > 0 ? { leastChunk: least } : {}
    if (location !== undefined) return { location: this.#connection.locate(location), offset, ...limits }
    if (before !== undefined) return { location: before, offset }
    throw new SampanError(`registry ${this.#reference.registry} does not say where to upload to`, {
      hint: 'is this address a container registry?',
      kind: 'registry',
    })
  }

  async #refusal(answer: Answer, what: 'blob' | 'manifest'): Promise<SampanError> {
    const body = (await answer.bytes(largestAnswer)).toString()
    return pushRefusal(answer.status, body, this.#reference, what)
  }

  #path(rest: string): string {
    return `/v2/${this.#repository}/${rest}`
  }
}

/** An answer that may be another one after a pause. */
class Passing extends Error {
  readonly retryAfter: string | undefined

  private constructor(status: number, retryAfter: string | undefined) {
    super(`HTTP ${status}`)
    this.name = 'Passing'
    this.retryAfter = retryAfter
  }

  static async from(answer: Answer): Promise<Passing> {
    await drain(answer)
    return new Passing(answer.status, answer.header('retry-after'))
  }
}

function whole(bytes: Uint8Array): Body {
  return { length: bytes.length, open: () => [bytes] }
}

function part(blob: Outgoing, start: number, end: number, sent: (bytes: number) => void): Body {
  return {
    length: end - start,
    *open() {
      let at = start
      for (const chunk of blob.read(start, end)) {
        yield chunk
        // Taken by the connection once the next one is asked for.
        at += chunk.length
        sent(at)
      }
    },
  }
}
