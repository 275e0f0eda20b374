/** What images take on disk: unpacked layers and blobs, each counted once, whoever shares them. */
import type { Digest } from '../oci/digest.ts'
import { readCatalog } from './catalog.ts'
import { type Needs, needsOf } from './collect.ts'
import { sizeOfBlobs, sizeOfLayers } from './delete.ts'
import type { ImagesRecord } from './record.ts'
import type { ImageStore } from './store.ts'

export interface ImageUsage {
  readonly id: Digest
  /** Bytes of layers, unpacked, that other images have too; and that no other has. */
  readonly shared: number
  readonly unique: number
}

export interface ImagesUsage {
  readonly images: readonly ImageUsage[]
  /** Bytes on disk of all images together. */
  readonly bytes: number
  /** Of these, what would go with the images that are not `used`; layers that a container stands on stay. */
  readonly reclaimable: number
}

/**
 * @param used ids of images that containers use
 * @param held layers that containers stand on, whether their images are there or not
 */
export function imagesUsage(
  store: ImageStore,
  used: ReadonlySet<Digest>,
  held: ReadonlySet<Digest>,
): ImagesUsage {
  const record = readCatalog(store.data)
  const perImage = needsPerImage(store, record)
  const all = union([...perImage.values()])
  const kept = union([...perImage].filter(([id]) => used.has(id)).map(([, needs]) => needs))
  const spareLayers = [...all.layers].filter((diffId) => !kept.layers.has(diffId) && !held.has(diffId))
  const spareBlobs = [...all.blobs].filter((digest) => !kept.blobs.has(digest))
  const users = countUsers([...perImage.values()])
  return {
    images: Array.from(perImage, ([id, { layers }]) => {
      const own = [...layers].filter((diffId) => users.get(diffId) === 1)
      const unique = sizeOfLayers(store, own)
      return { id, unique, shared: sizeOfLayers(store, layers) - unique }
    }),
    bytes: sizeOfLayers(store, all.layers) + sizeOfBlobs(store, all.blobs),
    reclaimable: sizeOfLayers(store, spareLayers) + sizeOfBlobs(store, spareBlobs),
  }
}

function needsPerImage(store: ImageStore, record: ImagesRecord): Map<Digest, Needs> {
  const manifests = new Map<Digest, Set<Digest>>()
  for (const [manifest, { config }] of Object.entries(record.manifests)) {
    manifests.set(config, (manifests.get(config) ?? new Set()).add(manifest as Digest))
  }
  return new Map(Array.from(manifests, ([id, own]) => [id, needsOf(store, record, own)]))
}

function union(all: readonly Needs[]): Needs {
  return {
    blobs: new Set(all.flatMap(({ blobs }) => [...blobs])),
    layers: new Set(all.flatMap(({ layers }) => [...layers])),
  }
}

/** In how many images each layer is. */
function countUsers(all: readonly Needs[]): ReadonlyMap<Digest, number> {
  const users = new Map<Digest, number>()
  for (const { layers } of all) for (const diffId of layers) users.set(diffId, (users.get(diffId) ?? 0) + 1)
  return users
}
