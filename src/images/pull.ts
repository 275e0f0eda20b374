/**
 * From a registry to an image that can run. Layers travel in parallel, and each layer's bytes are hashed, stored,
 * decompressed and unpacked while they arrive.
 */
import { createHash } from 'node:crypto'
import { createReadStream, unlinkSync } from 'node:fs'
import { SampanError } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import { digestOf, hexOf, shortId } from '../oci/digest.ts'
import type { ImageConfig } from '../oci/image-config.ts'
import { checkLayerCount, parseImageConfig, platformOf } from '../oci/image-config.ts'
import type { Descriptor, Manifest } from '../oci/manifest.ts'
import { chooseManifest, parseManifest } from '../oci/manifest.ts'
import { compressionOf } from '../oci/media-types.ts'
import type { Platform } from '../oci/platform.ts'
import { formatPlatform, hostPlatform, suitability } from '../oci/platform.ts'
import type { Reference } from '../oci/reference.ts'
import { familiarName } from '../oci/reference.ts'
import type { Registry, ServedManifest } from '../platform/registry/registry.ts'
import { pause } from '../platform/registry/retry.ts'
import { Download } from './download.ts'
import type { Image, ImageStore } from './store.ts'
import { unpackLayer, usableLayer } from './unpack.ts'

/** What happens to one layer, for whoever shows it. `bytes` are those of the compressed blob. */
export type LayerPhase = 'waiting' | 'exists' | 'downloading' | 'downloaded' | 'complete'

export interface PullObserver {
  /** Every layer once, lowest first, before the first byte. */
  layers(layers: readonly Descriptor[]): void
  layer(digest: Digest, phase: LayerPhase, bytes: number): void
}

export interface PullOptions {
  /** Undefined: this machine's; then a manifest without alternatives is taken whatever it is for. */
  readonly platform: Platform | undefined
  readonly observer: PullObserver
}

export interface Pulled {
  readonly image: Image
  /** Of what the name stands for on the registry: an index where there is one. */
  readonly digest: Digest
  /** Whether the name means something new here. */
  readonly updated: boolean
}

const parallelLayers = 3
const patience = 2000
const largestConfig = 16 << 20
const mostNestedIndexes = 3

/**
 * @param reference with a tag or a digest; a digest decides when both are there, and no tag is made then
 * @throws SampanError: no such image, no access, no such platform, a registry that lies or stays away
 */
export async function pullImage(
  store: ImageStore,
  registry: Registry,
  reference: Reference,
  options: PullOptions,
): Promise<Pulled> {
  const present = presentImage(store, reference, options.platform)
  if (present !== undefined && reference.digest !== undefined) {
    return { image: present, digest: reference.digest, updated: false }
  }
  if (present !== undefined && reference.tag !== undefined) {
    const digest = await registry.resolve(reference, reference.tag)
    if (digest !== undefined && present.names.some((name) => isDigestOf(name, reference, digest))) {
      return { image: present, digest, updated: false }
    }
  }
  const top = await registry.manifest(reference, reference.digest ?? reference.tag ?? 'latest')
  const { served, manifest } = await chooseFromIndexes(registry, reference, top, options.platform)
  const config = await fetchConfig(store, registry, reference, manifest)
  checkLayerCount(config, manifest.layers.length, familiarName(reference))
  checkPlatform(config, options.platform, reference)
  store.writeBlob(served.text)

  const layers = pairLayers(manifest, config)
  options.observer.layers(layers.map(({ blob }) => blob))
  const names = [
    ...(reference.digest === undefined ? [reference] : []),
    { registry: reference.registry, repository: reference.repository, digest: top.digest },
  ]
  for (let attempt = 1; ; attempt += 1) {
    await inParallel(missingLayers(store, layers, options.observer), (layer, stopped) =>
      pullLayer(store, registry, reference, layer, options.observer, stopped),
    )
    try {
      const image = store.add({ manifest: served.digest, mediaType: manifest.mediaType, names })
      return { image, digest: top.digest, updated: present?.id !== image.id }
    } catch (error) {
      // An rmi of another image took a layer that both have, after we saw it: fetch what is missing now.
      if (!(error instanceof SampanError) || error.kind !== 'damaged' || attempt === 3) throw error
      await fetchConfig(store, registry, reference, manifest)
      store.writeBlob(served.text)
    }
  }
}

