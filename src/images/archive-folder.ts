/** An archive that was unpacked, or never packed: an OCI layout folder, or the folder of a docker archive. */
import { closeSync, openSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { join, sep } from 'node:path'
import { errnoOf } from '../errors.ts'
import { type Archive, type ArchiveFile, chunksOf, plainName } from './archive.ts'

export class FolderArchive implements Archive {
  readonly title: string
  readonly #folder: string

  constructor(folder: string) {
    this.title = folder
    this.#folder = realpathSync(folder)
  }

  file(name: string): ArchiveFile | undefined {
    const plain = plainName(name)
    if (plain === undefined) return undefined
    const path = this.#inside(join(this.#folder, plain))
    if (path === undefined) return undefined
    const { size } = statSync(path)
    return { size, chunks: () => chunksOfFile(path, size) }
  }

  folders(): readonly string[] {
    const entries = readdirSync(this.#folder, { withFileTypes: true })
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  }

  /** The real path of a regular file, unless a link leads it out of the folder. */
  #inside(path: string): string | undefined {
    try {
      const real = realpathSync(path)
      return real.startsWith(this.#folder + sep) && statSync(real).isFile() ? real : undefined
    } catch (error) {
      if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined
      throw error
    }
  }

  [Symbol.dispose](): void {
    // Nothing is open between calls.
  }
}

export async function* chunksOfFile(path: string, size: number): AsyncGenerator<Uint8Array> {
  const fd = openSync(path, 'r')
  try {
    yield* chunksOf(fd, 0, size)
  } finally {
    closeSync(fd)
  }
}
