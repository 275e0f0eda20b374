/**
 * A tar stream, taken apart as its bytes come: push chunks of any size in, get entries and their data out, in order,
 * without waiting for anything. Holds one header at a time, so a million entries cost no more memory than one.
 *
 * Understood: v7, ustar, pax (also global), GNU long names, sparse files (old GNU; pax 0.0, 0.1, 1.0).
 */
import { printable } from '../files/byte-names.ts'
import {
  BLOCK,
  isZeroBlock,
  type Kind,
  type MetaKind,
  parseHeader,
  parseSparseBlock,
  type RawHeader,
  type Segment,
  TarError,
} from './header.ts'
import { checkSparseMap, type Pax, parsePax, paxInteger, paxSparseMap, paxTime } from './pax.ts'

/** One entry, extended headers applied. Names are byte strings, see header.ts. */
export interface Entry {
  readonly kind: Kind
  readonly name: string
  readonly target: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Bytes of the file as it will be, holes included. */
  readonly size: number
  /** Nanoseconds since 1970. */
  readonly mtime: bigint
  /** Name to value, both byte strings. */
  readonly xattrs: ReadonlyMap<string, string>
  readonly major: number
  readonly minor: number
}

/** What happens with the entries. An exception thrown here goes through `write` to whoever feeds the reader. */
export interface EntrySink {
  entry(entry: Entry): void
  /** A piece of the last entry's data, at this offset of the file; what no piece covers is zeros. */
  data(piece: Buffer, offset: number): void
  /** The last entry is whole. */
  finish(): void
}

/** More than any real extended header has, and little enough to keep in memory. */
const mostMetadata = 1 << 20
const mostSparseSegments = 1 << 18

const noXattrs: ReadonlyMap<string, string> = new Map()
const noPax: Pax = new Map()

type Expect = 'header' | 'metadata' | 'sparse-block' | 'sparse-map' | 'data' | 'nothing'

export class TarReader {
  readonly #sink: EntrySink
  #expect: Expect = 'header'
  /** Bytes collected towards a block or an extended header, where a chunk ended inside one. */
  #pending: Buffer = Buffer.alloc(BLOCK)
  #filled = 0
  #wanted = BLOCK
  /** Position in the archive of what is being read, for messages. */
  #position = 0
  #zeroBlocks = 0

  #global: Pax = noPax
  #local: Pax = noPax
  #longName: string | undefined
  #longTarget: string | undefined
  #metadata: { kind: MetaKind; size: number } | undefined

  #header: RawHeader | undefined
  #entryName = ''
  #realSize = 0
  #map: Segment[] = []
  #mapText = ''
  /** Stored bytes of the entry still to come, and padding after them. */
  #stored = 0
  #padding = 0
  #segment = 0
  #inSegment = 0
  #skipped = false

  constructor(sink: EntrySink) {
    this.#sink = sink
  }

