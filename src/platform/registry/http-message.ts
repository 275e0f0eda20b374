/** Reads the answers of one HTTP/1.1 connection (RFC 9112): heads, bodies, and where one ends. Pure. */

/** What came is no HTTP, or breaks its rules so that nobody can tell where the body ends. */
export class NotHttp extends Error {
  override readonly name = 'NotHttp'
}

export interface Head {
  readonly status: number
  /** By lower-case name; of several with one name all, with commas between. */
  readonly headers: ReadonlyMap<string, string>
}

/** What is told of each answer, in this order: head, chunks of the body, end. */
export interface AnswerSink {
  head(head: Head): void
  /** The sink owns the chunk. */
  data(chunk: Buffer): void
  /** @param reusable whether the connection takes another request */
  end(reusable: boolean): void
}

type State = 'idle' | 'head' | 'body' | 'until-close' | 'size' | 'chunk' | 'chunk-end' | 'trailers'

/** More than any registry says before the body; without a limit a server could fill the memory. */
const longestHead = 64 << 10
const longestLine = 1 << 10

export class AnswerReader {
  readonly #sink: AnswerSink
  #state: State = 'idle'
  /** Of a head or a line that has not ended yet. */
  #text = ''
  /** Bytes of the body, or of this chunk of it. */
  #left = 0
  #bodiless = false
  #reusable = false

  constructor(sink: AnswerSink) {
    this.#sink = sink
  }

  /** A request was sent: what comes next answers it. */
  expect(method: string): void {
    this.#state = 'head'
    this.#text = ''
    this.#bodiless = method === 'HEAD'
  }

  /** @throws NotHttp */
  write(given: Buffer): void {
    for (let bytes = given; bytes.length > 0; ) bytes = this.#take(bytes)
  }

  /** The other side sends no more. Whether the answer is whole: a body without a length ends like this. */
  close(): boolean {
    if (this.#state === 'until-close') this.#end(false)
    return this.#state === 'idle'
  }

  /** Returns what belongs to the next part. */
  #take(bytes: Buffer): Buffer {
    switch (this.#state) {
      case 'idle':
        throw new NotHttp('the server speaks without being asked')
      case 'head':
        return this.#upTo('\r\n\r\n', longestHead, bytes, (text) => this.#readHead(text))
      case 'until-close':
        this.#sink.data(bytes)
        return bytes.subarray(bytes.length)
      case 'body':
      case 'chunk': {
        const piece = bytes.subarray(0, this.#left)
        this.#left -= piece.length
        this.#sink.data(piece)
        if (this.#left === 0 && this.#state === 'body') this.#end(this.#reusable)
        else if (this.#left === 0) this.#state = 'chunk-end'
        return bytes.subarray(piece.length)
      }
      case 'chunk-end':
        return this.#upTo('\r\n', 2, bytes, () => {
          this.#state = 'size'
        })
      case 'size':
        return this.#upTo('\r\n', longestLine, bytes, (line) => this.#readSize(line))
      case 'trailers':
        return this.#upTo('\r\n', longestHead, bytes, (line) => {
          if (line === '') this.#end(this.#reusable)
        })
    }
  }

  /** Collects text up to a mark, hands it over without the mark, and returns the bytes after it. */
  #upTo(mark: string, most: number, bytes: Buffer, done: (text: string) => void): Buffer {
    const before = this.#text.length
    const text = this.#text + bytes.toString('latin1', 0, most + mark.length)
    const at = text.indexOf(mark, Math.max(0, before - mark.length + 1))
    if (at > most || (at < 0 && text.length >= most + mark.length)) {
      throw new NotHttp('an answer with a line that is too long')
    }
    if (at < 0) {
      this.#text = text
      // A first line that is none is known at once: nobody waits for the end of what is not HTTP.
      if (this.#state === 'head' && !'HTTP/1.'.startsWith(text.slice(0, 7))) throw notHttp(text)
      return bytes.subarray(bytes.length)
    }
    this.#text = ''
    done(text.slice(0, at))
    return bytes.subarray(at + mark.length - before)
  }

  #readHead(text: string): void {
    const [first = '', ...lines] = text.split('\r\n')
    const [, minor, code] = /^HTTP\/1\.([01]) (\d{3})(?: |$)/.exec(first) ?? []
    if (minor === undefined) throw notHttp(first)
    const status = Number(code)
    const headers = readHeaders(lines)
    // Interim answers: the real one follows.
    if (status < 200 && status !== 101) return
    const connection = (headers.get('connection') ?? '').toLowerCase()
    this.#reusable = minor === '1' ? !connection.includes('close') : connection.includes('keep-alive')
    const length = lengthOf(headers)
    this.#sink.head({ status, headers })
    if (this.#bodiless || status === 204 || status === 304 || length === 0) this.#end(this.#reusable)
    else if (length === 'chunked') this.#state = 'size'
    else if (length === undefined) this.#state = 'until-close'
    else {
      this.#state = 'body'
      this.#left = length
    }
  }

  #readSize(line: string): void {
    const digits = /^([0-9a-f]{1,12})\s*(?:;.*)?$/i.exec(line)?.[1]
    if (digits === undefined) throw new NotHttp('a chunk without a size')
    this.#left = Number.parseInt(digits, 16)
    this.#state = this.#left === 0 ? 'trailers' : 'chunk'
  }

  #end(reusable: boolean): void {
    this.#state = 'idle'
    this.#sink.end(reusable)
  }
}

function notHttp(text: string): NotHttp {
  return new NotHttp(`${JSON.stringify(text.slice(0, 20))} is no beginning of an HTTP answer`)
}

function readHeaders(lines: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>()
  for (const line of lines) {
    const [, name = '', value = ''] = /^([!#$%&'*+.^`|~\w-]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? []
    if (name === '') throw new NotHttp('a header line that is none')
    const key = name.toLowerCase()
    const known = headers.get(key)
    headers.set(key, known === undefined ? value : `${known}, ${value}`)
  }
  return headers
}

/** RFC 9112 section 6.3. Undefined: up to the end of the connection. */
function lengthOf(headers: ReadonlyMap<string, string>): number | 'chunked' | undefined {
  const coding = headers.get('transfer-encoding')
  if (coding !== undefined) {
    if (coding.toLowerCase() === 'chunked') return 'chunked'
    throw new NotHttp(`the transfer coding ${JSON.stringify(coding)}, which nobody asked for`)
  }
  const given = headers.get('content-length')
  if (given === undefined) return undefined
  const [length = '', ...others] = given.split(/\s*,\s*/)
  if (!/^\d{1,15}$/.test(length) || others.some((other) => other !== length)) {
    throw new NotHttp(`a length that is none: ${JSON.stringify(given)}`)
  }
  return Number(length)
}
