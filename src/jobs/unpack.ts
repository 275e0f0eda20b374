/**
 * `unpack DIFFID|unknown FOLDER [growing]`: a layer's tar stream (compressed or not) becomes FOLDER/fs. It is standard input,
 * or the file on descriptor 3 while that is written: standard input is the bell then (platform/tar/inflate.ts). Writing it to the disk
 * is the caller's business. Runs inside the user namespace as its root, and makes FOLDER/fs its own root before the first byte is read: no name or link in the
 * archive leads anywhere else. Everything that comes from outside (libc, modules) is loaded before that.
 */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { SampanError } from '../errors.ts'
import { doneWith } from '../platform/host/memory.ts'
import { sha256 } from '../platform/host/sha256.ts'
import { chroot } from '../platform/libc/files.ts'
import { SystemError } from '../platform/libc/library.ts'
import { listXattr } from '../platform/libc/xattr.ts'
import { type Extracted, Extractor } from '../platform/tar/extract.ts'
import { ExtractError } from '../platform/tar/extract-error.ts'
import { TarError } from '../platform/tar/header.ts'
import { InflateError, inflate } from '../platform/tar/inflate.ts'
import { TarReader } from '../platform/tar/reader.ts'
import { mappingHere } from './mapping-here.ts'

export interface Unpacked extends Extracted {
  readonly mapping: 'full' | 'single' | 'identity'
  /** The digest of the uncompressed bytes. */
  readonly diffId: string
}

export default async function unpack(args: readonly string[]): Promise<Unpacked> {
  const [diffId = '', folder = '', growing] = args
  const mapping = mappingHere()
  const [archive, bell] = growing === undefined ? [0] : [3, 0]
  enter(join(folder, 'fs'))
  const extractor = new Extractor({ whiteouts: true, tolerateOwners: mapping === 'single' })
  const reader = new TarReader(extractor)
  const hash = sha256()
  try {
    const consume = (chunk: Buffer) => {
      hash.update(chunk)
      reader.write(chunk)
      doneWith(chunk.length)
    }
    await inflate(archive, consume, bell)
    reader.end()
  } catch (error) {
    extractor.abandon()
    throw explained(error, diffId)
  }
  const extracted = extractor.end()
  const found = `sha256:${hash.digest('hex')}`
  if (diffId !== 'unknown' && found !== diffId) {
    throw new SampanError(
      `${layerNamed(diffId)} is not what the image says: its contents have the digest ${found}`,
    )
  }
  return { ...extracted, mapping, diffId: found }
}

/** Makes a new folder, in one that is there, the root of this process. */
function enter(folder: string): void {
  process.umask(0)
  mkdirSync(folder, { mode: 0o755 })
  // After the chroot a library would be looked for in the archive's own files: the attacker's.
  listXattr(folder)
  new SystemError(1, 'load the words for errors')
  chroot(folder)
  process.chdir('/')
}

function explained(error: unknown, diffId: string): unknown {
  if (error instanceof TarError) {
    return new SampanError(`${layerNamed(diffId)} is not a whole tar archive: ${error.message}`, {
      cause: error,
    })
  }
  if (error instanceof InflateError) {
    return new SampanError(`${layerNamed(diffId)} cannot be decompressed: ${error.message}`, {
      cause: error,
    })
  }
  if (error instanceof ExtractError) {
    return new SampanError(`cannot unpack ${layerNamed(diffId)}: ${error.message}`, {
      cause: error,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    })
  }
  return error
}

/** Words for the layer in messages. */
function layerNamed(diffId: string): string {
  return diffId === 'unknown' ? 'the archive' : `layer ${diffId.slice(7, 19)}`
}
