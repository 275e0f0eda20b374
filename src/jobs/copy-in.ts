/**
 * `copy-in JSON`: a tar from standard input becomes files, by the rules of docker's cp. Runs inside the user namespace,
 * with the container's root as its own, or on the host's files with no more rights than the person has.
 */
import { lstatSync, statSync } from 'node:fs'
import { posix } from 'node:path'
import { errnoOf, SampanError } from '../errors.ts'
import { byteName, pathOf, printable } from '../platform/files/byte-names.ts'
import { enterRoot, type Root } from '../platform/files/enter-root.ts'
import { realPath } from '../platform/files/real-path.ts'
import { Extractor } from '../platform/tar/extract.ts'
import { ExtractError } from '../platform/tar/extract-error.ts'
import { TarError } from '../platform/tar/header.ts'
import { InflateError, inflate } from '../platform/tar/inflate.ts'
import { cleanName } from '../platform/tar/paths.ts'
import { type Entry, type EntrySink, TarReader } from '../platform/tar/reader.ts'

export interface CopyIn {
  readonly root: Root
  /** Absolute; a slash at its end means that it must be a folder. */
  readonly path: string
  /** What a copy into a folder is called there; undefined: the archive is the person's own and goes into the folder. */
  readonly name: string | undefined
  /** What is in the source folder, not that itself: docker's `FOLDER/.`. */
  readonly contents: boolean
  /** The folder copied into gets the owner, mode and times of the source, too. */
  readonly itself?: boolean
  /** `-a`: owners as in the source; else everything is root's, which outside is the person's. */
  readonly owners: boolean
  /** A folder may take the place of a file and a file that of a folder. */
  readonly overwrite: boolean
  /** What is said when the folder to copy to is not there. */
  readonly missing: string
}

export default async function copyIn([json = '']: readonly string[]): Promise<{ readonly size: number }> {
  const asked = JSON.parse(json) as CopyIn
  enterRoot(asked.root)
  const extractor = new Extractor({ whiteouts: false, tolerateOwners: true })
  const reader = new TarReader(new Placed(extractor, asked))
  try {
    await inflate(0, (chunk) => reader.write(chunk))
    reader.end()
    return { size: extractor.end().size }
  } catch (error) {
    extractor.abandon()
    if (error instanceof ExtractError || error instanceof TarError || error instanceof InflateError) {
      throw new SampanError(`cannot copy ${error.message}`, { cause: error })
    }
    throw error
  }
}

/** Gives every entry its place below the destination. */
class Placed implements EntrySink {
  readonly #below: EntrySink
  readonly #asked: CopyIn
  /** Where the first entry goes; a byte string without a slash at its end. */
  #target: string | undefined
  #skipped = false

  constructor(below: EntrySink, asked: CopyIn) {
    this.#below = below
    this.#asked = asked
  }

  entry(entry: Entry): void {
    this.#target ??= byteName(this.#asked.name === undefined ? this.#folder() : this.#choose(entry))
    const name = this.#place(entry.name)
    const found = lstatSync(pathOf(name), { throwIfNoEntry: false })
    // The folder copied into keeps its owner, mode and times: only what is in it was asked for.
    this.#skipped = entry.kind === 'folder' && found?.isDirectory() === true && name === this.#kept()
    if (this.#skipped) return
    if (!this.#asked.overwrite && found !== undefined && found.isDirectory() !== (entry.kind === 'folder')) {
      const [one, other] = found.isDirectory()
        ? ['directory', 'non-directory']
        : ['non-directory', 'directory']
      throw new SampanError(`cannot overwrite ${one} "${printable(name)}" with ${other}`, {
        hint: 'cp --overwrite replaces it',
      })
    }
    const target = entry.kind === 'hard-link' ? this.#place(entry.target) : entry.target
    this.#below.entry({ ...entry, name, target, ...(this.#asked.owners ? {} : { uid: 0, gid: 0 }) })
  }

  data(piece: Buffer, offset: number): void {
    if (!this.#skipped) this.#below.data(piece, offset)
  }

  finish(): void {
    if (!this.#skipped) this.#below.finish()
  }

  /** Our own archives begin with one made-up name, of which the destination takes the place. */
  #place(name: string): string {
    const clean = cleanName(name)
    const rest = this.#asked.name === undefined ? clean : clean.replace(/^\/[^/]*/, '')
    return `${this.#target}${rest === '/' ? '' : rest}` || '/'
  }

  #kept(): string | undefined {
    if (this.#asked.itself === true) return undefined
    return this.#asked.contents || this.#asked.name === undefined ? this.#target || '/' : undefined
  }

  #folder(): string {
    const { path, missing } = this.#asked
    const found = look(path)
    if (found === undefined) throw new SampanError(missing)
    if (!found.isDirectory()) throw new SampanError(`extraction point is not a directory: ${path}`)
    return clean(realPath(path))
  }

  #choose({ kind }: Entry): string {
    const { path, name = '', contents, missing } = this.#asked
    const found = look(path)
    if (found?.isDirectory() === true) {
      const folder = clean(realPath(path))
      return contents && kind === 'folder' ? folder : `${folder}/${name}`
    }
    const mustBeFolder = path.endsWith('/')
    if (found !== undefined) {
      if (kind === 'folder') throw new SampanError(`cannot copy directory to ${path}: it is a file`)
      if (mustBeFolder) throw new SampanError(`${path}: not a directory`)
      return realPath(path)
    }
    if (mustBeFolder && kind !== 'folder') throw new SampanError(missing)
    const parent = posix.dirname(path)
    if (look(parent)?.isDirectory() !== true) throw new SampanError(missing)
    return `${clean(realPath(parent))}/${posix.basename(path)}`
  }
}

function clean(path: string): string {
  return path === '/' ? '' : path
}

function look(path: string) {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch (error) {
    if (errnoOf(error) === 'ENOTDIR') return undefined
    throw error
  }
}
