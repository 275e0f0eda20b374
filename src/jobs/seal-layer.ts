/**
 * `seal-layer ORDER`: FOLDER/fs, which a step of a build has written, becomes a layer where it stands: times are clamped,
 * what the engine made to mount on goes, and the same walk writes the layer's tar to a new file. Runs inside the user
 * namespace, after everything that wrote there has ended.
 */

import { type BigIntStats, closeSync, constants, lstatSync, openSync, rmdirSync, unlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { errnoOf } from '../errors.ts'
import { byteName, pathOf } from '../platform/files/byte-names.ts'
import { isOpaqueDescriptor, isOpaqueFolder, namesIn } from '../platform/files/union-folder.ts'
import { writeAll } from '../platform/files/write-all.ts'
import { sha256 } from '../platform/host/sha256.ts'
import { setTimes } from '../platform/libc/files.ts'
import { Packer } from '../platform/tar/pack.ts'
import { isWhiteout, opaqueName, whiteoutIn } from '../platform/tar/whiteouts.ts'
import { mappingHere } from './mapping-here.ts'

export interface Sealed {
  readonly diffId: string
  /** Bytes of regular files, a hard link once. */
  readonly size: number
  readonly entries: number
  /** Bytes of the tar. */
  readonly bytes: number
  readonly mapping: 'full' | 'single' | 'identity'
}

/** The argument, as JSON. */
export interface SealOrder {
  readonly folder: string
  /** The new file. */
  readonly tar: string
  /** What was changed at or after `since`, or after `epoch`, gets the time `epoch`. Nanoseconds; null: times stay. */
  readonly clamp: { readonly epoch: string; readonly since: string } | null
  /** Paths without a slash before them, deepest first: made to mount on. They go where they are still empty. */
  readonly stubs: readonly string[]
  /** Folders of the layers below, the top one first. */
  readonly lowers: readonly string[]
}

interface Clamp {
  readonly epoch: bigint
  readonly since: bigint
}

const whiteoutPrefix = '.wh.'
/** An opaque folder, which isOpaque has found already. */
const fuseMarks = new Set(['.wh..opq', opaqueName])

const folderOnly = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW

export default function sealLayer([words = '']: readonly string[]): Sealed {
  const { folder, tar, clamp, stubs, lowers } = JSON.parse(words) as SealOrder
  const root = join(folder, 'fs')
  for (const stub of stubs) removeStub(root, stub, lowers)
  const out = openSync(tar, 'wx', 0o600)
  try {
    const clamped = clamp === null ? undefined : { epoch: BigInt(clamp.epoch), since: BigInt(clamp.since) }
    const sealing = new Sealing(out, clamped)
    sealing.folder(byteName(root), '')
    return sealing.end()
  } finally {
    closeSync(out)
  }
}

/** The stub, and the folders above it that only had to be copied up to make it. */
function removeStub(root: string, stub: string, lowers: readonly string[]): void {
  const stat = lstatSync(join(root, stub), { throwIfNoEntry: false })
  if (stat === undefined) return
  if (stat.isDirectory()) removeEmpty(join(root, stub))
  else if (stat.isFile() && stat.size === 0) unlinkSync(join(root, stub))
  for (let above = dirname(stub); above !== '.'; above = dirname(above))
    if (!isUnchanged(root, above, lowers) || !removeEmpty(join(root, above))) return
}

/** False where somebody put something into it. */
function removeEmpty(path: string): boolean {
  try {
    rmdirSync(path)
    return true
  } catch (error) {
    if (errnoOf(error) === 'ENOTEMPTY') return false
    throw error
  }
}

/** Whether the folder has owner and mode of the one below: nothing but what was made in it brought it here. */
function isUnchanged(root: string, path: string, lowers: readonly string[]): boolean {
  const lower = lowers
    .map((folder) => lstatSync(join(folder, path), { throwIfNoEntry: false }))
    .find((stat) => stat !== undefined)
  const upper = lstatSync(join(root, path))
  return (
    lower?.isDirectory() === true &&
    lower.mode === upper.mode &&
    lower.uid === upper.uid &&
    lower.gid === upper.gid &&
    !isOpaqueFolder(join(root, path))
  )
}

class Sealing {
  readonly #hash = sha256()
  readonly #packer: Packer
  readonly #clamp: Clamp | undefined
  readonly #linked = new Set<bigint>()
  #bytes = 0
  #size = 0
  #entries = 0

  constructor(out: number, clamp: Clamp | undefined) {
    this.#clamp = clamp
    this.#packer = new Packer((bytes) => {
      this.#hash.update(bytes)
      writeAll(out, bytes, 'the layer')
      this.#bytes += bytes.length
    })
  }

  /** The folder's own entry is its caller's business; `above` is its name with a slash, '' for the root. */
  folder(path: string, above: string): void {
    const fd = openSync(pathOf(path), folderOnly)
    try {
      const here = `/proc/self/fd/${fd}`
      if (above !== '' && isOpaqueDescriptor(fd)) this.#mark(above + opaqueName)
      for (const name of namesIn(fd).sort()) {
        // What fuse-overlayfs has besides the attribute, or instead of a device: the same marks by other means.
        if (name.startsWith(whiteoutPrefix)) {
          if (whiteoutIn(name).kind === 'hides' && !fuseMarks.has(name)) this.#mark(above + name)
          continue
        }
        const stat = lstatSync(pathOf(`${here}/${name}`), { bigint: true })
        if (isWhiteout(stat)) {
          this.#mark(`${above}.wh.${name}`)
          continue
        }
        this.#entry(above + name, `${here}/${name}`, stat)
        if (stat.isDirectory()) this.folder(`${here}/${name}`, `${above}${name}/`)
      }
    } finally {
      closeSync(fd)
    }
  }

  end(): Sealed {
    this.#packer.end()
    return {
      diffId: `sha256:${this.#hash.digest('hex')}`,
      size: this.#size,
      entries: this.#entries,
      bytes: this.#bytes,
      mapping: mappingHere(),
    }
  }

  #mark(name: string): void {
    this.#entries += 1
    this.#packer.addMark(name)
  }

  #entry(name: string, path: string, stat: BigIntStats): void {
    this.#entries += 1
    if (stat.isFile() && (stat.nlink === 1n || !this.#linked.has(stat.ino))) {
      this.#size += Number(stat.size)
      if (stat.nlink > 1n) this.#linked.add(stat.ino)
    }
    const clamp = this.#clamp
    if (clamp !== undefined && (stat.mtimeNs > clamp.epoch || stat.mtimeNs >= clamp.since)) {
      setTimes(path, clamp.epoch, clamp.epoch)
      stat.mtimeNs = clamp.epoch
    }
    this.#packer.add(name, path, stat)
  }
}
