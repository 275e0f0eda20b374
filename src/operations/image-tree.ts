/** `image tree`: the layers of an image, and which other images end at each of them. */
import type { Context } from '../cli/context.ts'
import { readLayer } from '../images/layers.ts'
import { type Image, ImageStore } from '../images/store.ts'
import type { Digest } from '../oci/digest.ts'
import { familiarName } from '../oci/reference.ts'
import { readable } from './image-rows.ts'

export interface ImageTree {
  readonly id: Digest
  readonly tags: readonly string[]
  /** Bytes of all layers, unpacked. */
  readonly size: number
  /** Lowest first. */
  readonly layers: readonly TreeLayer[]
}

export interface TreeLayer {
  readonly diffId: Digest
  readonly size: number
  /** Names of images whose last layer this is. */
  readonly topOf: readonly string[]
}

export function imageTree(name: string, { directories }: Context): ImageTree {
  const store = new ImageStore(directories)
  const image = store.find(name)
  const tops = topsOf(store)
  const diffIds = image.config.rootfs.diff_ids
  const layers = diffIds.map((diffId, at) => ({
    diffId,
    size: readable(() => readLayer(store.data, diffId)?.size) ?? 0,
    topOf: tops.get(diffIds.slice(0, at + 1).join()) ?? [],
  }))
  return { id: image.id, tags: tagsOf(image), size: image.size, layers }
}

/** An image that stands on another one, with the layers it adds. */
export interface Dependant {
  readonly id: Digest
  readonly tags: readonly string[]
  readonly layers: readonly TreeLayer[]
}

/** The images whose lowest layers are all those of this one. */
export function whatRequires(name: string, { directories }: Context): Dependant[] {
  const store = new ImageStore(directories)
  const base = store.find(name)
  const below = base.config.rootfs.diff_ids
  return store.list().flatMap((image) => {
    const diffIds = readable(() => image.config.rootfs.diff_ids) ?? []
    const stands = diffIds.length > below.length && below.every((diffId, at) => diffIds[at] === diffId)
    if (!stands) return []
    const layers = diffIds.slice(below.length).map((diffId) => ({
      diffId,
      size: readable(() => readLayer(store.data, diffId)?.size) ?? 0,
      topOf: [],
    }))
    return [{ id: image.id, tags: tagsOf(image), layers }]
  })
}

/** Names of images by their whole stack of layers: the same layer on others is another image. */
function topsOf(store: ImageStore): ReadonlyMap<string, string[]> {
  const tops = new Map<string, string[]>()
  for (const image of store.list()) {
    const stack = readable(() => image.config.rootfs.diff_ids.join())
    if (stack === undefined) continue
    tops.set(stack, [...(tops.get(stack) ?? []), ...tagsOf(image)])
  }
  return tops
}

function tagsOf(image: Image): string[] {
  return image.names.filter(({ tag }) => tag !== undefined).map(familiarName)
}
