/** Unpacked packs: CACHE/embedded/SHA256/. A folder of that name is whole, because it appears by rename. */

import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { errnoOf, SampanError } from '../../errors.ts'
import { randomHex } from '../host/random.ts'
import { sha256 } from '../host/sha256.ts'
import { readPack } from './pack.ts'

export interface Pack {
  /** Of the compressed bytes. */
  readonly sha256: string
  /** Reads them; only called when the folder is not there. */
  readonly read: () => Uint8Array
}

/**
 * The path of one file of a pack, unpacked if need be: one system call when it is there. Safe when many processes do
 * it at once: each writes a folder of its own, the first rename wins. Throws a SampanError with a hint when the cache
 * cannot be written, or when its file system forbids execution and the file is a program.
 */
export function cachedFile(cache: string, pack: Pack, name: string, use: 'run' | 'read'): string {
  const path = join(cache, 'embedded', pack.sha256, name)
  const wanted = use === 'run' ? constants.X_OK : constants.R_OK
  try {
    accessSync(path, wanted)
    return path
  } catch (error) {
    const code = errnoOf(error)
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw cannotUse(path, error)
  }
  try {
    unpack(join(cache, 'embedded'), pack)
  } catch (error) {
    if (error instanceof SampanError || errnoOf(error) === undefined) throw error
    throw cannotWrite(cache, error)
  }
  try {
    accessSync(path, wanted)
  } catch (error) {
    throw cannotUse(path, error)
  }
  return path
}

/** Writes to a new folder, all on disk before the rename: a power cut must not leave a program that is half there. */
function unpack(folder: string, pack: Pack): void {
  const bytes = pack.read()
  // Loaded here: it takes 2 ms, and a pack is unpacked once in the life of a cache.
  const digest = sha256().update(bytes).digest('hex')
  if (digest !== pack.sha256) {
    throw new SampanError(
      `this executable is damaged: an embedded file has digest ${digest}, not ${pack.sha256}`,
      {
        hint: 'Copy or download it again',
        kind: 'damaged',
      },
    )
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  sweep(folder)
  const temporary = join(folder, `.new-${process.pid}-${randomHex(4)}`)
  mkdirSync(temporary, { mode: 0o755 })
  try {
    for (const file of readPack(bytes)) writeSynced(join(temporary, file.name), file.bytes, file.executable)
    syncFolder(temporary)
    renameSync(temporary, join(folder, pack.sha256))
    syncFolder(folder)
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true })
    // Somebody else was first, with the same bytes.
    if (errnoOf(error) !== 'ENOTEMPTY' && errnoOf(error) !== 'EEXIST') throw error
  }
}

function writeSynced(path: string, bytes: Uint8Array, executable: boolean): void {
  const fd = openSync(path, 'wx', executable ? 0o755 : 0o644)
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

function syncFolder(path: string): void {
  const fd = openSync(path, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** Removes what a killed process left behind more than an hour ago. */
function sweep(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (!name.startsWith('.new-')) continue
    const path = join(folder, name)
    const made = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()
    if (Date.now() - made > 3_600_000) rmSync(path, { recursive: true, force: true })
  }
}

const elsewhere = 'Use another folder for the cache: XDG_CACHE_HOME=/a/folder/of/yours sampan …'

/** access(2) answers EACCES for every program on a file system mounted noexec. */
function cannotUse(path: string, error: unknown): SampanError {
  const code = errnoOf(error)
  if (code === 'ENOENT') {
    const hint = `Let it be unpacked again: rm -r ${dirname(path)}`
    return new SampanError(`${path} was removed from its folder`, { hint, kind: 'damaged', cause: error })
  }
  const why =
    code === 'EACCES' ? 'its file system is mounted noexec, or the file is not yours' : String(error)
  return new SampanError(`cannot use ${path}: ${why}`, { hint: elsewhere, cause: error })
}

function cannotWrite(cache: string, error: unknown): SampanError {
  const why = error instanceof Error ? error.message.replace(/^[A-Z]+: /, '') : String(error)
  const room = errnoOf(error) === 'ENOSPC' || errnoOf(error) === 'EDQUOT'
  return new SampanError(`cannot unpack embedded files to ${cache}: ${why}`, {
    hint: room ? `Make room in ${dirname(cache)}, or: ${elsewhere}` : elsewhere,
    cause: error,
  })
}
