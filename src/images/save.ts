/**
 * Images to an archive. What is written is an OCI layout in every format; docker's has `manifest.json` beside it, as
 * Docker writes since version 25, so that old and new readers find what they look for. Blobs go out as they are stored:
 * nothing is compressed or packed again. The same images give the same bytes: names sorted, times of 1970.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { errnoOf, SampanError } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import { hexOf, shortId } from '../oci/digest.ts'
import { defined } from '../oci/json.ts'
import type { Manifest } from '../oci/manifest.ts'
import { mediaType } from '../oci/media-types.ts'
import type { Reference } from '../oci/reference.ts'
import { fullName } from '../oci/reference.ts'
import { ociTwin } from './layout.ts'
import { findList, manifestsOf, type StoredList } from './lists.ts'
import type { Image, ImageStore } from './store.ts'

export type ArchiveFormat = 'docker-archive' | 'oci-archive'

/** An image and the names that go with it; none for one that was asked for by its id. */
export interface SavedImage {
  readonly image: Pick<Image, 'manifest'>
  readonly names: readonly Reference[]
  /** Whether names that stand for several platforms here are saved with all of them. */
  readonly lists?: boolean
}

/** One file of an archive: bytes, or a blob that is open. */
export interface SavedFile {
  readonly name: string
  readonly size: number
  /** Calls `write` with the bytes, piece by piece; a piece is only good during the call. Signals are heard in between. */
  copyTo(write: (piece: Uint8Array) => void): Promise<void>
}

/** Every blob is open: from here on a removal by another command takes nothing away. */
export interface SavedFiles extends Disposable {
  /** Sorted by name. */
  readonly files: readonly SavedFile[]
}

/** @throws SampanError kind 'damaged' when a blob is missing or has another size than its manifest says */
export function openSaved(
  store: ImageStore,
  images: readonly SavedImage[],
  format: ArchiveFormat,
): SavedFiles {
  const archive = new Builder(store)
  try {
    for (const saved of images) archive.add(saved, format)
    return archive.finish(format)
  } catch (error) {
    archive[Symbol.dispose]()
    throw error
  }
}

class Builder implements Disposable {
  readonly #store: ImageStore
  readonly #files = new Map<string, SavedFile>()
  readonly #open = new DisposableStack()
  readonly #index: object[] = []
  readonly #docker: object[] = []

  constructor(store: ImageStore) {
    this.#store = store
  }

  add({ image, names, lists = false }: SavedImage, format: ArchiveFormat): void {
    const manifest = this.#store.readManifest(image.manifest)
    for (const { digest, size } of [manifest.config, ...manifest.layers]) this.#blob(digest, size)
    const listed = this.#manifest(image, manifest, format)
    for (const name of names.length === 0 ? [undefined] : names) {
      const annotations = name === undefined ? undefined : annotationsFor(name, format)
      const list = name === undefined || !lists ? undefined : findList(this.#store, name)
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

  #list({ index, text, digest, size, mediaType: type }: StoredList) {
    for (const { descriptor, text: document, manifest } of manifestsOf(this.#store, index)) {
      this.#bytes(blobName(descriptor.digest), Buffer.from(document))
      if (manifest.kind === 'index') continue
      for (const blob of [manifest.config, ...manifest.layers]) this.#blob(blob.digest, blob.size)
    }
    this.#bytes(blobName(digest), Buffer.from(text))
    return { mediaType: type, digest, size }
  }

  /** Readers of OCI layouts know only OCI's media types; Docker's own archive keeps the manifest byte for byte. */
  #manifest(image: SavedImage['image'], manifest: Manifest, format: ArchiveFormat) {
    const translated = format === 'oci-archive' && manifest.mediaType === mediaType.dockerManifest
    const bytes = translated ? Buffer.from(ociTwin(manifest)) : this.#store.readBlob(image.manifest)
    const digest = translated ? this.#store.writeBlob(bytes) : image.manifest
    this.#bytes(blobName(digest), bytes)
    return { mediaType: translated ? mediaType.ociManifest : manifest.mediaType, digest, size: bytes.length }
  }

  finish(format: ArchiveFormat): SavedFiles {
    const json = (name: string, value: unknown) => this.#bytes(name, Buffer.from(JSON.stringify(value)))
    json('oci-layout', { imageLayoutVersion: '1.0.0' })
    json('index.json', { schemaVersion: 2, mediaType: mediaType.ociIndex, manifests: this.#index })
    if (format === 'docker-archive') json('manifest.json', this.#docker)
    const files = [...this.#files.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
    return { files, [Symbol.dispose]: () => this.#open.dispose() }
  }

  #bytes(name: string, bytes: Uint8Array): void {
    this.#files.set(name, { name, size: bytes.length, copyTo: async (write) => write(bytes) })
  }

  #blob(digest: Digest, size: number): void {
    const name = blobName(digest)
    if (this.#files.has(name)) return
    const fd = this.#openBlob(digest)
    this.#open.defer(() => closeSync(fd))
    const actual = fstatSync(fd).size
    if (actual !== size) throw damagedBlob(digest, `has ${actual} bytes instead of ${size}`)
    this.#files.set(name, { name, size, copyTo: (write) => copy(fd, size, digest, write) })
  }

  #openBlob(digest: Digest): number {
    try {
      return openSync(this.#store.blobPath(digest), 'r')
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') throw damagedBlob(digest, 'is missing')
      throw error
    }
  }

  [Symbol.dispose](): void {
    this.#open.dispose()
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))
const buffer = Buffer.allocUnsafeSlow(1 << 20)

async function copy(
  fd: number,
  size: number,
  digest: Digest,
  write: (piece: Uint8Array) => void,
): Promise<void> {
  for (let at = 0; at < size; ) {
    const count = readSync(fd, buffer, 0, Math.min(buffer.length, size - at), at)
    if (count === 0) throw damagedBlob(digest, 'became shorter while it was read')
    at += count
    write(buffer.subarray(0, count))
    // Signals are heard when the event loop turns: often enough for a person, seldom enough for the disk.
    if (at % (16 << 20) < count) await turn()
  }
}

function damagedBlob(digest: Digest, how: string): SampanError {
  return new SampanError(`blob ${shortId(digest)} ${how}`, {
    kind: 'damaged',
    hint: '`sampan system check --repair` fetches it again',
  })
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

function blobName(digest: Digest): string {
  return `blobs/sha256/${hexOf(digest)}`
}
