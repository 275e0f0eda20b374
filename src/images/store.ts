/**
 * Images by name and id. Reading takes no lock and opens as little as it must: names and ids come from images.json,
 * configuration and layers are read when somebody looks at them. Writing is in catalog.ts, removal in remove.ts.
 */

import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf, SampanError } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import { hexOf, shortId } from '../oci/digest.ts'
import type { ImageConfig } from '../oci/image-config.ts'
import type { Manifest } from '../oci/manifest.ts'
import { parseManifest } from '../oci/manifest.ts'
import type { Reference } from '../oci/reference.ts'
import { fullName } from '../oci/reference.ts'
import { writeWhole } from '../platform/files/record.ts'
import type { Directories } from '../platform/host/directories.ts'
import { digestOf } from '../platform/host/sha256.ts'
import { Lock } from '../platform/libc/lock.ts'
import { addImage, nameImage, readCatalog, unnameImage } from './catalog.ts'
import { layerFolder, readLayer } from './layers.ts'
import { findId, noSuchImage } from './names.ts'
import type { ImagesRecord } from './record.ts'
import { StoredImage } from './stored-image.ts'

export interface Layer {
  readonly diffId: Digest
  /** `DATA/layers/HEX/fs` */
  readonly folder: string
  /** Short name in `DATA/l/`. */
  readonly link: string
  /** Bytes of its regular files. */
  readonly size: number
}

/** A named or dangling image. `config`, `layers` and `size` are read on first use and may throw (damaged). */
export interface Image {
  /** Digest of the configuration: what Docker calls the image id. */
  readonly id: Digest
  /** Digest of the manifest. */
  readonly manifest: Digest
  /** Tags and digests (`x:latest`, `x@sha256:…`), sorted by whole name. */
  readonly names: readonly Reference[]
  /** When it came here, RFC 3339. */
  readonly added: string
  /** When it was last given a name, RFC 3339; undefined without one. */
  readonly tagged: string | undefined
  readonly config: ImageConfig
  /** Lowest first; a layer that the image has twice is there once, at its upper place: that is the same union. */
  readonly layers: readonly Layer[]
  /** Bytes of all layers, unpacked. */
  readonly size: number
}

export interface NewImage {
  readonly manifest: Digest
  /** What the manifest is served as. */
  readonly mediaType: string
  /** Names to give; a name that another image has moves here. Empty: the image is dangling. */
  readonly names: readonly Reference[]
}

export class ImageStore {
  readonly directories: Directories

  constructor(directories: Directories) {
    this.directories = directories
  }

  get data(): string {
    return this.directories.data
  }

  /** Every image, newest arrival first. */
  list(): Image[] {
    const record = readCatalog(this.data)
    const ids = new Map<Digest, Digest[]>()
    for (const manifest of Object.keys(record.manifests) as Digest[]) {
      const config = record.manifests[manifest]?.config
      if (config === undefined) continue
      const known = ids.get(config)
      if (known === undefined) ids.set(config, [manifest])
      else known.push(manifest)
    }
    return Array.from(ids, ([id, manifests]) => new StoredImage(this, record, id, manifests)).sort((a, b) =>
      a.added < b.added ? 1 : a.added > b.added ? -1 : 0,
    )
  }

  /**
   * By name (`x`, `x:tag`, `x@sha256:…`), id, or a prefix of the id that only one image has.
   * @throws SampanError kind 'no-such-image', Docker's words: `No such image: x:latest`
   */
  find(nameOrId: string): Image {
    const image = this.lookUp(nameOrId)
    if (image === undefined) throw noSuchImage(nameOrId)
    return image
  }

  /** As `find`, undefined where there is none. Still throws for what can be no name and for an ambiguous prefix. */
  lookUp(nameOrId: string): Image | undefined {
    const record = readCatalog(this.data)
    const id = findId(record, nameOrId)
    return id === undefined ? undefined : this.#image(record, id)
  }

