/** From a layer's bytes, as a registry or an archive has them, to an unpacked folder that a container can stand on. */
import { closeSync, mkdirSync, openSync, readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf, SampanError } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import { hexOf } from '../oci/digest.ts'
import { defined } from '../oci/json.ts'
import { publishFolder } from '../platform/files/folder.ts'
import { temporaryName } from '../platform/files/names.ts'
import { writeRecord } from '../platform/files/record.ts'
import { type Job, removeInside, startJob } from '../platform/helper/inside.ts'
import { bootId } from '../platform/host/boot-id.ts'
import type { Directories } from '../platform/host/directories.ts'
import { Lock } from '../platform/libc/lock.ts'
import { flushStore } from './flush.ts'
import { isWhole, type LayerRecord, layerFolder, type Mapping, makeLink, readLayer } from './layers.ts'
import { currentMapping } from './mapping.ts'

/**
 * Where the compressed (or plain) bytes come from: chunks as they arrive, an open descriptor that is read from its
 * position to its end and left open, a file's path, or a file that is being written.
 */
export type LayerSource = AsyncIterable<Uint8Array> | number | string | GrowingFile

/** The job reads the file itself, which saves two copies; and a slow unpacker does not hold up whoever writes it. */
export interface GrowingFile {
  readonly path: string
  /** Yields after every write, ends after the last one. */
  readonly writes: AsyncIterable<unknown>
}

/** Whether what was written is known to be on the disk. */
export type Durability = 'synced' | 'unsynced'

/** What the job prints, see src/jobs/unpack.ts. */
export interface Unpacked {
  readonly size: number
  readonly entries: number
  readonly mapping: Mapping
  readonly diffId: Digest
}

/**
 * Unpacks one layer and returns its record; one that is there already costs a file read (a stream is then drained).
 * Compression (none, gzip, zstd) is found by content. The work is done by one process in the user namespace. Many
 * processes may ask for the same layer at once: one works, the others wait. Throws SampanError when the bytes are no
 * archive, not the `diffId`, or cannot be written; nothing is left behind then.
 * @param unpacked called when the work is done and only the disk is waited for: time to begin with another layer
 */
export async function unpackLayer(
  directories: Directories,
  diffId: Digest,
  source: LayerSource,
  unpacked: () => void = () => undefined,
): Promise<LayerRecord> {
  const there = usableLayer(directories, diffId)
  if (there === undefined) return await unpackLocked(directories, diffId, source, unpacked)
  await drain(source)
  return there
}

/**
 * The record of a layer that is complete and whose owners fit the user namespace of today: one that was unpacked for
 * a single id is of no use after subuids were set up, nor the other way round. Nor is one that the machine may not have
 * written in whole when it went down.
 */
export function usableLayer(directories: Directories, diffId: Digest): LayerRecord | undefined {
  const record = readLayer(directories.data, diffId)
  if (record === undefined || !isWhole(record)) return undefined
  return record.mapping === currentMapping() ? record : undefined
}

/**
 * Unpacks a layer whose diffID is not known yet: it is that of what came. For import, commit and build.
 */
export async function unpackNewLayer(directories: Directories, source: LayerSource): Promise<LayerRecord> {
  const layers = join(directories.data, 'layers')
  mkdirSync(layers, { recursive: true, mode: 0o700 })
  const temporary = temporaryName(join(layers, 'new'))
  try {
    const unpacked = await runUnpack(directories, 'unknown', temporary, source)
    await flushStore(directories)
    return await placeLayer(directories, temporary, unpacked)
  } catch (error) {
    removeInside(directories, [temporary])
    throw error
  }
}

/**
 * Puts a filled folder in its place among the layers; where the same layer is there already it takes that, and `folder`
 * goes. What is there and in use (a build holds its layers for minutes, perhaps this very one) is not waited for.
 * @param durability `unsynced`: nobody has waited for the disk, and the layer is only good for this boot
 */
export async function placeLayer(
  directories: Directories,
  folder: string,
  unpacked: Unpacked,
  durability: Durability = 'synced',
): Promise<LayerRecord> {
  const path = `${layerFolder(directories.data, unpacked.diffId)}.lock`
  const { there, record } = await (async () => {
    using shared = Lock.tryTake(path, 'shared')
    const usable = shared === undefined ? undefined : usableLayer(directories, unpacked.diffId)
    shared?.release()
    if (usable !== undefined) return { there: true, record: usable }
    using _lock = await Lock.wait(path, 'exclusive')
    const meanwhile = usableLayer(directories, unpacked.diffId)
    if (meanwhile !== undefined) return { there: true, record: meanwhile }
    return { there: false, record: publishLayer(directories, folder, unpacked.diffId, unpacked, durability) }
  })()
  if (there) removeInside(directories, [folder])
  return record
}

