/** `tag SOURCE TARGET [TARGET...]`: more names for one image. */
import type { Context } from '../cli/context.ts'
import { imageEvent } from '../containers/events.ts'
import { SampanError } from '../errors.ts'
import { copyList } from '../images/lists.ts'
import { ImageStore } from '../images/store.ts'
import { familiarName, parseReference, tryReference, withDefaultTag } from '../oci/reference.ts'

export function tag(input: { readonly operands: readonly string[] }, context: Context): number {
  const [source = '', ...targets] = input.operands
  const names = targets.map((target) => {
    const name = parseReference(target)
    if (name.digest !== undefined) {
      throw new SampanError('refusing to create a tag with a digest reference', {
        hint: 'a digest names one image by its content: give a name and a tag',
      })
    }
    return withDefaultTag(name)
  })
  const store = new ImageStore(context.directories)
  const image = store.find(source)
  const list = tryReference(source)
  for (const name of names) {
    store.tag(image, name)
    if (list !== undefined) copyList(store, list, name)
    imageEvent(context.directories, 'tag', image.id, familiarName(name))
  }
  return 0
}
