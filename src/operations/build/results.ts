/** What a build leaves: the image under its names, files, a push; and the files that say what was made. */
import { writeFileSync } from 'node:fs'
import { type BuildFacts, provenance } from '../../build/attest/provenance.ts'
import type { Output } from '../../build/outputs/parse.ts'
import { type FileOutput, isFileOutput, writeFileOutput } from '../../build/outputs/write.ts'
import type { BuildProgress, TaskProgress } from '../../build/progress.ts'
import { asImage, imageConfig, type StageState } from '../../build/state.ts'
import type { Context } from '../../cli/context.ts'
import { SampanError } from '../../errors.ts'
import { writeComposed } from '../../images/compose.ts'
import { compressedManifest } from '../../images/compress.ts'
import { findList, putList, removeList, type StoredList } from '../../images/lists.ts'
import type { Image, ImageStore } from '../../images/store.ts'
import type { Digest } from '../../oci/digest.ts'
import { defined } from '../../oci/json.ts'
import { hostPlatform, suitability } from '../../oci/platform.ts'
import { fullName, parseReference, type Reference, withDefaultTag } from '../../oci/reference.ts'
import type { Access } from '../../platform/registry/access.ts'
import type { Document, Entry } from '../manifest-entries.ts'
import { push } from '../push.ts'
import { parseShipping, type ShippingOptions } from '../shipping.ts'
import { tellingTask } from './images.ts'
import { type AttestRequest, composeIndex, isAttested, type Part, statementFiles } from './result-index.ts'

export interface ResultsRequest {
  /** `-t`. */
  readonly names: readonly Reference[]
  /** At least one. */
  readonly outputs: readonly Output[]
  readonly format: 'oci' | 'docker'
  readonly annotations: Readonly<Record<string, string>>
  readonly iidFile: string | undefined
  /** The same without `sha256:`. */
  readonly rawIidFile: string | undefined
  /** BUILDKIT_MULTI_PLATFORM: an index also for one platform. */
  readonly multiPlatform: boolean
  /** A list that the image is added to. */
  readonly manifest: Reference | undefined
  /** `org.opencontainers.image.created`. */
  readonly createdAnnotation: boolean
  /** How layers are packed when they are pushed. */
  readonly shipping: Omit<ShippingOptions, 'format'>
  readonly metadataFile: string | undefined
  readonly attest: Omit<AttestRequest, 'facts'>
}

interface Place {
  readonly store: ImageStore
  readonly progress: BuildProgress
  readonly context: Context
  readonly access: Access
}

/**
 * @param states one a platform, at least one
 * @returns the image for this machine, or the first
 * @throws SampanError where something cannot be written or pushed; what was made before that stays
 */
export async function exportResults(
  states: readonly StageState[],
  request: ResultsRequest,
  facts: BuildFacts,
  place: Place,
): Promise<Image> {
  const wanted = { ...request, attest: { ...request.attest, facts } }
  let result: Stored = { image: asImage(ownOf(states)), list: undefined }
  for (const output of request.outputs) {
    if (output.type === 'image') result = await storeImage(states, output, wanted, place)
    else if (isFileOutput(output)) await writeFiles(states, output, wanted, place)
  }
  const { image } = result
  if (request.iidFile !== undefined) writeFileSync(request.iidFile, image.id)
  if (request.rawIidFile !== undefined) writeFileSync(request.rawIidFile, image.id.replace(/^sha256:/, ''))
  if (request.metadataFile !== undefined) {
    const metadata = metadataOf(result, wanted)
    writeFileSync(request.metadataFile, `${JSON.stringify(metadata, undefined, 2)}\n`)
  }
  return image
}

type Wanted = Omit<ResultsRequest, 'attest'> & { readonly attest: AttestRequest }

/** An image among the others, and the index that its names stand for where there is one. */
interface Stored {
  readonly image: Image
  readonly list: StoredList | undefined
}

/** Of several platforms the one whose programs run here. */
function ownOf(states: readonly StageState[]): StageState {
  const host = hostPlatform()
  const best = states.toSorted((a, b) => suitability(host, b.platform) - suitability(host, a.platform))
  return best[0] as StageState
}

/** BuildKit's words for each. */
const titles: Readonly<Record<FileOutput['type'], string>> = {
  local: 'exporting to client directory',
  tar: 'exporting to client tarball',
  oci: 'exporting to oci image format',
  docker: 'exporting to docker image format',
}

async function writeFiles(
  states: readonly StageState[],
  output: FileOutput,
  request: Wanted,
  { store, progress }: Place,
): Promise<void> {
  await inTask(progress, titles[output.type], async () => {
    const own = 'names' in output ? output.names.map(nameOf) : []
    const names = own.length === 0 ? request.names : own
    const parts = partsOf(states, request, store)
    const images = parts.map(({ state, manifest }) => ({ image: { ...asImage(state), manifest }, names }))
    const [first] = images
    if (output.type === 'oci' && first !== undefined && isIndexed(states.length, request)) {
      const list = composeIndex(store, parts, names, request)
      await writeFileOutput(output, { store, images: [{ ...first, list }], folder: process.cwd() })
      return
    }
    const { provenance } = request.attest
    const attest = { ...request.attest, provenance: provenance?.inlineOnly ? undefined : provenance }
    const notes = parts.map(({ state, manifest }) => statementFiles(state, manifest, names, attest))
    await writeFileOutput(output, {
      store,
      images: images.map((image, at) => ({ ...image, notes: notes[at] ?? [] })),
      folder: process.cwd(),
    })
  })
}

