/** What a push sends in the place of what is stored: layers packed otherwise, other media types. */

import type { Digest } from '../oci/digest.ts'
import { parseManifest } from '../oci/manifest.ts'
import { mediaType } from '../oci/media-types.ts'
import { type Reference, sameReference } from '../oci/reference.ts'
import { compressedManifest, type LayerPacking } from './compress.ts'
import { manifestsOf, type StoredList } from './lists.ts'
import type { Outbound } from './push.ts'
import type { Image, ImageStore } from './store.ts'
import { inFormat } from './twins.ts'

/** Without a word about it everything goes as it is; but an image's plain layers are compressed. */
export interface Shipping extends LayerPacking {
  readonly format?: 'oci' | 'docker'
}

/**
 * The image as it goes out: the same id, and where something had to be changed a new manifest. Where that was only to
 * compress what lay here plain, the name moves to it if the image has it: it is the better one of the two.
 */
export async function outboundImage(
  store: ImageStore,
  image: Image,
  name: Reference,
  shipping: Shipping,
): Promise<Outbound> {
  const digest = await shippedManifest(store, image.manifest, shipping)
  if (digest === image.manifest) return image
  const asUsual = Object.keys(shipping).length === 0
  const own = asUsual && image.names.some((one) => sameReference(one, name))
  const { mediaType: type } = store.readManifest(digest)
  store.add({ manifest: digest, mediaType: type, names: own ? [name] : [] })
  return { manifest: digest, config: image.config }
}

/** The list as it goes out: without a word about it, byte for byte. */
export async function outboundList(
  store: ImageStore,
  list: StoredList,
  shipping: Shipping,
): Promise<StoredList> {
  if (Object.keys(shipping).length === 0) return list
  // Says which is missing.
  manifestsOf(store, list.index)
  const document = JSON.parse(list.text) as { readonly manifests: readonly Record<string, unknown>[] }
  const manifests = []
  for (const [at, { digest }] of list.index.manifests.entries()) {
    manifests.push({ ...document.manifests[at], ...(await shippedEntry(store, digest, shipping)) })
  }
  const types = { oci: mediaType.ociIndex, docker: mediaType.dockerList }
  const type = shipping.format === undefined ? list.mediaType : types[shipping.format]
  const text = JSON.stringify({ ...document, mediaType: type, manifests })
  const index = parseManifest(text, type, 'list')
  if (index.kind !== 'index') throw new TypeError('a list became an image')
  return {
    ...list,
    text,
    index,
    mediaType: type,
    digest: store.writeBlob(text),
    size: Buffer.byteLength(text),
  }
}

async function shippedEntry(store: ImageStore, listed: Digest, shipping: Shipping) {
  const digest = await shippedManifest(store, listed, shipping)
  const { mediaType: type } = store.readManifest(digest)
  return { mediaType: type, digest, size: store.readBlob(digest).length }
}

async function shippedManifest(store: ImageStore, given: Digest, shipping: Shipping): Promise<Digest> {
  const compressed = await compressedManifest(store, given, shipping)
  const manifest = store.readManifest(compressed)
  return store.writeBlob(inFormat(manifest, store.readBlob(compressed).toString(), shipping.format))
}