async function unpackLocked(
  directories: Directories,
  diffId: Digest,
  source: LayerSource,
  unpacked: () => void,
): Promise<LayerRecord> {
  const folder = layerFolder(directories.data, diffId)
  mkdirSync(join(directories.data, 'layers'), { recursive: true, mode: 0o700 })
  // Not a blocking lock: other layers of the image are coming down beside this one.
  using _lock = await Lock.wait(`${folder}.lock`, 'exclusive', {
    what: `layer ${hexOf(diffId).slice(0, 12)}`,
  })
  const there = usableLayer(directories, diffId)
  if (there !== undefined) {
    await drain(source)
    return there
  }
  removeLeftovers(directories, diffId)
  const temporary = `${folder}.tmp-${process.pid}`
  try {
    const result = await runUnpack(directories, diffId, temporary, source)
    unpacked()
    await flushStore(directories)
    return publishLayer(directories, temporary, diffId, result)
  } catch (error) {
    removeInside(directories, [temporary])
    throw error
  }
}

/** Unpacks a tar into `folder`/fs, which is new: for a layer that is not whole yet (adopt.ts). */
export async function fillLayerFolder(
  directories: Directories,
  folder: string,
  source: AsyncIterable<Uint8Array>,
): Promise<void> {
  await runUnpack(directories, 'unknown', folder, source)
}

/** Gives a filled folder its link, its marker and its place. Call with the layer's lock held. */
function publishLayer(
  directories: Directories,
  temporary: string,
  diffId: Digest,
  unpacked: Unpacked,
  durability: Durability = 'synced',
): LayerRecord {
  const { size, entries, mapping } = unpacked
  const link = makeLink(directories.data, diffId)
  const durable = durability === 'synced'
  const boot = durable ? {} : { boot: bootId() }
  const record: LayerRecord = { version: 1, diffId, size, entries, link, mapping, ...boot }
  writeRecord(join(temporary, 'layer.json'), record, { durable })
  const folder = layerFolder(directories.data, diffId)
  if (!publishFolder(temporary, folder, { durable })) replaceUnfit(directories, temporary, folder)
  return record
}

async function runUnpack(
  directories: Directories,
  diffId: Digest | 'unknown',
  folder: string,
  source: LayerSource,
): Promise<Unpacked> {
  if (typeof source === 'string') {
    const file = openSync(source, 'r')
    try {
      return await runUnpack(directories, diffId, folder, file)
    } finally {
      closeSync(file)
    }
  }
  const stdin = typeof source === 'number' ? source : 'pipe'
  const growing = isGrowing(source)
  // Opened now: small blobs are whole, and have another name, before the job has begun.
  const file = growing ? openSync(source.path, 'r') : undefined
  // Made here and not by the job: one that outlives us makes nothing anew where the next attempt has cleaned up.
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  const words = [diffId, folder, ...(growing ? ['growing'] : [])]
  const job = startJob(directories, 'unpack', words, { stdin, ...defined({ file }) })
  if (file !== undefined) closeSync(file)
  // A job that fails while we still feed it: the feeder ends with a broken pipe, and the job's own words count.
  const output = job.output.catch((error: unknown) => ({ error }))
  if (typeof source !== 'number') await feed(job, growing ? rings(source.writes) : source)
  const result = await output
  if (typeof result !== 'string') throw result.error
  return JSON.parse(result) as Unpacked
}

function isGrowing(source: LayerSource): source is GrowingFile {
  return typeof source === 'object' && 'path' in source
}

const ring = new Uint8Array(1)

async function* rings(writes: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  for await (const _ of writes) yield ring
}

/** Throws what the source throws, after ending the job; a job that stopped reading ends the feeding quietly. */
async function feed(job: Job, source: AsyncIterable<Uint8Array>): Promise<void> {
  let listening = true
  const gone = job.output.then(
    () => undefined,
    () => {
      listening = false
    },
  )
  try {
    for await (const chunk of source) {
      if (!listening) continue
      try {
        const written = job.stdin.write(chunk)
        const flushed = written instanceof Promise ? written : job.stdin.flush()
        if (flushed instanceof Promise) await Promise.race([flushed, gone])
      } catch (error) {
        if (errnoOf(error) !== 'EPIPE') throw error
        listening = false
      }
    }
  } catch (error) {
    job.kill()
    await gone
    throw error
  }
  try {
    await job.stdin.end()
  } catch (error) {
    if (errnoOf(error) !== 'EPIPE') throw error
  }
}

/** Whoever gives a stream counts on its being read: the same bytes are being stored as a blob. */
async function drain(source: LayerSource): Promise<void> {
  if (typeof source === 'number' || typeof source === 'string') return
  for await (const _ of isGrowing(source) ? source.writes : source) {
    // Nothing to do with it.
  }
}

/** What a crash left of this layer. Call with the layer's lock held: then nobody else is filling such a folder. */
function removeLeftovers(directories: Directories, diffId: Digest): void {
  const hex = hexOf(diffId)
  const folder = join(directories.data, 'layers')
  const left = readdirSync(folder).filter((name) => name.startsWith(`${hex}.tmp-`))
  removeInside(
    directories,
    left.map((name) => join(folder, name)),
  )
}

/** The folder at `folder` has owners for another kind of user namespace, or no marker: this one takes its place. */
function replaceUnfit(directories: Directories, temporary: string, folder: string): void {
  const old = `${folder}.tmp-${process.pid}-unfit`
  renameSync(folder, old)
  if (!publishFolder(temporary, folder)) {
    throw new SampanError(`${folder} came back while it was being replaced`, {
      kind: 'conflict',
      hint: 'try again',
    })
  }
  removeInside(directories, [old])
}
