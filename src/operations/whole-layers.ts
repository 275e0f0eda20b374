/** Before a container that is there already is started. */
import type { Context } from '../cli/context.ts'
import type { Container } from '../containers/store.ts'
import { isWhole, readLayer } from '../images/layers.ts'
import type { Digest } from '../oci/digest.ts'

/**
 * Unpacks again what a build had made just before the machine went down. One small file a layer where nothing is to be
 * done. @throws SampanError kind 'damaged' when the blob was lost as well
 */
export async function ensureWholeLayers({ record }: Container, { directories }: Context): Promise<void> {
  const { id, layers } = record.image
  const whole = (diffId: string) => {
    const layer = readLayer(directories.data, diffId as Digest)
    // One that has gone is another matter, and the start's to tell.
    return layer === undefined || isWhole(layer)
  }
  if (layers.every(whole)) return
  const { ImageStore } = await import('../images/store.ts')
  const { restoreLayers } = await import('../images/restore.ts')
  const store = new ImageStore(directories)
  const image = store.lookUp(id)
  if (image !== undefined) await restoreLayers(store, image)
}
