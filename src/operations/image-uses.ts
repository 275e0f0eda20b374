/** Which containers stand on which images: what removal asks before it deletes. */
import { isLive } from '../containers/state.ts'
import type { Container } from '../containers/store.ts'
import { ContainerStore } from '../containers/store.ts'
import { SampanError } from '../errors.ts'
import type { ImageUse } from '../images/removal-rules.ts'
import type { Digest } from '../oci/digest.ts'
import type { Directories } from '../platform/host/directories.ts'

/** Read anew at every call. A container whose record is damaged is there with image undefined. */
export function imageUses(directories: Directories): ImageUse[] {
  return new ContainerStore(directories).list().flatMap(usesOf)
}

/** Its own image's, and one of each that it has mounted. */
function usesOf(container: Container): ImageUse[] {
  try {
    const { image, mounts } = container.record
    const mounted = mounts.filter((mount) => mount.type === 'image')
    return [image, ...mounted].map(({ id, layers }) => ({
      container: container.id,
      running: isRunning(container),
      image: id as Digest,
      layers: layers as readonly Digest[],
    }))
  } catch (error) {
    if (!(error instanceof SampanError)) throw error
    // Removed between the listing and the reading.
    if (error.kind === 'no-such-container') return []
    return [{ container: container.id, running: isRunning(container), image: undefined, layers: [] }]
  }
}

/** A damaged state says nothing: such a container counts as running, so its image stays. */
function isRunning(container: Container): boolean {
  try {
    return isLive(container.state())
  } catch (error) {
    if (error instanceof SampanError) return true
    throw error
  }
}
