/** `--mount type=image`: the images whose files a new container is to see, found or pulled as its own is. */
import type { Context } from '../cli/context.ts'
import type { CreateRequest } from '../containers/request.ts'
import { ImageStore } from '../images/store.ts'
import type { ImageMount, MountRequest } from '../volumes/mounts.ts'
import { ensureImage } from './ensure-image.ts'
import type { OpenProgress } from './progress.ts'

/** The request with every image looked up. `held` keeps their layers until the container is there. */
export async function resolveImageMounts(
  request: CreateRequest,
  held: DisposableStack,
  context: Context,
  open?: OpenProgress,
): Promise<CreateRequest> {
  const mounts: MountRequest[] = []
  for (const mount of request.mounts) {
    if (mount.type !== 'image') {
      mounts.push(mount)
      continue
    }
    const { pull: policy, quiet, access } = request
    const fetching = { policy, platform: undefined, quiet, access }
    const image = await ensureImage(mount.source, fetching, context, open)
    held.use(new ImageStore(context.directories).hold(image))
    const found: ImageMount = {
      ...mount,
      id: image.id,
      layers: image.layers.map(({ diffId }) => diffId),
      links: image.layers.map(({ link }) => link),
    }
    mounts.push(found)
  }
  return { ...request, mounts }
}
