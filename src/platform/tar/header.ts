/**
 * One 512-byte tar header, bytes to fields; no I/O. Follows POSIX.1-1988 ustar, GNU tar's variations (base-256
 * numbers, old sparse) and the older v7.
 *
 * Names are byte strings, see files/byte-names.ts.
 */

export const BLOCK = 512

export type Kind = 'file' | 'hard-link' | 'link' | 'character' | 'block' | 'folder' | 'fifo'

/** Blocks that speak about the next entry, or about nothing we unpack. */
export type MetaKind = 'pax' | 'global-pax' | 'long-name' | 'long-link' | 'skipped'

export interface RawHeader {
  readonly kind: Kind | MetaKind
  readonly name: string
  /** Target of a link, as written. */
  readonly target: string
  /** Permission bits, the setuid family included: 0o7777 at most. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Bytes of data after the header, padding not counted. */
  readonly size: number
  /** Seconds since 1970, may be negative. */
  readonly mtime: number
  readonly major: number
  readonly minor: number
  /** Old GNU sparse: the start of the map, which may go on in further blocks. */
  readonly sparse:
    | { readonly realSize: number; readonly map: readonly Segment[]; readonly more: boolean }
    | undefined
}

/** A run of bytes that the archive has; what lies between runs is zeros. */
export interface Segment {
  readonly offset: number
  readonly length: number
}

/** The archive is not what it says; `message` is a sentence part: "the header at byte N has …". */
export class TarError extends Error {
  override readonly name = 'TarError'
}

const kinds: Readonly<Record<string, Kind | MetaKind>> = {
  '\0': 'file',
  '0': 'file',
  '7': 'file', // contiguous: a hint to file systems that no longer exist
  S: 'file', // GNU sparse, see below
  '1': 'hard-link',
  '2': 'link',
  '3': 'character',
  '4': 'block',
  '5': 'folder',
  D: 'folder', // GNU incremental: a folder with a listing as data
  '6': 'fifo',
  x: 'pax',
  X: 'pax', // Sun's name for it
  g: 'global-pax',
  L: 'long-name',
  K: 'long-link',
  V: 'skipped', // volume label
}

/** Whether the block is all zeros: two of them end an archive. */
export function isZeroBlock(block: Uint8Array): boolean {
  for (let i = 0; i < BLOCK; i++) if (block[i] !== 0) return false
  return true
}

/** Reads a header block that is not all zeros. Throws TarError for a wrong checksum, a number or a type we cannot read. */
export function parseHeader(block: Buffer): RawHeader {
  const sum = number(block, 148, 8, 'checksum')
  if (sum !== checksum(block, false) && sum !== checksum(block, true)) throw new TarError('a wrong checksum')
  const magic = block.toString('latin1', 257, 265)
  const posix = magic.startsWith('ustar\0')
  const type = block.toString('latin1', 156, 157)
  const kind = kinds[type]
  if (kind === undefined) throw new TarError(`the type ${JSON.stringify(type)}, which is not known`)

  const prefix = posix ? text(block, 345, 155) : ''
  const name = prefix === '' ? text(block, 0, 100) : `${prefix}/${text(block, 0, 100)}`
  const size = number(block, 124, 12, 'size')
  if (size < 0) throw new TarError('a negative size')
  const devices = kind === 'character' || kind === 'block'
  return {
    kind,
    name,
    target: text(block, 157, 100),
    mode: number(block, 100, 8, 'mode') & 0o7777,
    uid: number(block, 108, 8, 'uid'),
    gid: number(block, 116, 8, 'gid'),
    // Links and the like have no data whatever the field says; a dump folder and a mere folder of v7 might.
    size: kind === 'hard-link' || kind === 'link' || kind === 'fifo' || devices || type === '5' ? 0 : size,
    mtime: number(block, 136, 12, 'time'),
    major: devices ? number(block, 329, 8, 'device number') : 0,
    minor: devices ? number(block, 337, 8, 'device number') : 0,
    sparse:
      type === 'S'
        ? {
            realSize: number(block, 483, 12, 'size'),
            map: sparseRecords(block, 386, 4),
            more: block[482] !== 0,
          }
        : undefined,
  }
}

/** A continuation block of an old GNU sparse map: 21 records and whether another block follows. */
export function parseSparseBlock(block: Buffer): { map: Segment[]; more: boolean } {
  return { map: sparseRecords(block, 0, 21), more: block[504] !== 0 }
}

function sparseRecords(block: Buffer, start: number, count: number): Segment[] {
  const map: Segment[] = []
  for (let at = start; at < start + count * 24; at += 24) {
    if (block[at] === 0) break
    map.push({
      offset: number(block, at, 12, 'sparse map'),
      length: number(block, at + 12, 12, 'sparse map'),
    })
  }
  return map
}

/** The checksum counts its own field as spaces; some old writers added signed bytes. */
function checksum(block: Buffer, signed: boolean): number {
  let sum = 8 * 32
  for (let i = 0; i < BLOCK; i++) {
    if (i >= 148 && i < 156) continue
    const byte = block[i] as number
    sum += signed && byte > 127 ? byte - 256 : byte
  }
  return sum
}

function text(block: Buffer, at: number, length: number): string {
  const end = block.indexOf(0, at)
  return block.toString('latin1', at, end === -1 || end > at + length ? at + length : end)
}

/** Octal digits among spaces and zeros, or base-256 with the first bit set (two's complement, big-endian). */
function number(block: Buffer, at: number, length: number, what: string): number {
  const first = block[at] as number
  if ((first & 0x80) !== 0) {
    // 0x80… counts up from zero, 0xff… is negative: bit 6 is the sign.
    let value = (first & 0x40) === 0 ? first & 0x3f : (first & 0x3f) - 0x40
    for (let i = at + 1; i < at + length; i++) value = value * 256 + (block[i] as number)
    if (!Number.isSafeInteger(value)) throw new TarError(`a ${what} that is too large`)
    return value
  }
  let value = 0
  let state = 0 // 0 before the digits, 1 in them
  for (let i = at; i < at + length; i++) {
    const byte = block[i] as number
    if (byte >= 48 && byte <= 55) {
      value = value * 8 + (byte - 48)
      state = 1
    } else if (byte === 0 || byte === 32) {
      if (state === 1) break
    } else {
      throw new TarError(`a ${what} that is not a number`)
    }
  }
  return value
}
