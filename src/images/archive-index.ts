/** A plain tar on disk: its headers are read once, its files where they are. */
import { closeSync, fstatSync, readSync } from 'node:fs'
import { SampanError } from '../errors.ts'
import { printable } from '../platform/files/byte-names.ts'
import { BLOCK, TarError } from '../platform/tar/header.ts'
import { packingOf } from '../platform/tar/inflate.ts'
import { type Entry, TarReader } from '../platform/tar/reader.ts'
import { type Archive, type ArchiveFile, chunksOf, followLinks, plainName, topFolders } from './archive.ts'

/** An image archive has a few files a layer. */
const mostEntries = 100_000

export function isPlainTar(fd: number): boolean {
  const start = Buffer.alloc(6)
  return readSync(fd, start, 0, start.length, 0) === start.length && packingOf(start) === 'none'
}

export class IndexedArchive implements Archive {
  readonly title: string
  readonly #fd: number
  readonly #own: boolean
  readonly #files: ReadonlyMap<string, { readonly start: number; readonly size: number }>
  readonly #links: ReadonlyMap<string, string>

  private constructor(
    fd: number,
    title: string,
    own: boolean,
    files: ReadonlyMap<string, { readonly start: number; readonly size: number }>,
    links: ReadonlyMap<string, string>,
  ) {
    this.#fd = fd
    this.title = title
    this.#own = own
    this.#files = files
    this.#links = links
  }

  /** @param own whether the descriptor is closed with the archive */
  static read(fd: number, title: string, own: boolean): IndexedArchive {
    const files = new Map<string, { start: number; size: number }>()
    const links = new Map<string, string>()
    let entry: Entry | undefined
    const reader = new TarReader({
      entry(next) {
        entry = next
      },
      data: () => undefined,
      finish: () => undefined,
    })
    const block = Buffer.alloc(BLOCK)
    try {
      const { size } = fstatSync(fd)
      for (let at = 0; at < size; ) {
        if (readSync(fd, block, 0, BLOCK, at) !== BLOCK)
          throw new TarError('it ends in the middle of a header')
        at += BLOCK
        reader.write(block)
        const name = entry === undefined ? undefined : plainName(entry.name)
        if (entry !== undefined && name !== undefined) {
          if (entry.kind === 'file') files.set(name, { start: at, size: entry.size })
          else if (entry.kind === 'link') links.set(name, entry.target)
          else if (entry.kind === 'hard-link') links.set(name, `/${entry.target}`)
        }
        if (files.size + links.size > mostEntries) throw new TarError(`more than ${mostEntries} files`)
        at += reader.ahead
        if (at > size) throw new TarError(`it ends in the middle of "${printable(entry?.name ?? '')}"`)
        entry = undefined
        reader.skip()
      }
      reader.end()
    } catch (error) {
      if (own) closeSync(fd)
      throw error instanceof TarError ? notAnArchive(title, error) : error
    }
    return new IndexedArchive(fd, title, own, files, links)
  }

  file(name: string): ArchiveFile | undefined {
    const found = followLinks(name, this.#links)
    const place = found === undefined ? undefined : this.#files.get(found)
    if (place === undefined) return undefined
    return { size: place.size, chunks: () => chunksOf(this.#fd, place.start, place.size) }
  }

  folders(): readonly string[] {
    return topFolders(this.#files.keys())
  }

  [Symbol.dispose](): void {
    if (this.#own) closeSync(this.#fd)
  }
}

export function notAnArchive(title: string, error: Error): SampanError {
  return new SampanError(`${title} is not a whole tar archive: ${error.message}`, {
    cause: error,
    hint: 'the file may have been cut off on its way here: compare its size or digest with the original',
  })
}
