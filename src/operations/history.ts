/** `history`: how an image was made, newest step first, and what each step added. */
import type { Context } from '../cli/context.ts'
import { readLayer } from '../images/layers.ts'
import { type Image, ImageStore } from '../images/store.ts'
import type { Digest } from '../oci/digest.ts'
import type { HistoryEntry } from '../oci/image-config.ts'
import { familiarName } from '../oci/reference.ts'
import { checkPlatform } from './image-platform.ts'
import { readable } from './image-rows.ts'

export interface HistoryRow {
  /** The image's id on its own row, the newest; undefined for all steps before. */
  readonly id: Digest | undefined
  readonly tags: readonly string[]
  /** RFC 3339, undefined where the image does not say. */
  readonly created: string | undefined
  readonly createdBy: string
  readonly comment: string
  /** Bytes the step added, unpacked; 0 for one that made no layer, and for a layer that is not here. */
  readonly size: number
}

export interface HistoryInput {
  readonly operands: readonly string[]
  readonly options: { readonly platform: string | undefined }
}

export function history({ operands, options }: HistoryInput, context: Context): HistoryRow[] {
  const store = new ImageStore(context.directories)
  const image = store.find(operands[0] ?? '')
  checkPlatform(image, options.platform === undefined ? [] : [options.platform])
  const steps = withLayers(image.config.history, image.config.rootfs.diff_ids)
  return steps
    .map(([entry, layer], at) => ({
      ...(at === steps.length - 1 ? ofImage(image) : { id: undefined, tags: [] }),
      created: entry.created,
      createdBy: entry.created_by ?? '',
      comment: entry.comment ?? '',
      size: layer === undefined ? 0 : (readable(() => readLayer(store.data, layer)?.size) ?? 0),
    }))
    .reverse()
}

function ofImage(image: Image): Pick<HistoryRow, 'id' | 'tags'> {
  return { id: image.id, tags: image.names.filter(({ tag }) => tag !== undefined).map(familiarName) }
}

/** Steps and layers in pairs, oldest first. Images may tell less than they have: the rest of the layers stand alone. */
export function withLayers(
  entries: readonly HistoryEntry[],
  diffIds: readonly Digest[],
): [HistoryEntry, Digest | undefined][] {
  const left = [...diffIds]
  const steps = entries.map((entry): [HistoryEntry, Digest | undefined] => [
    entry,
    entry.empty_layer ? undefined : left.shift(),
  ])
  return [...steps, ...left.map((diffId): [HistoryEntry, Digest] => [{}, diffId])]
}
