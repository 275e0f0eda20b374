/** `buildx imagetools create`: lists of images that are in registries already, made there. */

import type { Context } from '../cli/context.ts'
import { IncomingBlob } from '../images/archive-blob.ts'
import { outgoing } from '../images/outgoing-blob.ts'
import { ImageStore } from '../images/store.ts'
import type { Digest } from '../oci/digest.ts'
import { parseJson } from '../oci/json.ts'
import type { Descriptor } from '../oci/manifest.ts'
import { mediaType } from '../oci/media-types.ts'
import { parseReference, type Reference, withDefaultTag } from '../oci/reference.ts'
import { digestOf } from '../platform/host/sha256.ts'
import type { Access } from '../platform/registry/access.ts'
import type { Registry } from '../platform/registry/registry.ts'
import type { Upstream } from '../platform/registry/upstream.ts'
import { annotationsOf, type Document, type Entry } from './manifest-entries.ts'
import { openRegistry } from './registry-access.ts'
import { type RemoteImage, remoteConfigs, remoteImage, remoteManifest } from './remote-image.ts'

export interface CombineRequest {
  readonly sources: readonly string[]
  readonly targets: readonly string[]
  readonly annotations: readonly string[]
  /** What the first target lists already stays. */
  readonly append: boolean
  /** None: all. */
  readonly platforms: readonly string[]
  readonly dryRun: boolean
  readonly access: Access
}

/** Makes one list of all that the sources are and puts it under the targets. @returns the list */
export async function combineImages(request: CombineRequest, context: Context): Promise<string> {
  const { access, annotations, targets } = request
  using held = new DisposableStack()
  const before = request.append ? targets.slice(0, 1) : []
  const sources: RemoteImage[] = []
  for (const text of [...before, ...request.sources])
    sources.push(await remoteImage(text, access, held, context))
  const entries = new Map<Digest, Sourced>()
  for (const source of sources) for (const one of await entriesOf(source)) entries.set(one.entry.digest, one)
  const all = [...entries.values()]
  const wanted = all.filter(({ entry }) => isWanted(entry, request.platforms, all))
  const own = annotationsOf(annotations)
  const list: Document = {
    schemaVersion: 2,
    mediaType: mediaType.ociIndex,
    manifests: wanted.map(({ entry }) => entry),
    ...(own === undefined ? {} : { annotations: own }),
  }
  const [only] = sources
  // A copy of one list is that list.
  const whole = sources.length === 1 && wanted.length === entries.size && own === undefined
  const text = whole && only?.document.kind === 'index' ? only.text : JSON.stringify(list, undefined, 2)
  if (request.dryRun) return text
  const store = new ImageStore(context.directories)
  for (const target of targets) {
    const reference = withDefaultTag(parseReference(target))
    const registry = held.use(await openRegistry(reference, access, context))
    for (const { entry, source } of wanted) await copyImage(source, entry, registry, reference, store)
    const type = JSON.parse(text).mediaType ?? mediaType.ociIndex
    await registry.upstream(reference).putManifest(reference.tag ?? digestOf(text), type, text)
  }
  return text
}

interface Sourced {
  readonly entry: Entry
  readonly source: RemoteImage
}

async function entriesOf(source: RemoteImage): Promise<Sourced[]> {
  const { document, descriptor } = source
  if (document.kind === 'index') {
    const { manifests } = parseJson(source.text, 'list') as Document
    return manifests.map((entry) => ({ entry, source }))
  }
  const [config] = Object.values(await remoteConfigs(source)) as Record<string, string>[]
  const { os, architecture, variant } = config ?? {}
  const platform = { architecture, os, ...(variant === undefined ? {} : { variant }) }
  return [{ entry: { ...descriptor, platform }, source }]
}

/** What is said about an image goes with it. */
function isWanted(entry: Entry, platforms: readonly string[], all: readonly Sourced[]): boolean {
  if (platforms.length === 0) return true
  const about = entry.annotations?.['vnd.docker.reference.digest']
  const { platform } = all.find((one) => one.entry.digest === about)?.entry ?? entry
  const words = [platform?.['os'], platform?.['architecture'], platform?.['variant']]
    .filter(Boolean)
    .join('/')
  return platforms.some((one) => words === one || words.startsWith(`${one}/`))
}

/** The manifest and its blobs, where the target's repository has not got them: mounted within one registry. */
async function copyImage(
  source: RemoteImage,
  { digest, mediaType: type }: Entry,
  registry: Registry,
  target: Reference,
  store: ImageStore,
): Promise<void> {
  const same = source.reference.registry === target.registry
  if (same && source.reference.repository === target.repository) return
  const image = await remoteManifest(source.registry, source.reference, digest)
  const upstream = registry.upstream(target)
  const { document } = image
  if (document.kind === 'manifest') {
    const from = same ? source.reference.repository : undefined
    for (const blob of [document.config, ...document.layers])
      await copyBlob(image, blob, from, upstream, store)
  }
  await upstream.putManifest(digest, type, image.text)
}

async function copyBlob(
  { registry, reference }: RemoteImage,
  blob: Descriptor,
  from: string | undefined,
  upstream: Upstream,
  store: ImageStore,
): Promise<void> {
  if (await upstream.has(blob.digest)) return
  if (from !== undefined && (await upstream.mount(blob.digest, from))) return
  if (!store.hasBlob(blob.digest)) {
    using incoming = new IncomingBlob(store)
    const { body } = await registry.blob(reference, blob.digest)
    for await (const chunk of body) incoming.write(chunk)
    await incoming.place(`blob ${blob.digest}`, blob.digest)
  }
  await upstream.upload(outgoing(store, blob), [], () => undefined)
}
