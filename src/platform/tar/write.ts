/**
 * Entries to the blocks of a tar stream, the reverse of header.ts: ustar, and a pax extended header before an entry
 * for what ustar has no room for. Pure, and the same bytes for the same entry every time.
 */
import { BLOCK, type Kind } from './header.ts'
import type { Entry } from './reader.ts'

const types: Readonly<Record<Kind, string>> = {
  file: '0',
  'hard-link': '1',
  link: '2',
  character: '3',
  block: '4',
  folder: '5',
  fifo: '6',
}

/** Two empty blocks end an archive. */
export const endOfArchive = Buffer.alloc(2 * BLOCK)

/** An entry with what most have: a plain file of root's, from 1970. */
export function plainEntry(fields: Pick<Entry, 'name'> & Partial<Entry>): Entry {
  return {
    kind: 'file',
    target: '',
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: 0,
    mtime: 0n,
    xattrs: new Map(),
    major: 0,
    minor: 0,
    ...fields,
  }
}

/** Of a file with holes: where its data belongs, in order; the entry's size is that of the data alone. */
export interface SparseMap {
  readonly realSize: number
  readonly stretches: readonly { readonly offset: number; readonly length: number }[]
}

/**
 * The header of an entry; its data, if it is a file, and `padding` follow. Times are cut to whole seconds. With a map as
 * GNU tar's sparse format 0.1 has it.
 */
export function headerBlocks(entry: Entry, sparse?: SparseMap): Buffer {
  const name = entry.kind === 'folder' && !entry.name.endsWith('/') ? `${entry.name}/` : entry.name
  const seconds = floorSeconds(entry.mtime)
  const split = splitName(name)
  const records: [string, string][] = []
  if (split === undefined) records.push(['path', name])
  if (entry.target.length > 100) records.push(['linkpath', entry.target])
  if (entry.size > largest(12)) records.push(['size', String(entry.size)])
  if (entry.uid > largest(8)) records.push(['uid', String(entry.uid)])
  if (entry.gid > largest(8)) records.push(['gid', String(entry.gid)])
  if (seconds < 0 || seconds > largest(12)) records.push(['mtime', String(seconds)])
  if (sparse !== undefined) {
    const { realSize, stretches } = sparse
    records.push(['GNU.sparse.size', String(realSize)], ['GNU.sparse.numblocks', String(stretches.length)])
    records.push(['GNU.sparse.map', stretches.flatMap(({ offset, length }) => [offset, length]).join(',')])
  }
  for (const key of [...entry.xattrs.keys()].sort()) {
    records.push([`SCHILY.xattr.${key}`, entry.xattrs.get(key) ?? ''])
  }
  const [prefix, rest] = split ?? ['', name.slice(0, 100)]
  const block = header(types[entry.kind], rest, prefix, { ...entry, seconds })
  return records.length === 0 ? block : Buffer.concat([paxBlocks(records), block])
}

/** Zeros that fill the last block of an entry's data. */
export function padding(size: number): Buffer {
  return endOfArchive.subarray(0, (BLOCK - (size % BLOCK)) % BLOCK)
}

function header(
  type: string,
  name: string,
  prefix: string,
  fields: Entry & { readonly seconds: number },
): Buffer {
  const block = Buffer.alloc(BLOCK)
  const { mode, uid, gid, size, seconds, target, major, minor } = fields
  block.write(name, 0, 100, 'latin1')
  octal(block, 100, 8, mode)
  octal(block, 108, 8, uid)
  octal(block, 116, 8, gid)
  octal(block, 124, 12, size)
  octal(block, 136, 12, seconds)
  block.write(type, 156, 'latin1')
  block.write(target, 157, 100, 'latin1')
  block.write('ustar\x0000', 257, 'latin1')
  octal(block, 329, 8, major)
  octal(block, 337, 8, minor)
  block.write(prefix, 345, 155, 'latin1')
  block.fill(32, 148, 156)
  let sum = 0
  for (const byte of block) sum += byte
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return block
}

/** Digits that end in a NUL; what does not fit stands in the extended header, and 0 here. */
function octal(block: Buffer, at: number, width: number, value: number): void {
  const fits = value >= 0 && value <= largest(width)
  block.write(`${(fits ? value : 0).toString(8).padStart(width - 1, '0')}\0`, at, 'latin1')
}

function largest(width: number): number {
  return 8 ** (width - 1) - 1
}

/** Prefix and name as ustar splits them at a slash, undefined where they do not fit. Names are byte strings. */
function splitName(name: string): [string, string] | undefined {
  if (name.length <= 100) return ['', name]
  if (name.length > 256) return undefined
  const slash = name.indexOf('/', name.length - 101)
  // A folder's own slash does not count: something must stand after the split.
  if (slash <= 0 || slash > 155 || slash === name.length - 1) return undefined
  return [name.slice(0, slash), name.slice(slash + 1)]
}

function floorSeconds(nanoseconds: bigint): number {
  const seconds = nanoseconds / 1_000_000_000n
  return Number(nanoseconds < 0n && seconds * 1_000_000_000n !== nanoseconds ? seconds - 1n : seconds)
}

function paxBlocks(records: readonly (readonly [string, string])[]): Buffer {
  const data = Buffer.from(records.map(([key, value]) => paxRecord(key, value)).join(''), 'latin1')
  const fields = { ...plainEntry({ name: '', size: data.length }), seconds: 0 }
  return Buffer.concat([header('x', 'PaxHeaders/entry', '', fields), data, padding(data.length)])
}

/** `LENGTH KEY=VALUE\n`, where LENGTH counts itself. */
function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`
  let length = rest.length + String(rest.length).length
  if (String(length).length + rest.length !== length) length += 1
  return `${length}${rest}`
}
