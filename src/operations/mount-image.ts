/** `image mount` and `image unmount`. */
import type { Context } from '../cli/context.ts'
import { SampanError, usage } from '../errors.ts'
import { mountedImages, mountFolder, mountImage, unmountImage } from '../images/mounts.ts'
import { type Image, ImageStore } from '../images/store.ts'
import { type Digest, shortId } from '../oci/digest.ts'
import { familiarName } from '../oci/reference.ts'

export interface ImageMount {
  readonly id: Digest
  readonly names: readonly string[]
  readonly folder: string
}

export function listImageMounts({ directories }: Context): ImageMount[] {
  const store = new ImageStore(directories)
  return mountedImages(store).map((id) => {
    const names = store.lookUp(id)?.names ?? []
    return {
      id,
      names: names.filter(({ tag }) => tag !== undefined).map(familiarName),
      folder: mountFolder(store, id),
    }
  })
}

/** Mounts each; returns the folders in their order. */
export async function mountImages(
  operands: readonly string[],
  all: boolean,
  { directories }: Context,
): Promise<ImageMount[]> {
  const store = new ImageStore(directories)
  if (all && operands.length > 0) throw usage('give images by name, or --all')
  const images: Image[] = all ? store.list() : operands.map((name) => store.find(name))
  const mounts: ImageMount[] = []
  for (const image of images) {
    const names = image.names.filter(({ tag }) => tag !== undefined).map(familiarName)
    mounts.push({ id: image.id, names, folder: await mountImage(store, image) })
  }
  return mounts
}

/** Returns the ids of those that were mounted. `force`: one that was not is no error. */
export function unmountImages(
  operands: readonly string[],
  { all, force, dryRun }: { readonly all: boolean; readonly force: boolean; readonly dryRun: boolean },
  { directories }: Context,
): Digest[] {
  const store = new ImageStore(directories)
  if (all === operands.length > 0) throw usage('give images by name, or --all')
  const ids = all ? mountedImages(store) : operands.map((name) => idOf(store, name))
  return ids.filter((id) => {
    if (dryRun ? mountedImages(store).includes(id) : unmountImage(store, id)) return true
    if (all || force) return false
    throw new SampanError(`image ${shortId(id)} is not mounted`, {
      hint: '`sampan image mount` lists those that are',
    })
  })
}

/** Also of an image that was removed while it was mounted, by its id. */
function idOf(store: ImageStore, name: string): Digest {
  const image = store.lookUp(name)
  if (image !== undefined) return image.id
  const [id, another] = mountedImages(store).filter((each) =>
    each.slice(7).startsWith(name.replace(/^sha256:/, '')),
  )
  if (id !== undefined && another === undefined) return id
  return store.find(name).id
}
