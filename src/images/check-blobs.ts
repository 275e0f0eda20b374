/** Whether the blobs of every image are there, and are what their names say. */

import { closeSync, openSync, readSync, rmSync, statSync } from 'node:fs'
import { SampanError } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import { hexOf, shortId } from '../oci/digest.ts'
import { familiarName, parseReference } from '../oci/reference.ts'
import { sha256 } from '../platform/host/sha256.ts'
import { readCatalog } from './catalog.ts'
import type { Damage } from './damage.ts'
import type { ImagesRecord, ManifestRecord } from './record.ts'
import type { ImageStore } from './store.ts'
import { ociTwin } from './twins.ts'

/** Brings every blob and layer of an image that is missing. Throws SampanError where nobody has it. */
export type Refetch = (image: Digest) => Promise<void>

export interface BlobCheck {
  /** Sizes only; else every byte is read. */
  readonly quick: boolean
  /** Blobs that were looked at. */
  readonly seen: Set<Digest>
  readonly refetch: Refetch
  /** Takes an image away that cannot be made whole. */
  readonly drop: (image: Digest) => void
}

/** What an image is called in messages. */
export function imageTitle(record: ImagesRecord, id: Digest): string {
  const name = Object.keys(record.names).find(
    (key) => record.manifests[record.names[key]?.manifest as Digest]?.config === id,
  )
  return name === undefined ? `image ${shortId(id)}` : `image ${familiarName(parseReference(name))}`
}

/** One piece of damage a blob, however many images have it. */
export function* blobDamage(store: ImageStore, check: BlobCheck): Generator<Damage> {
  const record = readCatalog(store.data)
  const { seen } = check
  for (const [manifest, entry] of Object.entries(record.manifests) as [Digest, ManifestRecord][]) {
    const title = imageTitle(record, entry.config)
    const fine = (digest: Digest, size?: number) =>
      seen.has(digest) || blobProblem(store, digest, size, check.quick)
    for (const { digest, size } of blobsOf(store, manifest, entry)) {
      const wrong = fine(digest, size)
      seen.add(digest)
      // The cure of one of its blobs may have been to remove the image.
      const there = typeof wrong === 'string' && readCatalog(store.data).manifests[manifest] !== undefined
      if (there) {
        yield {
          what: `blob ${shortId(digest)} of ${title} ${wrong}`,
          mend: () => mend(store, digest, entry.config, check),
        }
      }
    }
    const { twin } = entry
    if (twin !== undefined && typeof blobProblem(store, twin.digest, twin.size, true) === 'string') {
      yield { what: `the OCI manifest of ${title} is missing`, mend: () => writeTwin(store, manifest) }
    }
  }
}

/** The manifest first: the others are known from it, if it can be read. */
function blobsOf(
  store: ImageStore,
  manifest: Digest,
  entry: ManifestRecord,
): { digest: Digest; size?: number }[] {
  const own = { digest: manifest, size: entry.size }
  try {
    const { config, layers } = store.readManifest(manifest)
    return [own, config, ...layers]
  } catch (error) {
    if (!(error instanceof SampanError)) throw error
    return [own, { digest: entry.config }]
  }
}

/** What is wrong with a blob, in words, or false. */
export function blobProblem(
  store: ImageStore,
  digest: Digest,
  size: number | undefined,
  quick: boolean,
): string | false {
  const path = store.blobPath(digest)
  const there = statSync(path, { throwIfNoEntry: false })
  if (there === undefined) return 'is missing'
  if (size !== undefined && there.size !== size) return `has ${there.size} bytes instead of ${size}`
  return !quick && hashOf(path) !== hexOf(digest) ? 'is damaged: its bytes have another digest' : false
}

function hashOf(path: string): string {
  const hash = sha256()
  const buffer = Buffer.allocUnsafeSlow(1 << 20)
  const fd = openSync(path, 'r')
  try {
    for (let count = 1; count > 0; ) {
      count = readSync(fd, buffer)
      hash.update(buffer.subarray(0, count))
    }
  } finally {
    closeSync(fd)
  }
  return hash.digest('hex')
}

async function mend(store: ImageStore, digest: Digest, image: Digest, check: BlobCheck): Promise<string> {
  // What is there is not the blob; in its place it would keep the right one away.
  rmSync(store.blobPath(digest), { force: true })
  try {
    await check.refetch(image)
    if (store.hasBlob(digest)) return 'fetched again'
  } catch (error) {
    if (!(error instanceof SampanError)) throw error
    if (runs(store, image)) {
      throw new SampanError(`it runs, but cannot be saved or pushed: ${error.message}`, {
        hint: 'pull or load it again from where it came',
      })
    }
  }
  check.drop(image)
  return 'nobody has it: the image was removed'
}

/** Whether containers can be made of the image without its blobs. */
function runs(store: ImageStore, id: Digest): boolean {
  try {
    const image = store.find(id)
    return image.layers.length >= 0 && store.readManifest(image.manifest).layers.length >= 0
  } catch (error) {
    if (error instanceof SampanError) return false
    throw error
  }
}

function writeTwin(store: ImageStore, manifest: Digest): string {
  store.writeBlob(ociTwin(store.readManifest(manifest)))
  return 'made again'
}
