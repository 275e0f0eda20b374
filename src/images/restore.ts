/** Layers of an image that are not fit to run on: unpacked again from the layout, without a registry. */
import { SampanError } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import { shortId } from '../oci/digest.ts'
import type { Image, ImageStore } from './store.ts'
import { unpackLayer, usableLayer } from './unpack.ts'

/**
 * Makes every layer usable: one that is gone, or whose owners are for another kind of user namespace (unpacked before
 * subuids were set up, or before they were taken away). Costs one small file a layer where all is well.
 * @throws SampanError kind 'damaged' when a blob that is needed is gone too
 */
export async function restoreLayers(store: ImageStore, image: Image): Promise<void> {
  const diffIds = image.config.rootfs.diff_ids
  if (diffIds.every((diffId) => usableLayer(store.directories, diffId) !== undefined)) return
  const { layers } = store.readManifest(image.manifest)
  for (const [at, diffId] of diffIds.entries()) {
    if (usableLayer(store.directories, diffId) !== undefined) continue
    const blob = layers[at]?.digest as Digest
    if (!store.hasBlob(blob)) {
      throw new SampanError(`image ${shortId(image.id)} is incomplete: the blob ${blob} is missing`, {
        hint: 'pull or load the image again',
        kind: 'damaged',
      })
    }
    await unpackStored(store, image, diffId, blob)
  }
}

/** @throws SampanError kind 'damaged' for a blob that is not what its name says */
async function unpackStored(store: ImageStore, image: Image, diffId: Digest, blob: Digest): Promise<void> {
  try {
    await unpackLayer(store.directories, diffId, store.blobPath(blob))
  } catch (error) {
    if (!(error instanceof SampanError) || error.hint !== undefined) throw error
    throw new SampanError(`image ${shortId(image.id)}: its layer ${shortId(diffId)}: ${error.message}`, {
      hint: 'pull it again, or build it again where it was built here',
      kind: 'damaged',
      cause: error,
    })
  }
}
