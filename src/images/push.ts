/** An image to a registry: what is not there yet, and then the manifest, byte for byte as it is here. */
import { SampanError } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import type { Descriptor, Manifest } from '../oci/manifest.ts'
import { mediaType } from '../oci/media-types.ts'
import type { Reference } from '../oci/reference.ts'
import type { Registry } from '../platform/registry/registry.ts'
import type { PutManifest, Upstream } from '../platform/registry/upstream.ts'
import { readCatalog } from './catalog.ts'
import { manifestsOf, type StoredList } from './lists.ts'
import { outgoing } from './outgoing-blob.ts'
import { inParallel } from './parallel.ts'
import { mountSources } from './push-sources.ts'
import { fallbackIndex, referrersOf } from './referrers.ts'
import type { Image, ImageStore } from './store.ts'

/** What happens to one layer, for whoever shows it. */
export type PushPhase = 'preparing' | 'waiting' | 'pushing' | 'pushed' | 'exists' | 'mounted'

/** A layer of an image that is pushed: shown by its diffID, as everything else shows it. */
export interface PushedLayer {
  readonly diffId: Digest
  readonly blob: Descriptor
}

export interface PushObserver {
  /** Every blob once, top layer first, before the first request. */
  layers(layers: readonly PushedLayer[]): void
  /** `detail`: bytes sent while pushing, the repository's name when mounted. */
  layer(layer: PushedLayer, phase: PushPhase, detail: number | string): void
}

export interface PushOptions {
  readonly observer: PushObserver
  /** How many layers travel at a time. Default 5, Docker's number. */
  readonly jobs?: number
}

/** What is sent: one manifest of an image. */
export type Outbound = Pick<Image, 'manifest' | 'config'>

export interface Pushed {
  /** Of the manifest. */
  readonly digest: Digest
  /** Bytes of the manifest. */
  readonly size: number
}

const defaultJobs = 5
/** Questions under way at a time: each has a connection. */
const mostQuestions = 6
/** Where a blob may already be: more guesses than this cost more than they bring. */
const mostMountAttempts = 2

/**
 * Sends an image, and remembers the digest it goes by there.
 * @param reference with a tag: where to, and under what name
 * @throws as sendImage
 */
export async function pushImage(
  store: ImageStore,
  registry: Registry,
  image: Outbound,
  reference: Reference,
  options: PushOptions,
): Promise<Pushed> {
  const pushed = await sendImage(store, registry, image, reference, options)
  const { registry: host, repository } = reference
  // One of a list that is not unpacked here is no image of ours.
  if (readCatalog(store.data).manifests[image.manifest] !== undefined) {
    store.tag(image, { registry: host, repository, digest: image.manifest })
  }
  return pushed
}

/**
 * Sends blobs and manifest, also of what is no image here.
 * @throws SampanError: no access, no room, a registry that stays away, or a blob that is not here any more
 */
export async function sendImage(
  store: ImageStore,
  registry: Registry,
  image: Outbound,
  reference: Reference,
  options: PushOptions,
): Promise<Pushed> {
  const text = store.readBlob(image.manifest).toString()
  const manifest = store.readManifest(image.manifest)
  const upstream = registry.upstream(reference)
  const layers = distinct(manifest, image.config.rootfs.diff_ids).reverse()
  announce(layers, options.observer)
  const { tag } = reference
  // A registry takes no manifest without its blobs, and keeps them as long as it has a name: nothing else to ask.
  if (tag !== undefined && (await upstream.resolve(tag)) === image.manifest) {
    for (const layer of layers) options.observer.layer(layer, 'exists', 0)
  } else {
    await sendBlobs(store, upstream, reference, layers, [manifest.config], options)
    await putManifest(upstream, reference, manifest.mediaType, text, image.manifest)
  }
  await pushReferrers(store, registry, reference, [image.manifest])
  return { digest: image.manifest, size: Buffer.byteLength(text) }
}

function announce(layers: readonly PushedLayer[], observer: PushObserver): void {
  observer.layers(layers)
  for (const layer of layers) observer.layer(layer, 'preparing', 0)
}

function untagged({ registry, repository }: Reference): Reference {
  return { registry, repository }
}

/** What refers to these, after them. A registry without an account of that gets an index under a tag. */
async function pushReferrers(
  store: ImageStore,
  registry: Registry,
  reference: Reference,
  subjects: readonly Digest[],
): Promise<void> {
  const upstream = registry.upstream(reference)
  for (const referrer of referrersOf(store, subjects)) {
    const { digest, text, manifest } = referrer
    const blobs = [manifest.config, ...manifest.layers]
    const there = await whichAreThere(
      upstream,
      blobs.map(({ digest: blob }) => blob),
    )
    await sendMissing(store, upstream, blobs, there)
    const { listed } = await putManifest(upstream, untagged(reference), manifest.mediaType, text, digest)
    if (listed) continue
    const tag = fallbackIndex(referrer, undefined).tag
    const before = await registry.manifest(reference, tag).catch(() => undefined)
    await upstream.putManifest(tag, mediaType.ociIndex, fallbackIndex(referrer, before?.text).text)
  }
}