/** The image that has this very name already, whole and for the right platform. */
function presentImage(
  store: ImageStore,
  reference: Reference,
  wanted: Platform | undefined,
): Image | undefined {
  const { tag: _, ...untagged } = reference
  const image = store.named(reference.digest === undefined ? reference : untagged)
  if (image === undefined) return undefined
  try {
    if (wanted !== undefined && suitability(wanted, platformOf(image.config)) === 0) return undefined
    return isWhole(store, image) ? image : undefined
  } catch (error) {
    // Damaged here: pulling it again is the cure.
    if (error instanceof SampanError && error.kind === 'damaged') return undefined
    throw error
  }
}

function isWhole(store: ImageStore, image: Image): boolean {
  return (
    store.readManifest(image.manifest).layers.every(({ digest }) => store.hasBlob(digest)) &&
    image.config.rootfs.diff_ids.every((diffId) => usableLayer(store.directories, diffId) !== undefined)
  )
}

function isDigestOf(name: Reference, reference: Reference, digest: Digest): boolean {
  return (
    name.digest === digest && name.registry === reference.registry && name.repository === reference.repository
  )
}

async function chooseFromIndexes(
  registry: Registry,
  reference: Reference,
  top: ServedManifest,
  platform: Platform | undefined,
): Promise<{ served: ServedManifest; manifest: Manifest }> {
  const what = familiarName(reference)
  let served = top
  for (let depth = 0; depth <= mostNestedIndexes; depth += 1) {
    const parsed = parseManifest(served.text, served.contentType, what)
    if (parsed.kind === 'manifest') return { served, manifest: parsed }
    const chosen = chooseManifest(parsed, platform ?? hostPlatform(), what)
    served = await registry.manifest(reference, chosen.digest)
  }
  throw new SampanError(`${what} is a list of lists of lists of manifests`, { kind: 'registry' })
}

/** The configuration, from the layout where it is there and whole. */
async function fetchConfig(
  store: ImageStore,
  registry: Registry,
  reference: Reference,
  manifest: Manifest,
): Promise<ImageConfig> {
  const { digest, size } = manifest.config
  const what = `configuration of ${familiarName(reference)}`
  if (size > largestConfig) throw new SampanError(`the ${what} has ${size} bytes, ${largestConfig} at most`)
  const bytes = keptBlob(store, digest) ?? (await fetchSmall(registry, reference, manifest.config))
  if (digestOf(bytes) !== digest) {
    throw new SampanError(`the ${what} is not what its digest says`, {
      hint: 'the registry, or something on the way, changed it: try again, or ask another registry',
      kind: 'registry',
    })
  }
  store.writeBlob(bytes)
  return parseImageConfig(bytes.toString(), what)
}

function keptBlob(store: ImageStore, digest: Digest): Buffer | undefined {
  try {
    return store.readBlob(digest)
  } catch (error) {
    if (error instanceof SampanError && error.kind === 'damaged') return undefined
    throw error
  }
}

async function fetchSmall(registry: Registry, reference: Reference, blob: Descriptor): Promise<Buffer> {
  const { body } = await registry.blob(reference, blob.digest)
  const chunks: Uint8Array[] = []
  let have = 0
  for await (const chunk of body) {
    have += chunk.length
    chunks.push(chunk)
    // More than was announced cannot have the right digest: no need to read on.
    if (have > blob.size) break
  }
  return Buffer.concat(chunks)
}

