/**
 * A folder that a step of a build has filled becomes a layer where it stands: nothing is unpacked, or copied, again. Nor
 * is the disk waited for, which would write the context's own new files as well: docs/decisions/0006-layers-from-tar.md.
 */
import { mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { SealOrder } from '../jobs/seal-layer.ts'
import type { Digest } from '../oci/digest.ts'
import type { Descriptor } from '../oci/manifest.ts'
import { mediaType } from '../oci/media-types.ts'
import { temporaryName } from '../platform/files/names.ts'
import { removeInside, startJob } from '../platform/helper/inside.ts'
import type { LayerRecord } from './layers.ts'
import type { ImageStore } from './store.ts'
import { placeLayer, type Unpacked } from './unpack.ts'

export interface SealOptions {
  /** Nanoseconds: what the step changed gets this time; undefined: times stay. */
  readonly epoch: bigint | undefined
  /** Nanoseconds: when the step began. */
  readonly since: bigint
  /** Paths without a slash before them, deepest first: what was made to mount on, to go where it is empty. */
  readonly stubs: readonly string[]
  /** Folders of the layers below, the top one first. */
  readonly lowers: readonly string[]
}

export interface AdoptedLayer {
  readonly layer: LayerRecord
  /** The layer's tar in the layout. */
  readonly blob: Descriptor
}

/** A folder beside the layers, to be filled at `fs/` and adopted. Left alone, it goes when this process has ended. */
export function newLayerFolder(store: ImageStore): string {
  const layers = join(store.data, 'layers')
  mkdirSync(layers, { recursive: true, mode: 0o700 })
  const folder = temporaryName(join(layers, 'new'))
  mkdirSync(folder, { mode: 0o700 })
  return folder
}

/**
 * Takes `folder` (of `newLayerFolder`) for good, whatever happens. Nobody else may be writing to it any more.
 * @throws SampanError when it cannot be read or the disk is full; nothing is left then
 */
export async function adoptLayer(
  store: ImageStore,
  folder: string,
  options: SealOptions,
): Promise<AdoptedLayer> {
  const tar = temporaryName(join(store.data, 'oci/partial/archive'))
  mkdirSync(dirname(tar), { recursive: true, mode: 0o700 })
  try {
    const { epoch, since, stubs, lowers } = options
    const clamp = epoch === undefined ? null : { epoch: String(epoch), since: String(since) }
    const order: SealOrder = { folder, tar, clamp, stubs, lowers }
    const job = startJob(store.directories, 'seal-layer', [JSON.stringify(order)])
    const sealed = JSON.parse(await job.output) as Unpacked & { readonly bytes: number }
    const blob = { mediaType: mediaType.ociLayer, digest: sealed.diffId, size: sealed.bytes }
    placeTar(store, tar, sealed.diffId)
    return { layer: await placeLayer(store.directories, folder, sealed, 'unsynced'), blob }
  } catch (error) {
    rmSync(tar, { force: true })
    removeInside(store.directories, [folder])
    throw error
  }
}

function placeTar(store: ImageStore, tar: string, digest: Digest): void {
  const path = store.blobPath(digest)
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  renameSync(tar, path)
}
