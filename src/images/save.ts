/**
 * Images to an archive. What is written is an OCI layout in every format; docker's has `manifest.json` beside it, as
 * Docker writes since version 25, so that old and new readers find what they look for. Blobs go out as they are stored:
 * nothing is compressed or packed again. The same images give the same bytes: names sorted, times of 1970.
 */
import type { Digest } from '../oci/digest.ts'
import { hexOf } from '../oci/digest.ts'
import { defined } from '../oci/json.ts'
import type { Manifest } from '../oci/manifest.ts'
import { mediaType } from '../oci/media-types.ts'
import type { Reference } from '../oci/reference.ts'
import { fullName } from '../oci/reference.ts'
import { blobName } from './archive-read.ts'
import { saveReferrers } from './archive-referrers.ts'
import { findList, manifestsOf, type StoredList } from './lists.ts'
import { FileCollection, type SavedFiles } from './save-collection.ts'
import type { Image, ImageStore } from './store.ts'
import { inFormat, ociTwin } from './twins.ts'

/** `docker-dir` is skopeo's `dir:`: a registry's manifest, and its blobs, of one image. */
export type ArchiveFormat = 'docker-archive' | 'oci-archive' | 'docker-dir'

/** An image and the names that go with it; none for one that was asked for by its id. */
export interface SavedImage {
  readonly image: Pick<Image, 'manifest'>
  readonly names: readonly Reference[]
  /** Whether names that stand for several platforms here are saved with all of them. */
  readonly lists?: boolean
  /** What goes out under these names in its place. */
  readonly list?: StoredList
}

/** @throws SampanError kind 'damaged' when a blob is missing or has another size than its manifest says */
export function openSaved(
  store: ImageStore,
  images: readonly SavedImage[],
  format: ArchiveFormat,
): SavedFiles {
  const files = new FileCollection(store)
  try {
    if (format === 'docker-dir') {
      for (const { image } of images) addPlainly(store, files, image)
      return files.finish()
    }
    const archive = new Builder(store, files, format)
    for (const saved of images) archive.add(saved)
    archive.finish()
    return files.finish()
  } catch (error) {
    files[Symbol.dispose]()
    throw error
  }
}

/** As skopeo's `dir:`. */
function addPlainly(store: ImageStore, files: FileCollection, image: SavedImage['image']): void {
  const manifest = store.readManifest(image.manifest)
  for (const blob of [manifest.config, ...manifest.layers]) files.blob(hexOf(blob.digest), blob)
  files.bytes('manifest.json', inFormat(manifest, store.readBlob(image.manifest).toString(), 'docker'))
  files.bytes('version', 'Directory Transport Version: 1.1\n')
}

class Builder {
  readonly #store: ImageStore
  readonly #files: FileCollection
  readonly #format: ArchiveFormat
  readonly #index: object[] = []
  readonly #docker: object[] = []
  /** Manifests and lists that something may refer to. */
  readonly #subjects: Digest[] = []

  constructor(store: ImageStore, files: FileCollection, format: ArchiveFormat) {
    this.#store = store
    this.#files = files
    this.#format = format
  }

  add({ image, names, lists = false, list: given }: SavedImage): void {
    const manifest = this.#store.readManifest(image.manifest)
    this.#blobs(manifest)
    const listed = this.#manifest(image, manifest)
    for (const name of names.length === 0 ? [undefined] : names) {
      const annotations = name === undefined ? undefined : annotationsFor(name, this.#format)
      const list = given ?? (name === undefined || !lists ? undefined : findList(this.#store, name))
      const entry = list === undefined ? listed : this.#list(list)
      this.#index.push({ ...entry, ...defined({ annotations }) })
    }
    this.#docker.push({
      Config: blobName(manifest.config.digest),
      // Whole names: podman takes a short one for `localhost/…`.
      RepoTags: names.length === 0 ? null : names.map(fullName),
      Layers: manifest.layers.map(({ digest }) => blobName(digest)),
    })
  }

  #blobs({ config, layers }: Manifest): void {
    for (const blob of [config, ...layers]) this.#files.blob(blobName(blob.digest), blob)
  }

  #list({ index, text, digest, size, mediaType: type }: StoredList) {
    for (const { descriptor, text: document, manifest } of manifestsOf(this.#store, index)) {
      this.#files.bytes(blobName(descriptor.digest), document)
      this.#subjects.push(descriptor.digest)
      if (manifest.kind === 'manifest') this.#blobs(manifest)
    }
    this.#files.bytes(blobName(digest), text)
    this.#subjects.push(digest)
    return { mediaType: type, digest, size }
  }

  /** Readers of OCI layouts know only OCI's media types; Docker's own archive keeps the manifest byte for byte. */
  #manifest(image: SavedImage['image'], manifest: Manifest) {
    const translated = this.#format === 'oci-archive' && manifest.mediaType === mediaType.dockerManifest
    const bytes = translated ? Buffer.from(ociTwin(manifest)) : this.#store.readBlob(image.manifest)
    const digest = translated ? this.#store.writeBlob(bytes) : image.manifest
    this.#files.bytes(blobName(digest), bytes)
    this.#subjects.push(digest)
    return { mediaType: translated ? mediaType.ociManifest : manifest.mediaType, digest, size: bytes.length }
  }

  finish(): void {
    const json = (name: string, value: unknown) => this.#files.bytes(name, JSON.stringify(value))
    json('oci-layout', { imageLayoutVersion: '1.0.0' })
    const annotations = saveReferrers(this.#store, this.#files, this.#subjects)
    const index = { schemaVersion: 2, mediaType: mediaType.ociIndex, manifests: this.#index }
    json('index.json', { ...index, ...defined({ annotations }) })
    if (this.#format === 'docker-archive') json('manifest.json', this.#docker)
  }
}

/** What containerd and Docker, and what podman and skopeo call an image in an index. */
function annotationsFor(name: Reference, format: ArchiveFormat): Readonly<Record<string, string>> {
  const refName = 'org.opencontainers.image.ref.name'
  if (format === 'oci-archive') return { [refName]: fullName(name) }
  return {
    'io.containerd.image.name': fullName(name),
    ...(name.tag === undefined ? {} : { [refName]: name.tag }),
  }
}
