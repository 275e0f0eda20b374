/** `untag IMAGE [NAME...]`: takes names away, never the image. */
import type { Context } from '../cli/context.ts'
import { imageEvent } from '../containers/events.ts'
import { SampanError } from '../errors.ts'
import { ImageStore } from '../images/store.ts'
import {
  familiarName,
  parseReference,
  type Reference,
  sameReference,
  withDefaultTag,
} from '../oci/reference.ts'

export interface UntagInput {
  readonly operands: readonly string[]
  readonly options: { readonly 'dry-run': boolean }
}

/** Without names: all of them. Nothing changes when one of those given is not the image's. */
export function untag({ operands, options }: UntagInput, context: Context): number {
  const [which = '', ...given] = operands
  const store = new ImageStore(context.directories)
  const image = store.find(which)
  const names = given.map((text) => withDefaultTag(parseReference(text)))
  for (const name of names)
    if (!image.names.some((own) => sameReference(own, name))) throw notKnown(name, which)
  for (const name of given.length === 0 ? image.names : names) {
    if (options['dry-run']) {
      context.out.write(`Would untag: ${familiarName(name)}\n`)
      continue
    }
    store.untag(name)
    imageEvent(context.directories, 'untag', image.id, familiarName(name))
  }
  return 0
}

function notKnown(name: Reference, image: string): SampanError {
  return new SampanError(`${familiarName(name)}: tag not known`, {
    hint: `\`sampan image inspect -f '{{.RepoTags}}' ${image}\` shows the names it has`,
    kind: 'no-such-image',
  })
}
