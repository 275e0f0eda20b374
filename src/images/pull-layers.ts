/** The layers of a pull: which are missing, and how they come, several at a time. */

import { createReadStream, rmSync } from 'node:fs'
import { errnoOf, SampanError } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import { hexOf, shortId } from '../oci/digest.ts'
import type { ImageConfig } from '../oci/image-config.ts'
import type { Descriptor, Manifest } from '../oci/manifest.ts'
import { compressionOf } from '../oci/media-types.ts'
import type { Reference } from '../oci/reference.ts'
import { sha256 } from '../platform/host/sha256.ts'
import type { Registry } from '../platform/registry/registry.ts'
import { Download } from './download.ts'
import { inParallel } from './parallel.ts'
import type { ImageStore } from './store.ts'
import { unpackLayer, usableLayer } from './unpack.ts'

/** What happens to one layer, for whoever shows it. `bytes` are those of the compressed blob. */
export type LayerPhase = 'waiting' | 'exists' | 'downloading' | 'downloaded' | 'complete'

export interface PullObserver {
  /** Every layer once, lowest first, before the first byte. */
  layers(layers: readonly Descriptor[]): void
  layer(digest: Digest, phase: LayerPhase, bytes: number): void
}

/** Docker's number. */
export const defaultJobs = 3

export interface PairedLayer {
  readonly blob: Descriptor
  readonly diffId: Digest
}

/** Blob and diffID of each layer, every pair once; types that cannot be unpacked are refused before any download. */
export function pairLayers(manifest: Manifest, config: ImageConfig): PairedLayer[] {
  const pairs = new Map<string, PairedLayer>()
  manifest.layers.forEach((blob, at) => {
    compressionOf(blob.mediaType)
    const diffId = config.rootfs.diff_ids[at] as Digest
    pairs.set(`${blob.digest} ${diffId}`, { blob, diffId })
  })
  return Array.from(pairs.values())
}

/**
 * Brings every layer that is not here, blob and folder.
 * @param jobs how many at a time
 * @throws SampanError: what ended the first layer that failed; whole layers and parts of blobs stay for the next try
 */
export async function pullLayers(
  store: ImageStore,
  registry: Registry,
  reference: Reference,
  layers: readonly PairedLayer[],
  observer: PullObserver,
  jobs: number,
): Promise<void> {
  await inParallel(missingLayers(store, layers, observer), jobs, (layer, ...control) =>
    pullLayer(store, registry, reference, layer, observer, ...control),
  )
}

/** Tells of every layer whether it is here, and returns those that are not. */
function missingLayers(
  store: ImageStore,
  layers: readonly PairedLayer[],
  observer: PullObserver,
): readonly PairedLayer[] {
  return layers.filter(({ blob, diffId }) => {
    const here = store.hasBlob(blob.digest) && usableLayer(store.directories, diffId) !== undefined
    observer.layer(blob.digest, here ? 'exists' : 'waiting', here ? blob.size : 0)
    return !here
  })
}

async function pullLayer(
  store: ImageStore,
  registry: Registry,
  reference: Reference,
  { blob, diffId }: PairedLayer,
  observer: PullObserver,
  stopped: () => boolean,
  passOn: () => void,
): Promise<void> {
  using download = await Download.claim(store, blob)
  if (download === undefined) {
    observer.layer(blob.digest, 'downloaded', blob.size)
    try {
      await unpackLayer(store.directories, diffId, store.blobPath(blob.digest), passOn)
    } catch (error) {
      if (!(await discardDamaged(store, blob.digest))) throw error
      return await pullLayer(store, registry, reference, { blob, diffId }, observer, stopped, passOn)
    }
  } else {
    const open = (offset: number) => registry.blob(reference, blob.digest, offset)
    const writes = download.bytes(open, (received) => {
      if (stopped())
        throw new SampanError(`download of ${shortId(blob.digest)} stopped: another layer failed`)
      observer.layer(blob.digest, received < blob.size ? 'downloading' : 'downloaded', received)
    })
    await unpackLayer(store.directories, diffId, { path: download.path, writes }, passOn)
    await download.finish()
  }
  observer.layer(blob.digest, 'complete', blob.size)
}

/** A blob that is kept and not unpacked: of an image for another platform, or of something that refers to one. */
export async function pullBlob(
  store: ImageStore,
  registry: Registry,
  reference: Reference,
  blob: Descriptor,
  stopped: () => boolean = () => false,
): Promise<void> {
  using download = await Download.claim(store, blob)
  if (download === undefined) return
  const received = () => {
    if (stopped()) throw new SampanError(`download of ${shortId(blob.digest)} stopped: another one failed`)
  }
  for await (const _ of download.bytes((at) => registry.blob(reference, blob.digest, at), received)) {
    // It is on the disk when it comes here.
  }
  await download.finish()
}

/** Removes a blob whose bytes are no longer those of its name. @returns whether it is gone, by us or by an `rmi` */
async function discardDamaged(store: ImageStore, digest: Digest): Promise<boolean> {
  const path = store.blobPath(digest)
  const hash = sha256()
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }))
      hash.update(chunk as Uint8Array)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return true
    throw error
  }
  if (hash.digest('hex') === hexOf(digest)) return false
  rmSync(path, { force: true })
  return true
}
