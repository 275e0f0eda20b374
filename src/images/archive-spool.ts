/** An archive that can be read only once: its files go to disk, hashed on the way. */

import { closeSync, fsyncSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { type Digest, digestFromHex } from '../oci/digest.ts'
import { type Hash, sha256 } from '../platform/host/sha256.ts'
import { unpackedChunks } from '../platform/tar/filter.ts'
import { TarError } from '../platform/tar/header.ts'
import { InflateError } from '../platform/tar/inflate.ts'
import { type Entry, TarReader } from '../platform/tar/reader.ts'
import { type Archive, type ArchiveFile, followLinks, plainName, topFolders } from './archive.ts'
import { chunksOfFile } from './archive-folder.ts'
import { notAnArchive } from './archive-index.ts'

interface Spooled {
  readonly path: string
  readonly size: number
  readonly digest: Digest
}

/** Reads the descriptor to its end. Nothing stays in the folder after a failure. */
export async function spoolArchive(fd: number, title: string, folder: string): Promise<Archive> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const spool = new Spool(folder)
  try {
    const reader = new TarReader(spool)
    await unpackedChunks(fd, (chunk) => reader.write(chunk))
    reader.end()
  } catch (error) {
    spool.abandon()
    rmSync(folder, { recursive: true, force: true })
    throw error instanceof TarError || error instanceof InflateError ? notAnArchive(title, error) : error
  }
  return new SpooledArchive(title, folder, spool.files, spool.links)
}

class Spool {
  readonly files = new Map<string, Spooled>()
  readonly links = new Map<string, string>()
  readonly #folder: string
  #open:
    | { readonly fd: number; readonly hash: Hash; readonly path: string; readonly entry: Entry }
    | undefined
  #count = 0

  constructor(folder: string) {
    this.#folder = folder
  }

  entry(entry: Entry): void {
    const name = plainName(entry.name)
    if (name === undefined) return
    if (entry.kind === 'link') this.links.set(name, entry.target)
    if (entry.kind === 'hard-link') this.links.set(name, `/${entry.target}`)
    if (entry.kind !== 'file') return
    this.#count += 1
    const path = join(this.#folder, String(this.#count))
    this.#open = { fd: openSync(path, 'wx', 0o600), hash: sha256(), path, entry }
  }

  data(piece: Buffer, offset: number): void {
    const open = this.#open
    if (open === undefined) return
    // A sparse file: no tool writes one into an image archive, and its hash would have to know the holes.
    if (offset + piece.length > open.entry.size) throw new TarError(`a sparse file ${open.entry.name}`)
    open.hash.update(piece)
    for (let at = 0; at < piece.length; ) at += writeSync(open.fd, piece, at, piece.length - at)
  }

  finish(): void {
    const open = this.#open
    if (open === undefined) return
    this.#open = undefined
    fsyncSync(open.fd)
    closeSync(open.fd)
    const { path, entry } = open
    const digest = digestFromHex(open.hash.digest('hex'))
    this.files.set(plainName(entry.name) as string, { path, size: entry.size, digest })
  }

  abandon(): void {
    if (this.#open !== undefined) closeSync(this.#open.fd)
  }
}

class SpooledArchive implements Archive {
  readonly title: string
  readonly #folder: string
  readonly #files: ReadonlyMap<string, Spooled>
  readonly #links: ReadonlyMap<string, string>

  constructor(
    title: string,
    folder: string,
    files: ReadonlyMap<string, Spooled>,
    links: ReadonlyMap<string, string>,
  ) {
    this.title = title
    this.#folder = folder
    this.#files = files
    this.#links = links
  }

  file(name: string): ArchiveFile | undefined {
    const found = followLinks(name, this.#links)
    const spooled = found === undefined ? undefined : this.#files.get(found)
    if (spooled === undefined) return undefined
    return { size: spooled.size, spooled, chunks: () => chunksOfFile(spooled.path, spooled.size) }
  }

  folders(): readonly string[] {
    return topFolders(this.#files.keys())
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