  /** The image a whole reference names, tag and digest taken literally; no ids. */
  named(reference: Reference): Image | undefined {
    const record = readCatalog(this.data)
    const manifest = record.names[fullName(reference)]?.manifest
    const id = manifest === undefined ? undefined : record.manifests[manifest]?.config
    return id === undefined ? undefined : this.#image(record, id, manifest)
  }

  #image(record: ImagesRecord, id: Digest, first?: Digest): Image {
    const manifests = (Object.keys(record.manifests) as Digest[]).filter(
      (manifest) => record.manifests[manifest]?.config === id,
    )
    if (first !== undefined) manifests.sort((a, b) => Number(b === first) - Number(a === first))
    return new StoredImage(this, record, id, manifests)
  }

  /**
   * Makes a manifest an image. Its blobs must be in the layout and its layers unpacked.
   * @throws SampanError kind 'damaged' naming the blob or layer that is missing: another process may have removed it
   * while this one was pulling; whoever called fetches it again.
   */
  add(image: NewImage): Image {
    return this.find(addImage(this, image))
  }

  /** Gives an image one more name; the name moves if another image had it. */
  tag(image: Pick<Image, 'manifest'>, name: Reference): void {
    nameImage(this, image.manifest, [name])
  }

  /** Takes one name away, whatever it names. The image stays, dangling if this was the last one. */
  untag(name: Reference): void {
    unnameImage(this, [name])
  }

  /**
   * Keeps the layers of an image where they are while a container is made from it: shared locks, released by
   * `using` or `release()`, after the container's own record is in place.
   * @throws SampanError kind 'no-such-image' when the image was removed in the meantime
   */
  hold(image: Image): Disposable {
    const locks = new DisposableStack()
    try {
      for (const { diffId } of image.layers) {
        locks.use(Lock.take(`${layerFolder(this.data, diffId)}.lock`, 'shared'))
        if (readLayer(this.data, diffId) === undefined) throw noSuchImage(shortId(image.id))
      }
      return locks
    } catch (error) {
      locks.dispose()
      throw error
    }
  }

  /** `DATA/oci/blobs/sha256/HEX`, whether or not it exists. */
  blobPath(digest: Digest): string {
    return join(this.data, 'oci/blobs/sha256', hexOf(digest))
  }

  hasBlob(digest: Digest): boolean {
    return existsSync(this.blobPath(digest))
  }

  /**
   * A small blob (manifest, configuration), verified.
   * @throws SampanError kind 'damaged' when it is missing or its bytes are not its name's
   */
  readBlob(digest: Digest): Buffer {
    const path = this.blobPath(digest)
    let bytes: Buffer
    try {
      bytes = readFileSync(path)
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error
      throw new SampanError(`blob ${digest} is missing`, { hint: 'pull the image again', kind: 'damaged' })
    }
    if (digestOf(bytes) === digest) return bytes
    throw new SampanError(`blob ${digest} is damaged: its bytes have another digest`, {
      hint: `remove ${path} and pull the image again`,
      kind: 'damaged',
    })
  }

  /** Puts a small blob into the layout, durably; the same bytes twice are one blob. */
  writeBlob(bytes: Uint8Array | string): Digest {
    const digest = digestOf(bytes)
    if (this.#isWhole(digest)) return digest
    mkdirSync(join(this.data, 'oci/blobs/sha256'), { recursive: true, mode: 0o700 })
    writeWhole(this.blobPath(digest), bytes)
    return digest
  }

  #isWhole(digest: Digest): boolean {
    try {
      this.readBlob(digest)
      return true
    } catch (error) {
      if (error instanceof SampanError && error.kind === 'damaged') return false
      throw error
    }
  }

  /** The manifest blob, parsed. */
  readManifest(digest: Digest): Manifest {
    const manifest = parseManifest(this.readBlob(digest).toString(), undefined, `manifest ${shortId(digest)}`)
    if (manifest.kind === 'manifest') return manifest
    throw new SampanError(`manifest ${shortId(digest)} is a list of manifests`, { kind: 'damaged' })
  }
}