async function storeImage(
  states: readonly StageState[],
  output: Extract<Output, { readonly type: 'image' }>,
  request: Wanted,
  place: Place,
): Promise<Stored> {
  const { store, progress } = place
  const shipping = { ...request.shipping, ...output.packing }
  const own = request.manifest === undefined ? [] : [request.manifest]
  const names = [...request.names, ...output.names.map(nameOf), ...own]
  if (output.push && names.length === 0) {
    throw new SampanError('tag is needed when pushing to registry', { hint: 'name the image: -t NAME' })
  }
  const parts = partsOf(states, request, store)
  if (isIndexed(states.length, request) && output.push) {
    // A list is pushed as it is: its layers are compressed first.
    const packing = parseShipping({ ...shipping, format: undefined })
    for (const [at, part] of parts.entries())
      parts[at] = { ...part, manifest: await compressedManifest(store, part.manifest, packing) }
  }
  const best = ownOf(states)
  const { manifest } = parts.find(({ state }) => state === best) as Part
  // The name is taken from the list it stands for.
  const before = request.manifest && findList(store, request.manifest)
  const image = store.add({ manifest, mediaType: store.readManifest(manifest).mediaType, names })
  const list = keepIndex(parts, names, before, request, { store, progress })
  progress.built(image.id, names.map(fullName))
  if (output.push) for (const name of names) await pushName(fullName(name), shipping, place)
  return { image, list }
}

function partsOf(states: readonly StageState[], request: Wanted, store: ImageStore): Part[] {
  return states.map((state) => ({ state, manifest: writeComposed(store, composed(state, request)) }))
}

function isIndexed(platforms: number, { attest, manifest, multiPlatform }: Wanted): boolean {
  return multiPlatform || platforms > 1 || isAttested(attest) || manifest !== undefined
}

/** All platforms and what is attested of them, under the same names: what `push` sends then. */
function keepIndex(
  parts: readonly Part[],
  names: readonly Reference[],
  before: StoredList | undefined,
  request: Wanted,
  { store, progress }: Pick<Place, 'store' | 'progress'>,
): StoredList | undefined {
  if (!isIndexed(parts.length, request)) {
    // What the name stood for before.
    for (const name of names) removeList(store, name)
    return undefined
  }
  if (names.length === 0 && parts.length > 1) {
    throw new SampanError('tag is needed for an image of several platforms', { hint: 'name it: -t NAME' })
  }
  if (names.length === 0 && isAttested(request.attest))
    progress.warn('attestations are kept under a name only: give the image one by -t NAME')
  const list = composeIndex(store, parts, names, request)
  for (const name of names) {
    const adds = name === request.manifest && before !== undefined
    const text = adds ? added(before.text, list.text) : list.text
    putList(store, name, text, list.mediaType)
  }
  return list
}

/** `--manifest`: what the list has for other platforms stays, and so does what is attested of that. */
function added(before: string, now: string): string {
  const [old, own] = [before, now].map((text) => JSON.parse(text) as Document) as [Document, Document]
  const platformOf = ({ platform }: Entry) => JSON.stringify(platform)
  const taken = new Set(own.manifests.map(platformOf))
  const gone = new Set(old.manifests.filter((one) => taken.has(platformOf(one))).map(({ digest }) => digest))
  const about = ({ annotations }: Entry) => annotations?.['vnd.docker.reference.digest'] as Digest
  const kept = old.manifests.filter((one) => !gone.has(about(one) ?? one.digest))
  return JSON.stringify({ ...old, manifests: [...kept, ...own.manifests] })
}

function composed(
  state: StageState,
  request: Pick<ResultsRequest, 'annotations' | 'createdAnnotation' | 'format'>,
) {
  const config = imageConfig(state)
  const created = request.createdAnnotation ? config.created : undefined
  const annotations = {
    ...defined({ 'org.opencontainers.image.created': created }),
    ...request.annotations,
  }
  return {
    format: request.format,
    config,
    layers: state.layers.map(({ blob }) => blob),
    ...defined({ annotations: Object.keys(annotations).length === 0 ? undefined : annotations }),
  }
}

async function pushName(
  name: string,
  shipping: ResultsRequest['shipping'],
  { progress, context, access }: Place,
): Promise<void> {
  await inTask(progress, `pushing ${name}`, async (task) => {
    const note = (line: string) => task.note(line)
    const told: Context = { ...context, out: { ...context.out, note, write: (text) => note(text.trimEnd()) } }
    const options = {
      ...access,
      'all-tags': false,
      digestfile: undefined,
      jobs: undefined,
      platform: undefined,
      quiet: false,
      ...shipping,
      format: undefined,
    }
    await push({ operands: [name], options }, told, () => tellingTask(note))
  })
}

async function inTask<T>(
  progress: BuildProgress,
  name: string,
  work: (task: TaskProgress) => Promise<T> | T,
): Promise<T> {
  const task = progress.begin({ name })
  try {
    const result = await work(task)
    task.done()
    return result
  } catch (error) {
    task.failed(error instanceof Error ? error.message : String(error))
    throw error
  }
}

function nameOf(text: string): Reference {
  return withDefaultTag(parseReference(text))
}

/** `--metadata-file`: the members of buildx that are about what was made. */
function metadataOf({ image, list }: Stored, { names, attest }: Wanted): Readonly<Record<string, unknown>> {
  return {
    ...(attest.provenance === undefined
      ? {}
      : { 'buildx.build.provenance': provenance(attest.provenance, attest.facts).predicate }),
    'containerimage.config.digest': image.id,
    'containerimage.digest': list?.digest ?? image.manifest,
    ...(list === undefined
      ? {}
      : { 'containerimage.descriptor': { mediaType: list.mediaType, digest: list.digest, size: list.size } }),
    ...(names.length === 0 ? {} : { 'image.name': names.map(fullName).join(',') }),
  }
}
