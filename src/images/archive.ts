/**
 * The files of an image archive: what `save` of any tool wrote, as a tar (plain, or compressed by gzip, zstd, xz or
 * bzip2), from a pipe, or as a folder.
 *
 * A folder and a plain tar on disk are read where they are. A pipe or a compressed archive can be read only once, and
 * tells at its end what it holds: its files go to the store's own disk first, hashed on the way, and become blobs by
 * a link, without a second copy.
 */
import { fstatSync, openSync, statSync } from 'node:fs'
import { SampanError } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'

/** One regular file of an archive. */
export interface ArchiveFile {
  /** Bytes. */
  readonly size: number
  /** A file of its own on the store's disk, with the digest of its bytes: may be linked into the layout. */
  readonly spooled?: { readonly path: string; readonly digest: Digest }
  /** Its bytes; may be asked for again. */
  chunks(): AsyncIterable<Uint8Array>
}

export interface Archive extends Disposable {
  /** For messages: the path as typed, or `standard input`. */
  readonly title: string
  /** The file of this name, links inside the archive followed; undefined where there is none. */
  file(name: string): ArchiveFile | undefined
  /** Names of the folders at its top that have a file in them. */
  folders(): readonly string[]
}

/** Where an archive is: a path of a file or folder, or an open descriptor (standard input). */
export type ArchiveSource = string | number

/**
 * @param spool folder for what cannot be read twice; on the same file system as the store; removed with the archive
 * @throws SampanError when it is no tar; system errors with the path in them
 */
export async function openArchive(source: ArchiveSource, spool: string): Promise<Archive> {
  const title = typeof source === 'number' ? 'standard input' : source
  if (typeof source === 'string' && statOf(source).isDirectory()) {
    const { FolderArchive } = await import('./archive-folder.ts')
    return new FolderArchive(source)
  }
  const fd = typeof source === 'number' ? source : openSync(source, 'r')
  const { isPlainTar, IndexedArchive } = await import('./archive-index.ts')
  if (fstatSync(fd).isFile() && isPlainTar(fd)) return IndexedArchive.read(fd, title, fd !== source)
  const { spoolArchive } = await import('./archive-spool.ts')
  return await spoolArchive(fd, title, spool)
}

function statOf(path: string) {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat !== undefined) return stat
  throw new SampanError(`open ${path}: no such file or directory`)
}

/** A small file of an archive, JSON mostly. Throws for one that is larger than any such file. */
export async function readSmall(file: ArchiveFile, what: string): Promise<Buffer> {
  const most = 16 << 20
  if (file.size > most)
    throw new SampanError(`${what} has ${file.size} bytes, ${most} at most`, { kind: 'damaged' })
  const chunks: Uint8Array[] = []
  for await (const chunk of file.chunks()) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** Bytes of a descriptor from `start`, `length` of them, by position: the descriptor's own is left alone. */
export async function* chunksOf(fd: number, start: number, length: number): AsyncGenerator<Uint8Array> {
  const { readSync } = await import('node:fs')
  for (let at = 0; at < length; ) {
    // A new buffer each time: the reader of a chunk may still be writing it to a pipe.
    const chunk = Buffer.allocUnsafeSlow(Math.min(1 << 20, length - at))
    const count = readSync(fd, chunk, 0, chunk.length, start + at)
    if (count === 0)
      throw new SampanError('the archive became shorter while it was read', { kind: 'damaged' })
    at += count
    yield chunk.subarray(0, count)
  }
}

/** A name as archives write it (`./blobs//x`), made plain; undefined for one that leads out. */
export function plainName(name: string): string | undefined {
  const parts: string[] = []
  for (const part of name.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.pop() === undefined) return undefined
  }
  return parts.join('/')
}

/** The folders at the top of these names. */
export function topFolders(names: Iterable<string>): string[] {
  const folders = new Set<string>()
  for (const name of names) {
    const slash = name.indexOf('/')
    if (slash > 0) folders.add(name.slice(0, slash))
  }
  return [...folders]
}

/** Follows links among the names of an archive: `HEX/layer.tar` → `../OTHER/layer.tar`. */
export function followLinks(name: string, links: ReadonlyMap<string, string>): string | undefined {
  let at = plainName(name)
  for (let steps = 0; at !== undefined && steps < 20; steps += 1) {
    const target = links.get(at)
    if (target === undefined) return at
    const folder = at.slice(0, at.lastIndexOf('/') + 1)
    at = plainName(target.startsWith('/') ? target : folder + target)
  }
  return undefined
}
