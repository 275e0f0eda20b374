/**
 * Digests of files, remembered: a file whose device, inode, size and times are those of the last build has the bytes of
 * the last build. (The time of change, ctime, cannot be set by anyone.)
 */

import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { errnoOf, SampanError } from '../../errors.ts'
import { pathOf, printable } from '../../platform/files/byte-names.ts'
import { temporaryName } from '../../platform/files/names.ts'
import { sha256 } from '../../platform/host/sha256.ts'

/** Clocks of file systems tick in 10 ms at worst; some that keep whole seconds only are given those. */
const TICK = 50_000_000n
const COARSE = 2_000_000_000n
const SECOND = 1_000_000_000n

/** Milliseconds of hashing at a stretch. */
const LONGEST_TURN = 20

/** Milliseconds after which what was known of a context nobody builds any more goes. */
const FORGOTTEN = 30 * 24 * 3600 * 1000

/** A file that is to have a digest. */
export interface Digested {
  digest?: string
}

interface Wanted {
  readonly file: Digested
  readonly path: string
  readonly stat: BigIntStats
}

/** What tells two states of a file apart without reading it. */
export function stampOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return `${dev}-${ino}-${size}-${mtimeNs}-${ctimeNs}`
}

export class Digests {
  readonly #file: string | undefined
  readonly #known: Map<string, string>
  readonly #seen = new Map<string, string>()
  readonly #buffer = Buffer.allocUnsafeSlow(1 << 18)
  readonly #wanted: Wanted[] = []
  #fresh = false
  #turn = 0

  /** @param file where they are kept; undefined: nowhere */
  constructor(file: string | undefined) {
    this.#file = file
    this.#known = file === undefined ? new Map() : read(file)
  }

  /** `file` will have its digest when `settle` has returned. */
  want(file: Digested, path: string, stat: BigIntStats): void {
    this.#wanted.push({ file, path, stat })
  }

  /**
   * Gives all files that were wanted their digests: SHA-256 in hexadecimal digits. Others have their turn meanwhile, so
   * gigabytes keep no step from going on, and nobody from ending the build.
   * @throws SampanError when a file may not be read, or changes while it is read; what `signal` is aborted with
   */
  async settle(signal?: AbortSignal): Promise<void> {
    this.#turn = performance.now()
    for (const { file, path, stat } of this.#wanted) {
      const stamp = stampOf(stat)
      const known = this.#known.get(stamp)
      const digest = known ?? (await this.#hash(path, stamp, signal))
      file.digest = digest
      if (known === undefined && !isSettled(stat)) continue
      this.#seen.set(stamp, digest)
      this.#fresh ||= known === undefined
    }
    this.#wanted.length = 0
  }

  /** Keeps what this build met, and nothing else: the file does not grow with what is long gone. */
  save(): void {
    if (this.#file === undefined || (!this.#fresh && this.#seen.size === this.#known.size)) return
    const text = [...this.#seen].map(([stamp, digest]) => `${stamp} ${digest}\n`).join('')
    const temporary = temporaryName(this.#file)
    mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 })
    sweep(dirname(this.#file))
    writeFileSync(temporary, text, { mode: 0o600 })
    renameSync(temporary, this.#file)
  }

  async #hash(path: string, stamp: string, signal: AbortSignal | undefined): Promise<string> {
    const fd = openSource(path)
    try {
      const hash = sha256()
      for (;;) {
        const count = readSync(fd, this.#buffer, 0, this.#buffer.length, null)
        if (count === 0) break
        hash.update(this.#buffer.subarray(0, count))
        if (performance.now() - this.#turn < LONGEST_TURN) continue
        await setImmediate()
        signal?.throwIfAborted()
        this.#turn = performance.now()
      }
      if (stampOf(fstatSync(fd, { bigint: true })) !== stamp) throw changed(path)
      return hash.digest('hex')
    } finally {
      closeSync(fd)
    }
  }
}

/** Opens a regular file that is to be copied. */
export function openSource(path: string): number {
  try {
    return openSync(pathOf(path), constants.O_RDONLY | constants.O_NOFOLLOW)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ELOOP') throw changed(path)
    if (errnoOf(error) !== 'EACCES') throw error
    throw new SampanError(`${printable(path)}: you may not read this file`, {
      hint: 'name it in .dockerignore when the build does not need it',
      cause: error,
    })
  }
}

export function changed(path: string): SampanError {
  return new SampanError(`${printable(path)} changed while the build was reading it`, {
    hint: 'build again when nothing writes to the context',
  })
}

/** False while a change could still leave the times as they are. */
function isSettled({ mtimeNs, ctimeNs }: BigIntStats): boolean {
  const latest = mtimeNs > ctimeNs ? mtimeNs : ctimeNs
  const margin = ctimeNs % SECOND === 0n ? COARSE : TICK
  return BigInt(Date.now()) * 1_000_000n - latest > margin
}

function sweep(folder: string): void {
  for (const name of readdirSync(folder)) {
    const stat = statSync(join(folder, name), { throwIfNoEntry: false })
    if (stat !== undefined && Date.now() - stat.mtimeMs > FORGOTTEN)
      rmSync(join(folder, name), { force: true })
  }
}

/** A file that is not there, or not ours, knows nothing. */
function read(file: string): Map<string, string> {
  try {
    const lines = readFileSync(file, 'latin1').split('\n')
    const known = new Map<string, string>()
    for (const line of lines) {
      const space = line.indexOf(' ')
      if (space > 0 && line.length === space + 65) known.set(line.slice(0, space), line.slice(space + 1))
    }
    return known
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return new Map()
    throw error
  }
}
