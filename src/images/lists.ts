/**
 * Indexes for several platforms that are kept whole, under a name: pulled with all platforms, loaded, or made here. An
 * image of the same name is the one of them that runs; blobs of the others lie in the layout and are not unpacked.
 */
import { SampanError } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import { shortId } from '../oci/digest.ts'
import { type Descriptor, type Index, type Manifest, parseManifest } from '../oci/manifest.ts'
import { formatPlatform } from '../oci/platform.ts'
import type { Reference } from '../oci/reference.ts'
import { familiarName } from '../oci/reference.ts'
import { changeCatalog, readCatalog } from './catalog.ts'
import { keyOf } from './names.ts'
import type { ListRecord } from './record.ts'
import type { ImageStore } from './store.ts'

/** Indexes in indexes, deeper than anybody makes them. */
const mostNested = 4

export interface StoredList extends ListRecord {
  readonly text: string
  readonly index: Index
}

/** One manifest of a list, with what it needs. */
export interface ListedManifest {
  readonly descriptor: Descriptor
  readonly text: string
  readonly manifest: Manifest | Index
}

/** The list of this name. @throws SampanError kind 'damaged' when its index cannot be read */
export function findList(store: ImageStore, name: Reference): StoredList | undefined {
  const record = readCatalog(store.data).lists?.[keyOf(name)]
  return record === undefined ? undefined : { ...record, ...readIndex(store, record.digest) }
}

/** Puts the index into the layout and gives it the name. */
export function putList(store: ImageStore, name: Reference, text: string, mediaType: string): Digest {
  const digest = store.writeBlob(text)
  const entry = { digest, size: Buffer.byteLength(text), mediaType, changed: new Date().toISOString() }
  changeCatalog(store.data, (record) => ({ ...record, lists: { ...record.lists, [keyOf(name)]: entry } }))
  return digest
}

/** One more name for a list, as for an image. */
export function copyList(store: ImageStore, from: Reference, to: Reference): void {
  changeCatalog(store.data, (record) => {
    const entry = record.lists?.[keyOf(from)]
    return entry === undefined ? record : { ...record, lists: { ...record.lists, [keyOf(to)]: entry } }
  })
}

/** @returns whether there was one; what only it needed goes with the next removal or prune */
export function removeList(store: ImageStore, name: Reference): boolean {
  let found = false
  changeCatalog(store.data, (record) => {
    const { [keyOf(name)]: gone, ...lists } = record.lists ?? {}
    found = gone !== undefined
    return found ? { ...record, lists } : record
  })
  return found
}

/**
 * The manifests of a list in the order in which a registry takes them: what is listed before what lists it.
 * @throws SampanError kind 'damaged' naming the platform that is not here
 */
export function manifestsOf(store: ImageStore, index: Index, depth = 0): ListedManifest[] {
  return index.manifests.flatMap((descriptor) => {
    if (!store.hasBlob(descriptor.digest)) throw notWhole(descriptor)
    const text = store.readBlob(descriptor.digest).toString()
    const manifest = parseManifest(text, descriptor.mediaType, `manifest ${shortId(descriptor.digest)}`)
    const own = { descriptor, text, manifest }
    if (manifest.kind === 'index') {
      return depth === mostNested ? [] : [...manifestsOf(store, manifest, depth + 1), own]
    }
    for (const { digest } of [manifest.config, ...manifest.layers]) {
      if (!store.hasBlob(digest)) throw notWhole(descriptor)
    }
    return [own]
  })
}

function notWhole({ digest, platform }: Descriptor): SampanError {
  const what =
    platform === undefined ? `manifest ${shortId(digest)}` : `image for ${formatPlatform(platform)}`
  return new SampanError(`the ${what} of this list is not here as a whole`, {
    hint: 'sampan pull --all-platforms NAME brings all of them',
    kind: 'damaged',
  })
}

/** Whether the name has a list here, and all of it is here. */
export function isWholeList(store: ImageStore, name: Reference): boolean {
  try {
    const list = findList(store, name)
    return list !== undefined && manifestsOf(store, list.index).length > 0
  } catch (error) {
    if (error instanceof SampanError && error.kind === 'damaged') return false
    throw error
  }
}

/** Every blob below an index that can be read, the index included. */
export function blobsOfList(store: ImageStore, digest: Digest, depth = 0): Digest[] {
  try {
    const document = parseManifest(store.readBlob(digest).toString(), undefined, `index ${shortId(digest)}`)
    if (document.kind === 'manifest') {
      return [digest, document.config.digest, ...document.layers.map((layer) => layer.digest)]
    }
    if (depth > mostNested) return [digest]
    return [digest, ...document.manifests.flatMap((one) => blobsOfList(store, one.digest, depth + 1))]
  } catch (error) {
    if (!(error instanceof SampanError)) throw error
    return [digest]
  }
}

/** Names of the lists that are here, whole names. */
export function listNames(store: ImageStore): string[] {
  return Object.keys(readCatalog(store.data).lists ?? {}).sort()
}

/** @throws SampanError no-such-image */
export function mustFindList(store: ImageStore, name: Reference): StoredList {
  const list = findList(store, name)
  if (list !== undefined) return list
  throw new SampanError(`No such manifest list: ${familiarName(name)}`, {
    hint: `\`sampan manifest create ${familiarName(name)}\` makes one`,
    kind: 'no-such-image',
  })
}

function readIndex(store: ImageStore, digest: Digest): { text: string; index: Index } {
  const text = store.readBlob(digest).toString()
  const index = parseManifest(text, undefined, `index ${shortId(digest)}`)
  if (index.kind === 'index') return { text, index }
  throw new SampanError(`${shortId(digest)} is no list of manifests`, { kind: 'damaged' })
}
