/** `--cache-from` and `--cache-to`: the build cache from and to folders and registries. */

import { resolve } from 'node:path'
import {
  type CacheSource,
  type ComposedCache,
  composeCache,
  type ForeignRecord,
  readRecords,
  stepsOf,
  type UsedStep,
} from '../../build/exchange.ts'
import type { CachePlace } from '../../build/outputs/parse.ts'
import type { BuildProgress, TaskProgress } from '../../build/progress.ts'
import type { StageState } from '../../build/state.ts'
import type { Context } from '../../cli/context.ts'
import { SampanError } from '../../errors.ts'
import { type Archive, openArchive, readSmall } from '../../images/archive.ts'
import { IncomingBlob } from '../../images/archive-blob.ts'
import { openSaved } from '../../images/save.ts'
import { mergeSavedFolder } from '../../images/save-files.ts'
import type { ImageStore } from '../../images/store.ts'
import { unpackLayer } from '../../images/unpack.ts'
import { type Digest, hexOf } from '../../oci/digest.ts'
import { parseImageConfig } from '../../oci/image-config.ts'
import { type Manifest, parseManifest } from '../../oci/manifest.ts'
import { fullName, parseReference, withDefaultTag } from '../../oci/reference.ts'
import { digestOf } from '../../platform/host/sha256.ts'
import type { Access } from '../../platform/registry/access.ts'
import { openRegistry } from '../registry-access.ts'

interface Place {
  readonly store: ImageStore
  readonly progress: BuildProgress
  readonly context: Context
  readonly access: Access
}

/** A place of its own. */
type Apart = Exclude<CachePlace, { readonly type: 'inline' }>

/** The caches to look through. One that cannot be read is said, and left out. */
export async function openCacheSources(
  places: readonly CachePlace[],
  held: DisposableStack,
  place: Place,
): Promise<CacheSource[]> {
  const sources: CacheSource[] = []
  for (const from of places) {
    if (from.type === 'inline') continue
    const task = place.progress.begin({ name: `importing cache from ${titleOf(from)}` })
    try {
      const source =
        from.type === 'local'
          ? await openFolder(from.path, held, place)
          : await openRemote(from.reference, held, place)
      task.note(`${source.records.size} steps`)
      task.done()
      sources.push(source)
    } catch (error) {
      if (!(error instanceof SampanError)) throw error
      task.failed(error.message)
    }
  }
  return sources
}

/** Writes what this build used to every place that was asked for. @throws SampanError where it cannot be written */
export async function exportCaches(
  places: readonly CachePlace[],
  steps: readonly UsedStep[],
  state: StageState,
  place: Place,
): Promise<void> {
  for (const to of places) {
    if (to.type === 'inline') continue
    const task = place.progress.begin({ name: `exporting cache to ${titleOf(to)}` })
    try {
      const chosen = to.all ? steps : stepsOf(state, steps)
      const cache = composeCache(place.store, chosen, state)
      if (to.type === 'local') await writeFolder(to.path, cache, place.store)
      else await sendCache(to.reference, cache, place, task)
      task.note(`${chosen.length} steps`)
      task.done()
    } catch (error) {
      task.failed(error instanceof Error ? error.message : String(error))
      throw error
    }
  }
}

function titleOf(place: Apart): string {
  return place.type === 'local' ? place.path : fullName(nameOf(place.reference))
}

function nameOf(text: string) {
  return withDefaultTag(parseReference(text))
}

async function writeFolder(path: string, image: ComposedCache, store: ImageStore): Promise<void> {
  using saved = openSaved(store, [{ image, names: [] }], 'oci-archive')
  await mergeSavedFolder(saved.files, resolve(path))
}

async function sendCache(
  reference: string,
  { manifest, config }: ComposedCache,
  { store, context, access }: Place,
  task: TaskProgress,
): Promise<void> {
  const { sendImage } = await import('../../images/push.ts')
  const { compressedManifest } = await import('../../images/compress.ts')
  const target = nameOf(reference)
  using registry = await openRegistry(target, access, context)
  const image = { manifest: await compressedManifest(store, manifest), config }
  const observer = {
    layers: () => undefined,
    layer: ({ blob }: { readonly blob: { readonly digest: Digest } }, phase: string) => {
      if (phase === 'pushed' || phase === 'exists') task.note(`layer ${blob.digest} ${phase}`)
    },
  }
  await sendImage(store, registry, image, target, { observer })
}

/** The first image of a layout that carries a cache. */
async function openFolder(path: string, held: DisposableStack, { store }: Place): Promise<CacheSource> {
  const archive = held.use(await openArchive(resolve(path), resolve(store.data, 'oci/partial/cache')))
  const index = parseManifest(
    (await small(archive, 'index.json')).toString(),
    undefined,
    `${path}/index.json`,
  )
  if (index.kind !== 'index') throw new SampanError(`${path}: its index.json is no index`)
  for (const { digest } of index.manifests) {
    const text = (await small(archive, blobName(digest))).toString()
    const manifest = manifestOf(text, path)
    const config = parseImageConfig((await small(archive, blobName(manifest.config.digest))).toString(), path)
    const records = readRecords(text, manifest, config, path)
    if (records.size > 0) return { records, bring: (record) => bringFile(archive, record, store) }
  }
  return { records: new Map(), bring: async () => undefined }
}

async function bringFile(
  archive: Archive,
  { diffId, blob }: ForeignRecord,
  store: ImageStore,
): Promise<void> {
  if (store.hasBlob(blob.digest)) {
    await unpackLayer(store.directories, diffId, store.blobPath(blob.digest))
    return
  }
  const file = archive.file(blobName(blob.digest))
  if (file === undefined) throw new SampanError(`${archive.title}: blob ${blob.digest} is missing`)
  using incoming = new IncomingBlob(store)
  await unpackLayer(store.directories, diffId, incoming.tee(file.chunks()))
  await incoming.place(`${archive.title}: layer ${blob.digest}`, blob.digest)
}

async function openRemote(
  text: string,
  held: DisposableStack,
  { store, context, access }: Place,
): Promise<CacheSource> {
  const { defaultJobs, pullLayers } = await import('../../images/pull-layers.ts')
  const reference = nameOf(text)
  const registry = held.use(await openRegistry(reference, access, context))
  const served = await registry.manifest(reference, reference.digest ?? reference.tag ?? 'latest')
  const what = fullName(reference)
  const manifest = manifestOf(served.text, what)
  const { body } = await registry.blob(reference, manifest.config.digest)
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  const bytes = Buffer.concat(chunks)
  if (digestOf(bytes) !== manifest.config.digest)
    throw new SampanError(`${what}: its configuration is damaged`)
  const records = readRecords(served.text, manifest, parseImageConfig(bytes.toString(), what), what)
  const silent = { layers: () => undefined, layer: () => undefined }
  return {
    records,
    bring: ({ blob, diffId }) =>
      pullLayers(store, registry, reference, [{ blob, diffId }], silent, defaultJobs),
  }
}

function manifestOf(text: string, what: string): Manifest {
  const manifest = parseManifest(text, undefined, what)
  if (manifest.kind === 'manifest') return manifest
  throw new SampanError(`${what} is a list of images, and no cache of this tool`)
}

async function small(archive: Archive, name: string): Promise<Buffer> {
  const file = archive.file(name)
  if (file === undefined) throw new SampanError(`${archive.title}: ${name} is missing: it is no OCI layout`)
  return await readSmall(file, `${archive.title}: ${name}`)
}

function blobName(digest: Digest): string {
  return `blobs/sha256/${hexOf(digest)}`
}
