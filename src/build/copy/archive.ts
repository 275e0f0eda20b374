/** ADD of archives: found by their content, unpacked onto what is there. */
import { closeSync } from 'node:fs'
import { SampanError } from '../../errors.ts'
import { Extractor } from '../../platform/tar/extract.ts'
import { ExtractError } from '../../platform/tar/extract-error.ts'
import { unpackedChunks } from '../../platform/tar/filter.ts'
import { BLOCK, parseHeader, TarError } from '../../platform/tar/header.ts'
import { InflateError } from '../../platform/tar/inflate.ts'
import { cleanName } from '../../platform/tar/paths.ts'
import { type Entry, type EntrySink, TarReader } from '../../platform/tar/reader.ts'
import { openSource } from './digests.ts'
import type { Folder } from './folder.ts'
import type { Owner, Upper } from './upper.ts'

/** Thrown to stop reading. */
class Enough extends Error {}

/** Whether a file is a tar archive, plain or compressed by gzip, bzip2, xz or zstd: by its first block. */
export async function isArchive(path: string): Promise<boolean> {
  const fd = openSource(path)
  let block = Buffer.alloc(0)
  try {
    await unpackedChunks(fd, (chunk) => {
      block = Buffer.concat([block, chunk.subarray(0, BLOCK)])
      if (block.length >= BLOCK) throw new Enough()
    })
  } catch (error) {
    if (error instanceof InflateError) return false
    if (!(error instanceof Enough)) throw error
  } finally {
    closeSync(fd)
  }
  if (block.length < BLOCK) return false
  try {
    parseHeader(block.subarray(0, BLOCK))
    return true
  } catch (error) {
    if (error instanceof TarError) return false
    throw error
  }
}

/** Returns the bytes of the files it wrote. @throws SampanError for a damaged archive */
export async function unpackArchive(
  fd: number,
  upper: Upper,
  into: Folder,
  owner: Owner | undefined,
): Promise<number> {
  return await unpackChunks((consume) => unpackedChunks(fd, consume), upper, into, owner)
}

/** The same for an archive that comes from elsewhere: `feed` hands over its chunks. */
export async function unpackChunks(
  feed: (consume: (chunk: Buffer) => void) => Promise<void>,
  upper: Upper,
  into: Folder,
  owner: Owner | undefined,
): Promise<number> {
  const extractor = new Extractor({ whiteouts: false, tolerateOwners: true })
  const reader = new TarReader(new Grafted(extractor, upper, into, owner))
  try {
    await feed((chunk) => reader.write(chunk))
    reader.end()
    return extractor.end().size
  } catch (error) {
    extractor.abandon()
    if (error instanceof ExtractError || error instanceof TarError || error instanceof InflateError) {
      throw new SampanError(`cannot unpack the archive: ${error.message}`, { cause: error })
    }
    throw error
  }
}

/** Gives every entry its place in the upper folder: links of lower layers on the way are followed, inside the tree. */
class Grafted implements EntrySink {
  readonly #below: EntrySink
  readonly #upper: Upper
  readonly #into: Folder
  readonly #owner: Owner | undefined
  #skipped = false

  constructor(below: EntrySink, upper: Upper, into: Folder, owner: Owner | undefined) {
    this.#below = below
    this.#upper = upper
    this.#into = into
    this.#owner = owner
    upper.prepare(into)
  }

  entry(entry: Entry): void {
    const owner = this.#owner ?? entry
    const parts = partsOf(entry.name)
    // The folder unpacked into keeps what it is: the archive's own root says nothing about it.
    this.#skipped = parts.length === 0
    if (this.#skipped) return
    const name = this.#pathOf(parts, entry.kind === 'folder')
    const target = entry.kind === 'hard-link' ? this.#pathOf(partsOf(entry.target), false) : entry.target
    this.#below.entry({ ...entry, name, target, uid: owner.uid, gid: owner.gid })
  }

  data(piece: Buffer, offset: number): void {
    if (!this.#skipped) this.#below.data(piece, offset)
  }

  finish(): void {
    if (!this.#skipped) this.#below.finish()
  }

  /** Where it is written; the folders on the way are there then. */
  #pathOf(parts: readonly string[], isFolder: boolean): string {
    const { folder, rest } = this.#upper.place(parts.slice(0, -1), true, this.#into)
    const parent = this.#upper.folderAt(folder, rest, { uid: 0, gid: 0 })
    this.#upper.prepare(parent)
    const spot = parent.spot(parts.at(-1) as string)
    // A folder of lower layers is still there, with the archive's mode and owner from now on.
    if (isFolder && spot.found?.stat.isDirectory() === true) this.#upper.prepare(parent.enter(spot))
    else this.#upper.entries += 1
    return spot.path
  }
}

function partsOf(name: string): string[] {
  return cleanName(name)
    .split('/')
    .filter((part) => part !== '')
}
