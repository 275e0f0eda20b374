/** `images`: which rows, in which order. How they look is the view's business (output/image-view). */
import type { Context } from '../cli/context.ts'
import { ImageStore } from '../images/store.ts'
import { parseFilters } from './filters.ts'
import { type ImageRow, imageFilters, imageRows } from './image-rows.ts'
import { imageUses } from './image-uses.ts'

export interface ImagesInput {
  readonly operands: readonly string[]
  readonly options: {
    readonly digests: boolean
    readonly filter: readonly string[]
    readonly sort?: string | undefined
  }
}

export function listImages({ operands, options }: ImagesInput, context: Context): ImageRow[] {
  return imageRows(new ImageStore(context.directories), {
    filters: parseFilters(options.filter, imageFilters),
    pattern: operands[0],
    digests: options.digests,
    used: () => usedImages(context),
  })
}

/** Ids of images that a container, running or not, was made from. */
export function usedImages(context: Context): ReadonlySet<string> {
  return new Set(imageUses(context.directories).flatMap(({ image }) => image ?? []))
}
