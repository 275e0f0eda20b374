/** What a build leaves: the image under its names, files, a push; and the files that say what was made. */
import { writeFileSync } from 'node:fs'
import type { Output } from '../../build/outputs/parse.ts'
import { type FileOutput, isFileOutput, writeFileOutput } from '../../build/outputs/write.ts'
import type { BuildProgress, TaskProgress } from '../../build/progress.ts'
import { asImage, imageConfig, type StageState } from '../../build/state.ts'
import type { Context } from '../../cli/context.ts'
import { SampanError } from '../../errors.ts'
import { addComposed, writeComposed } from '../../images/compose.ts'
import { putList } from '../../images/lists.ts'
import type { Image, ImageStore } from '../../images/store.ts'
import { defined } from '../../oci/json.ts'
import { mediaType } from '../../oci/media-types.ts'
import { hostPlatform, suitability } from '../../oci/platform.ts'
import { fullName, parseReference, type Reference, withDefaultTag } from '../../oci/reference.ts'
import type { Access } from '../../platform/registry/access.ts'
import { push } from '../push.ts'
import { tellingTask } from './images.ts'

export interface ResultsRequest {
  /** `-t`. */
  readonly names: readonly Reference[]
  /** At least one. */
  readonly outputs: readonly Output[]
  readonly format: 'oci' | 'docker'
  readonly annotations: Readonly<Record<string, string>>
  readonly iidFile: string | undefined
  readonly metadataFile: string | undefined
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
  place: Place,
): Promise<Image> {
  let image = asImage(ownOf(states))
  for (const output of request.outputs) {
    if (output.type === 'image') image = await storeImage(states, output, request, place)
    else if (isFileOutput(output)) await writeFiles(states, output, request, place)
  }
  if (request.iidFile !== undefined) writeFileSync(request.iidFile, image.id)
  if (request.metadataFile !== undefined) {
    writeFileSync(request.metadataFile, `${JSON.stringify(metadataOf(image, request), undefined, 2)}\n`)
  }
  return image
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
  request: ResultsRequest,
  { store, progress }: Place,
): Promise<void> {
  await inTask(progress, titles[output.type], async () => {
    const own = 'names' in output ? output.names.map(nameOf) : []
    const names = own.length === 0 ? request.names : own
    const images = states.map((state) => {
      const manifest = writeComposed(store, composed(state, request))
      return { image: { ...asImage(state), manifest }, names }
    })
    await writeFileOutput(output, { store, images, folder: process.cwd() })
  })
}

async function storeImage(
  states: readonly StageState[],
  output: Extract<Output, { readonly type: 'image' }>,
  request: ResultsRequest,
  place: Place,
): Promise<Image> {
  const { store, progress } = place
  const names = [...request.names, ...output.names.map(nameOf)]
  if (output.push && names.length === 0) {
    throw new SampanError('tag is needed when pushing to registry', { hint: 'name the image: -t NAME' })
  }
  const image = addComposed(store, { ...composed(ownOf(states), request), names })
  if (states.length > 1) keepList(states, names, request, store)
  progress.built(image.id, names.map(fullName))
  if (output.push) for (const name of names) await pushName(fullName(name), place)
  return image
}

/** All platforms under the same names: what `push` sends then. */
function keepList(
  states: readonly StageState[],
  names: readonly Reference[],
  request: ResultsRequest,
  store: ImageStore,
): void {
  if (names.length === 0) {
    throw new SampanError('tag is needed for an image of several platforms', { hint: 'name it: -t NAME' })
  }
  const type = request.format === 'docker' ? mediaType.dockerManifest : mediaType.ociManifest
  const manifests = states.map((state) => {
    const digest = writeComposed(store, composed(state, request))
    const { os, architecture, variant } = state.platform
    const platform = { architecture, os, ...defined({ variant }) }
    return { mediaType: type, digest, size: store.readBlob(digest).length, platform }
  })
  const indexType = request.format === 'docker' ? mediaType.dockerList : mediaType.ociIndex
  const text = JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests })
  for (const name of names) putList(store, name, text, indexType)
}

function composed(state: StageState, { annotations, format }: ResultsRequest) {
  return {
    format,
    config: imageConfig(state),
    layers: state.layers.map(({ blob }) => blob),
    ...defined({ annotations: Object.keys(annotations).length === 0 ? undefined : annotations }),
  }
}

async function pushName(name: string, { progress, context, access }: Place): Promise<void> {
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
      'compression-format': undefined,
      'compression-level': undefined,
      'force-compression': false,
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
function metadataOf(image: Image, { names }: ResultsRequest): Readonly<Record<string, unknown>> {
  return {
    'containerimage.config.digest': image.id,
    'containerimage.digest': image.manifest,
    ...(names.length === 0 ? {} : { 'image.name': names.map(fullName).join(',') }),
  }
}
