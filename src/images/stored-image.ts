/** What images.json and the layout say of one image. */
import { join } from 'node:path'
import { SampanError } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import { shortId } from '../oci/digest.ts'
import type { ImageConfig } from '../oci/image-config.ts'
import { parseImageConfig } from '../oci/image-config.ts'
import type { Reference } from '../oci/reference.ts'
import { parseReference } from '../oci/reference.ts'
import { layerFolder, readLayer } from './layers.ts'
import type { ImagesRecord } from './record.ts'
import type { Image, ImageStore, Layer } from './store.ts'

/** Reads from the store as late as possible: most callers want ids and names only. */
export class StoredImage implements Image {
  readonly id: Digest
  readonly manifest: Digest
  readonly names: readonly Reference[]
  readonly added: string
  readonly tagged: string | undefined
  readonly #store: ImageStore
  #config: ImageConfig | undefined
  #layers: readonly Layer[] | undefined

  constructor(store: ImageStore, record: ImagesRecord, id: Digest, manifests: readonly Digest[]) {
    this.#store = store
    this.id = id
    this.manifest = manifests[0] as Digest
    const names: Reference[] = []
    let tagged: string | undefined
    for (const name of Object.keys(record.names).sort()) {
      const entry = record.names[name]
      if (entry === undefined || !manifests.includes(entry.manifest)) continue
      names.push(parseReference(name))
      if (tagged === undefined || entry.tagged > tagged) tagged = entry.tagged
    }
    this.names = names
    this.tagged = tagged
    this.added = record.manifests[this.manifest]?.added ?? ''
  }

  get config(): ImageConfig {
    this.#config ??= parseImageConfig(
      this.#store.readBlob(this.id).toString(),
      `configuration of image ${shortId(this.id)}`,
    )
    return this.#config
  }

  get layers(): readonly Layer[] {
    this.#layers ??= this.#readLayers()
    return this.#layers
  }

  get size(): number {
    return this.layers.reduce((sum, layer) => sum + layer.size, 0)
  }

  #readLayers(): Layer[] {
    const diffIds = this.config.rootfs.diff_ids
    return diffIds.flatMap((diffId, at) => {
      if (diffIds.indexOf(diffId, at + 1) >= 0) return []
      const record = readLayer(this.#store.data, diffId)
      if (record !== undefined) {
        const folder = join(layerFolder(this.#store.data, diffId), 'fs')
        return [{ diffId, folder, link: record.link, size: record.size }]
      }
      throw new SampanError(`image ${shortId(this.id)} is incomplete: layer ${diffId} is not unpacked`, {
        hint: 'pull or load the image again',
        kind: 'damaged',
      })
    })
  }
}
