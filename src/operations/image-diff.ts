/** `image diff`: what an image changed of the one below it, or of another image. */
import type { Context } from '../cli/context.ts'
import { restoreLayers } from '../images/restore.ts'
import { ImageStore } from '../images/store.ts'
import type { Change } from '../jobs/compare.ts'
import { runJob } from '../platform/helper/inside.ts'

/** Without a second image: what its top layer changed of those below. Folders before what is in them. */
export async function diffImage(operands: readonly string[], { directories }: Context): Promise<Change[]> {
  const [which = '', other] = operands
  const store = new ImageStore(directories)
  const folders = async (name: string) => {
    const image = store.find(name)
    await restoreLayers(store, image)
    return image.layers.map(({ folder }) => folder).reverse()
  }
  const own = await folders(which)
  const base = other === undefined ? own.slice(1) : await folders(other)
  return JSON.parse(runJob(directories, 'compare', [...own, '--', ...base])) as Change[]
}
