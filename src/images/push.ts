/** An image to a registry: what is not there yet, and then the manifest, byte for byte as it is here. */
import { closeSync, openSync, readSync } from 'node:fs'
import { errnoOf, SampanError } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import type { Descriptor, Manifest } from '../oci/manifest.ts'
import type { Reference } from '../oci/reference.ts'
import { repositoryName } from '../oci/reference.ts'
import type { Registry } from '../platform/registry/registry.ts'
import type { Outgoing, Upstream } from '../platform/registry/upstream.ts'
import { inParallel } from './parallel.ts'
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
/** Where a blob may already be: more guesses than this cost more than they bring. */
const mostMountAttempts = 2
const readSize = 256 << 10

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
  store.tag(image, { registry: host, repository, digest: image.manifest })
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
  { observer, jobs = defaultJobs }: PushOptions,
): Promise<Pushed> {
  const bytes = store.readBlob(image.manifest)
  const manifest = store.readManifest(image.manifest)
  const upstream = registry.upstream(reference)
  const layers = distinct(manifest, image)
  observer.layers(layers)
  for (const layer of layers) observer.layer(layer, 'preparing', 0)
  const missing = await absent(upstream, layers, observer)
  for (const layer of missing.slice(jobs)) observer.layer(layer, 'waiting', 0)
  const sources = mountSources(store, reference)
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
  if (!(await upstream.has(manifest.config.digest))) {
    await upstream.upload(outgoing(store, manifest.config), [], () => undefined)
  }
  await putManifest(upstream, reference, manifest, bytes.toString(), image.manifest)
  return { digest: image.manifest, size: bytes.length }
}

async function putManifest(
  upstream: Upstream,
  reference: Reference,
  { mediaType }: Manifest,
  text: string,
  digest: Digest,
): Promise<void> {
  const given = await upstream.putManifest(reference.tag ?? digest, mediaType, text)
  if (given === undefined || given === digest) return
  throw new SampanError(`${reference.registry} calls the image ${given}, and it is ${digest}`, {
    hint: 'the registry, or something on the way, changed it: it should not be used from there',
    kind: 'registry',
  })
}

/** Every blob of a layer once, top layer first. */
function distinct(manifest: Manifest, image: Outbound): PushedLayer[] {
  const diffIds = image.config.rootfs.diff_ids
  const layers = new Map<Digest, PushedLayer>()
  manifest.layers.forEach((blob, at) => {
    layers.set(blob.digest, { diffId: diffIds[at] ?? blob.digest, blob })
  })
  return [...layers.values()].reverse()
}

/** Asks for all at once: that is one round trip, and most pushes of a changed image find all layers but one. */
async function absent(
  upstream: Upstream,
  layers: readonly PushedLayer[],
  observer: PushObserver,
): Promise<PushedLayer[]> {
  const [first, ...others] = layers
  if (first === undefined) return []
  // The first one gets the token for all.
  const there = [await upstream.has(first.blob.digest)]
  there.push(...(await Promise.all(others.map(({ blob }) => upstream.has(blob.digest)))))
  return layers.filter((layer, at) => {
    if (there[at]) observer.layer(layer, 'exists', 0)
    return !there[at]
  })
}

/**
 * Repositories of the same registry by the blobs they should have: those whose digests images here go by, since a
 * digest is only named after a pull or push.
 */
function mountSources(store: ImageStore, reference: Reference): Map<Digest, string[]> {
  const sources = new Map<Digest, string[]>()
  for (const image of store.list()) {
    const repositories = image.names
      .filter(({ registry, digest }) => registry === reference.registry && digest !== undefined)
      .filter((name) => repositoryName(name) !== repositoryName(reference))
      .map(({ repository }) => repository)
    if (repositories.length === 0) continue
    for (const digest of layersOf(store, image)) {
      sources.set(digest, [...new Set([...(sources.get(digest) ?? []), ...repositories])])
    }
  }
  return sources
}

/** Of an image that is damaged here nothing is known, which is no reason not to push another. */
function layersOf(store: ImageStore, image: Image): Digest[] {
  try {
    return store.readManifest(image.manifest).layers.map(({ digest }) => digest)
  } catch (error) {
    if (error instanceof SampanError) return []
    throw error
  }
}

function outgoing(store: ImageStore, { digest, size }: Descriptor): Outgoing {
  return { digest, size, read: (start, end) => readPart(store, digest, start, end) }
}

function* readPart(store: ImageStore, digest: Digest, start: number, end: number): Generator<Uint8Array> {
  const file = open(store, digest)
  try {
    for (let at = start; at < end; ) {
      // Each chunk a buffer of its own: the connection may hold on to it.
      const buffer = Buffer.allocUnsafe(Math.min(readSize, end - at))
      const count = readSync(file, buffer, 0, buffer.length, at)
      if (count === 0) throw damagedBlob(digest, 'is shorter than its manifest says')
      at += count
      yield buffer.subarray(0, count)
    }
  } finally {
    closeSync(file)
  }
}

function open(store: ImageStore, digest: Digest): number {
  try {
    return openSync(store.blobPath(digest), 'r')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') throw damagedBlob(digest, 'is missing')
    throw error
  }
}

function damagedBlob(digest: Digest, how: string): SampanError {
  return new SampanError(`blob ${digest} ${how}`, {
    hint: 'pull or load the image again, then push it',
    kind: 'damaged',
  })
}