  /** Throws TarError with a whole sentence part: "the header at byte 512 has a wrong checksum". */
  write(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length) {
      const left = chunk.length - at
      if (this.#expect === 'nothing') return
      if (this.#expect === 'data') {
        at += this.#takeData(chunk, at)
        continue
      }
      const take = Math.min(this.#wanted - this.#filled, left)
      if (this.#filled === 0 && take === this.#wanted) {
        this.#block(chunk.subarray(at, at + take))
      } else {
        chunk.copy(this.#pending, this.#filled, at, at + take)
        this.#filled += take
        if (this.#filled === this.#wanted) {
          this.#filled = 0
          this.#block(this.#pending.subarray(0, this.#wanted))
        }
      }
      at += take
    }
  }

  /** Bytes of data and padding that come next. A caller that can seek may go past them and say so with `skip`. */
  get ahead(): number {
    return this.#expect === 'data' ? this.#stored + this.#padding : 0
  }

  skip(): void {
    if (this.#expect !== 'data') return
    this.#position += this.ahead
    this.#stored = 0
    this.#padding = 0
    this.#finishEntry()
  }

  /**
   * The bytes are all there. A missing end mark is let pass, and so is missing padding after the last entry, which umoci
   * and other programs that never close their writer leave out; an entry cut short is not.
   */
  end(): void {
    if (this.#expect === 'data' && this.#stored === 0) this.skip()
    const complete = this.#filled === 0 && this.#local === noPax && this.#longName === undefined
    if (this.#expect === 'nothing' || this.#zeroBlocks > 0 || (this.#expect === 'header' && complete)) return
    const where = this.#expect === 'header' ? 'a header' : `"${printable(this.#entryName)}"`
    throw new TarError(`it ends in the middle of ${where}`)
  }

  #block(block: Buffer): void {
    const start = this.#position
    try {
      if (this.#expect === 'header') this.#takeHeader(block)
      else if (this.#expect === 'metadata') this.#takeMetadata(block)
      else if (this.#expect === 'sparse-block') this.#takeSparseBlock(block)
      else this.#takeSparseMap(block)
    } catch (error) {
      if (error instanceof TarError && !(error instanceof PlacedTarError)) {
        if (start === 0) throw new PlacedTarError('it does not begin with a tar header')
        throw new PlacedTarError(`the header at byte ${start} has ${error.message}`)
      }
      throw error
    }
    this.#position = start + block.length
  }

  #want(expect: Expect, bytes: number): void {
    this.#expect = expect
    this.#wanted = bytes
    if (this.#pending.length < bytes) this.#pending = Buffer.allocUnsafe(bytes)
    else if (this.#pending.length > BLOCK && bytes === BLOCK) this.#pending = Buffer.allocUnsafe(BLOCK)
  }

  #takeHeader(block: Buffer): void {
    if (isZeroBlock(block)) {
      // Two end the archive; a lone one is damage that every tar reads over.
      this.#zeroBlocks += 1
      if (this.#zeroBlocks === 2) this.#expect = 'nothing'
      return
    }
    this.#zeroBlocks = 0
    const header = parseHeader(block)
    switch (header.kind) {
      case 'pax':
      case 'global-pax':
      case 'long-name':
      case 'long-link':
        if (header.size > mostMetadata) throw new TarError('an extended header of more than a megabyte')
        this.#metadata = { kind: header.kind, size: header.size }
        if (header.size === 0) this.#takeMetadata(Buffer.alloc(0))
        else this.#want('metadata', padded(header.size))
        return
      case 'skipped':
        this.#skipped = true
        this.#header = header
        this.#startData(header.size)
        return
      default:
        this.#header = header
        this.#startEntry(header)
    }
  }

  #takeMetadata(block: Buffer): void {
    const { kind, size } = this.#metadata as { kind: MetaKind; size: number }
    const data = block.subarray(0, size)
    if (kind === 'pax') this.#local = merged(this.#local, parsePax(data))
    else if (kind === 'global-pax') this.#global = merged(this.#global, parsePax(data))
    else {
      const end = data.indexOf(0)
      const name = data.toString('latin1', 0, end === -1 ? data.length : end)
      if (kind === 'long-name') this.#longName = name
      else this.#longTarget = name
    }
    this.#want('header', BLOCK)
  }

  #startEntry(header: RawHeader): void {
    const pax = merged(this.#global, this.#local)
    const sparseName = pax.get('GNU.sparse.name')
    this.#entryName = sparseName || pax.get('path') || (this.#longName ?? header.name)
    const size = pax.get('size')
    // A size in an extended header counts only for what has data.
    const stored = size && header.kind === 'file' ? paxInteger(size, 'size') : header.size
    this.#map = []
    this.#mapText = ''
    this.#stored = stored
    this.#skipped = false

    if (header.sparse !== undefined) {
      this.#realSize = header.sparse.realSize
      this.#map.push(...header.sparse.map)
      if (header.sparse.more) this.#want('sparse-block', BLOCK)
      else this.#startSparse()
      return
    }
    const realSize = pax.get('GNU.sparse.realsize') ?? pax.get('GNU.sparse.size')
    if (realSize !== undefined && header.kind === 'file') {
      this.#realSize = paxInteger(realSize, 'GNU.sparse.size')
      const map = pax.get('GNU.sparse.map')
      if (map !== undefined) {
        this.#map = paxSparseMap(map)
        this.#startSparse()
      } else {
        this.#want('sparse-map', BLOCK)
      }
      return
    }
    this.#realSize = stored
    this.#map.push({ offset: 0, length: stored })
    this.#startSparse()
  }

  #takeSparseBlock(block: Buffer): void {
    const { map, more } = parseSparseBlock(block)
    this.#map.push(...map)
    if (this.#map.length > mostSparseSegments) throw new TarError('a sparse map without end')
    if (!more) this.#startSparse()
  }

  /** Format 1.0: before the data, in blocks of its own, "COUNT\nOFFSET\nLENGTH\n…". */
  #takeSparseMap(block: Buffer): void {
    this.#mapText += block.toString('latin1', 0, BLOCK)
    this.#stored -= BLOCK
    if (this.#stored < 0) throw new TarError('a sparse map that does not fit the data')
    const numbers = this.#mapText.split('\n')
    const count = /^\d{1,7}$/.test(numbers[0] ?? '') ? Number(numbers[0]) : Number.NaN
    if (!(count <= mostSparseSegments)) throw new TarError('a sparse map that cannot be read')
    // The last piece is a number only once its newline is there.
    if (numbers.length < count * 2 + 2) {
      // Reading on costs the split again: quadratic, so only for maps of a sane size.
      if (this.#mapText.length > mostMetadata) throw new TarError('a sparse map of more than a megabyte')
      return
    }
    this.#map = paxSparseMap(numbers.slice(1, count * 2 + 1).join(','))
    this.#startSparse()
  }

  #startSparse(): void {
    checkSparseMap(this.#map, this.#realSize, this.#stored)
    const header = this.#header as RawHeader
    const pax = merged(this.#global, this.#local)
    this.#sink.entry(this.#compose(header, pax))
    this.#startData(this.#stored)
  }

  #compose(header: RawHeader, pax: Pax): Entry {
    const uid = pax.get('uid')
    const gid = pax.get('gid')
    const mtime = pax.get('mtime')
    const time = mtime ? paxTime(mtime, 'mtime') : { seconds: header.mtime, nanoseconds: 0 }
    const target = pax.get('linkpath') || (this.#longTarget ?? header.target)
    if (this.#entryName.includes('\0') || target.includes('\0'))
      throw new TarError('a name with a zero byte in it')
    return {
      // v7 had no type for folders: a name that ends in a slash was one.
      kind: header.kind === 'file' && this.#entryName.endsWith('/') ? 'folder' : (header.kind as Kind),
      name: this.#entryName,
      target,
      mode: header.mode,
      uid: uid ? paxInteger(uid, 'uid') : header.uid,
      gid: gid ? paxInteger(gid, 'gid') : header.gid,
      size: this.#realSize,
      mtime: BigInt(time.seconds) * 1_000_000_000n + BigInt(time.nanoseconds),
      xattrs: xattrsOf(pax),
      major: header.major,
      minor: header.minor,
    }
  }

  #startData(stored: number): void {
    this.#stored = stored
    // Counted from the header's size: a map in front of the data has been padded by itself.
    this.#padding = (BLOCK - (stored % BLOCK)) % BLOCK
    this.#segment = 0
    this.#inSegment = 0
    this.#local = noPax
    this.#longName = undefined
    this.#longTarget = undefined
    if (stored === 0) this.#finishEntry()
    else this.#expect = 'data'
  }

  /** Hands over what the chunk has of the data and passes over the padding; returns the bytes used. */
  #takeData(chunk: Buffer, from: number): number {
    let at = from
    while (this.#stored > 0 && at < chunk.length) {
      if (this.#skipped) {
        const pass = Math.min(this.#stored, chunk.length - at)
        this.#stored -= pass
        at += pass
        continue
      }
      const segment = this.#map[this.#segment] as Segment
      const take = Math.min(segment.length - this.#inSegment, chunk.length - at)
      if (take > 0) this.#sink.data(chunk.subarray(at, at + take), segment.offset + this.#inSegment)
      at += take
      this.#stored -= take
      this.#inSegment += take
      if (this.#inSegment === segment.length) {
        this.#segment += 1
        this.#inSegment = 0
      }
    }
    if (this.#stored === 0) {
      const pass = Math.min(this.#padding, chunk.length - at)
      this.#padding -= pass
      at += pass
      if (this.#padding === 0) this.#finishEntry()
    }
    this.#position += at - from
    return at - from
  }

  #finishEntry(): void {
    if (!this.#skipped) this.#sink.finish()
    this.#skipped = false
    this.#want('header', BLOCK)
  }
}

/** A TarError that says where already. */
class PlacedTarError extends TarError {}

function padded(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK
}

function merged(below: Pax, above: Pax): Pax {
  if (above.size === 0) return below
  return below.size === 0 ? above : new Map([...below, ...above])
}

const xattrPrefix = 'SCHILY.xattr.'

function xattrsOf(pax: Pax): ReadonlyMap<string, string> {
  let found: Map<string, string> | undefined
  for (const [key, value] of pax) {
    if (!key.startsWith(xattrPrefix)) continue
    found ??= new Map()
    found.set(key.slice(xattrPrefix.length), value)
  }
  return found ?? noXattrs
}