/**
 * A whole list: the manifests for all platforms by their digests, then the index under the tag.
 * @throws SampanError kind 'damaged' where one of them is not here
 */
export async function pushList(
  store: ImageStore,
  registry: Registry,
  list: StoredList,
  reference: Reference,
  options: PushOptions,
): Promise<Pushed> {
  const upstream = registry.upstream(reference)
  const listed = manifestsOf(store, list.index)
  const manifests = listed.flatMap(({ manifest }) => (manifest.kind === 'manifest' ? [manifest] : []))
  const layers = new Map(
    manifests.flatMap((one) => distinct(one, []).map((layer) => [layer.blob.digest, layer])),
  )
  const configs = new Map(manifests.map(({ config }) => [config.digest, config]))
  announce([...layers.values()], options.observer)
  // Not by what the tag means: an index may stand there without some of what it lists.
  await sendBlobs(store, upstream, reference, [...layers.values()], [...configs.values()], options)
  for (const { descriptor, text, manifest } of listed) {
    await putManifest(upstream, untagged(reference), manifest.mediaType, text, descriptor.digest)
  }
  await putManifest(upstream, reference, list.mediaType, list.text, list.digest)
  const subjects = [list.digest, ...listed.map(({ descriptor }) => descriptor.digest)]
  await pushReferrers(store, registry, reference, subjects)
  return { digest: list.digest, size: list.size }
}

/** What the repository has not got: layers several at a time, then configurations. */
async function sendBlobs(
  store: ImageStore,
  upstream: Upstream,
  reference: Reference,
  layers: readonly PushedLayer[],
  configs: readonly Descriptor[],
  { observer, jobs = defaultJobs }: PushOptions,
): Promise<void> {
  const there = await whichAreThere(
    upstream,
    [...layers.map(({ blob }) => blob), ...configs].map(({ digest }) => digest),
  )
  const missing = layers.filter((layer) => {
    if (!there.has(layer.blob.digest)) return true
    observer.layer(layer, 'exists', 0)
    return false
  })
  for (const layer of missing.slice(jobs)) observer.layer(layer, 'waiting', 0)
  const sources = missing.length === 0 ? new Map<Digest, string[]>() : mountSources(store, reference)
  await inParallel(missing, jobs, async (layer, stopped) => {
    const { digest } = layer.blob
    const sent = (count: number) => {
      if (stopped()) throw new SampanError(`upload of ${digest} stopped: another layer failed`)
      observer.layer(layer, 'pushing', count)
    }
    const from = (sources.get(digest) ?? []).slice(0, mostMountAttempts)
    const { mountedFrom } = await upstream.upload(outgoing(store, layer.blob), from, sent)
    if (mountedFrom === undefined) observer.layer(layer, 'pushed', layer.blob.size)
    else observer.layer(layer, 'mounted', mountedFrom)
  })
  await sendMissing(store, upstream, configs, there)
}

async function sendMissing(
  store: ImageStore,
  upstream: Upstream,
  blobs: readonly Descriptor[],
  there: ReadonlySet<Digest>,
): Promise<void> {
  for (const blob of blobs) {
    if (!there.has(blob.digest)) await upstream.upload(outgoing(store, blob), [], () => undefined)
  }
}

async function putManifest(
  upstream: Upstream,
  reference: Reference,
  mediaType: string,
  text: string,
  digest: Digest,
): Promise<PutManifest> {
  const put = await upstream.putManifest(reference.tag ?? digest, mediaType, text)
  const given = put.digest
  if (given === undefined || given === digest) return put
  throw new SampanError(`${reference.registry} calls the image ${given}, and it is ${digest}`, {
    hint: 'the registry, or something on the way, changed it: it should not be used from there',
    kind: 'registry',
  })
}

/** Every blob of a layer once; by its own digest where no diffID is known. */
function distinct(manifest: Manifest, diffIds: readonly Digest[]): PushedLayer[] {
  const layers = new Map<Digest, PushedLayer>()
  manifest.layers.forEach((blob, at) => {
    layers.set(blob.digest, { diffId: diffIds[at] ?? blob.digest, blob })
  })
  return [...layers.values()]
}

/** Asks for all side by side: most pushes of a changed image find everything but one layer. */
async function whichAreThere(upstream: Upstream, digests: readonly Digest[]): Promise<Set<Digest>> {
  const there = new Set<Digest>()
  const ask = async (digest: Digest) => {
    if (await upstream.has(digest)) there.add(digest)
  }
  const [first, ...others] = new Set(digests)
  // The first one gets the token for all.
  if (first !== undefined) await ask(first)
  await inParallel(others, mostQuestions, ask)
  return there
}