function checkPlatform(config: ImageConfig, wanted: Platform | undefined, reference: Reference): void {
  const actual = platformOf(config)
  if (wanted === undefined || suitability(wanted, actual) > 0) return
  throw new SampanError(
    `image with reference ${familiarName(reference)} was found but does not match the specified platform: wanted ${formatPlatform(wanted)}, actual: ${formatPlatform(actual)}`,
    { hint: 'leave --platform out to take it anyway, or choose an image that was built for this platform' },
  )
}

interface PairedLayer {
  readonly blob: Descriptor
  readonly diffId: Digest
}

/** Blob and diffID of each layer, every pair once; types that cannot be unpacked are refused before any download. */
function pairLayers(manifest: Manifest, config: ImageConfig): PairedLayer[] {
  const pairs = new Map<string, PairedLayer>()
  manifest.layers.forEach((blob, at) => {
    compressionOf(blob.mediaType)
    const diffId = config.rootfs.diff_ids[at] as Digest
    pairs.set(`${blob.digest} ${diffId}`, { blob, diffId })
  })
  return Array.from(pairs.values())
}

/** Tells of every layer whether it is here, and returns those that are not. */
function missingLayers(
  store: ImageStore,
  layers: readonly PairedLayer[],
  observer: PullObserver,
): readonly PairedLayer[] {
  return layers.filter(({ blob, diffId }) => {
    const here = store.hasBlob(blob.digest) && usableLayer(store.directories, diffId) !== undefined
    observer.layer(blob.digest, here ? 'exists' : 'waiting', here ? blob.size : 0)
    return !here
  })
}

async function pullLayer(
  store: ImageStore,
  registry: Registry,
  reference: Reference,
  { blob, diffId }: PairedLayer,
  observer: PullObserver,
  stopped: () => boolean,
): Promise<void> {
  using download = await Download.claim(store, blob)
  if (download === undefined) {
    observer.layer(blob.digest, 'downloaded', blob.size)
    try {
      await unpackLayer(store.directories, diffId, store.blobPath(blob.digest))
    } catch (error) {
      if (!(await discardDamaged(store, blob.digest))) throw error
      return await pullLayer(store, registry, reference, { blob, diffId }, observer, stopped)
    }
  } else {
    const open = (offset: number) => registry.blob(reference, blob.digest, offset)
    const bytes = download.bytes(open, (received) => {
      if (stopped())
        throw new SampanError(`download of ${shortId(blob.digest)} stopped: another layer failed`)
      observer.layer(blob.digest, received < blob.size ? 'downloading' : 'downloaded', received)
    })
    await unpackLayer(store.directories, diffId, bytes)
    await download.finish()
  }
  observer.layer(blob.digest, 'complete', blob.size)
}

/** Removes a blob whose bytes are no longer those of its name. @returns whether it did */
async function discardDamaged(store: ImageStore, digest: Digest): Promise<boolean> {
  const path = store.blobPath(digest)
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }))
    hash.update(chunk as Uint8Array)
  if (hash.digest('hex') === hexOf(digest)) return false
  unlinkSync(path)
  return true
}

/**
 * Runs the work for all items, a few at a time. After the first failure nothing new begins; that failure is thrown
 * when the others have stopped, or after two seconds: one of them may be waiting for a registry that is silent.
 */
async function inParallel<T>(
  items: readonly T[],
  work: (item: T, stopped: () => boolean) => Promise<void>,
): Promise<void> {
  let next = 0
  const failures: unknown[] = []
  const failed = Promise.withResolvers<void>()
  const worker = async () => {
    for (let item = items[next++]; item !== undefined && failures.length === 0; item = items[next++]) {
      try {
        await work(item, () => failures.length > 0)
      } catch (error) {
        failures.push(error)
        failed.resolve()
      }
    }
  }
  const all = Promise.all(Array.from({ length: Math.min(parallelLayers, items.length) }, worker))
  await Promise.race([all, failed.promise.then(() => pause(patience))])
  if (failures.length > 0) throw failures[0]
}
