/** `save`: images to an archive in a file, a folder or standard output. */
import type { Context } from '../cli/context.ts'
import { imageEvent } from '../containers/events.ts'
import { SampanError, usage } from '../errors.ts'
import { findList } from '../images/lists.ts'
import { type ArchiveFormat, openSaved, type SavedImage } from '../images/save.ts'
import { writeSavedFolder, writeSavedTar } from '../images/save-files.ts'
import { type Image, ImageStore } from '../images/store.ts'
import type { Digest } from '../oci/digest.ts'
import { platformOf } from '../oci/image-config.ts'
import { chooseManifest } from '../oci/manifest.ts'
import { parsePlatform, suitability } from '../oci/platform.ts'
import {
  familiarName,
  type Reference,
  repositoryName,
  sameReference,
  tryReference,
  withDefaultTag,
} from '../oci/reference.ts'
import { writeOutput } from '../platform/files/output-file.ts'
import { isTerminal } from '../platform/libc/terminal.ts'
import { checkPlatform } from './image-platform.ts'

export interface SaveInput {
  readonly operands: readonly string[]
  readonly options: {
    readonly output: string | undefined
    readonly compress: boolean
    readonly format: string
    readonly platform: readonly string[]
  }
}

type Format = ArchiveFormat | 'oci-dir'

/** @returns 0 */
export async function save({ operands, options }: SaveInput, context: Context): Promise<number> {
  const format = formatOf(options.format)
  const output = options.output
  const folder = format === 'oci-dir' || format === 'docker-dir'
  if (output === undefined && folder) throw usage(`${format} needs --output: the folder to make`)
  if (output === undefined && isTerminal(1)) {
    throw new SampanError('cowardly refusing to save to a terminal. Use the -o flag or redirect')
  }
  const store = new ImageStore(context.directories)
  const chosen = chooseImages(store, operands, context)
  if (format === 'docker-dir' && chosen.length > 1) throw usage('docker-dir takes one image')
  const images: SavedImage[] = []
  for (const one of chosen) images.push(await toSave(store, one, options))
  using saved = openSaved(store, images, format === 'oci-dir' ? 'oci-archive' : format)
  if (folder) await writeSavedFolder(saved.files, output as string)
  else if (output === undefined) await writeSavedTar(saved.files, 1, 'standard output')
  else await writeOutput(output, (fd) => writeSavedTar(saved.files, fd, output))
  for (const { image } of chosen) imageEvent(context.directories, 'save', image.id)
  return 0
}

const formats: readonly Format[] = ['docker-archive', 'oci-archive', 'oci-dir', 'docker-dir']

/** What is saved of an image: itself, or the one for another platform of a list that its name stands for. */
async function toSave(
  store: ImageStore,
  { image, names }: { readonly image: Image; readonly names: readonly Reference[] },
  { platform, compress }: SaveInput['options'],
): Promise<SavedImage> {
  // Without a platform asked for, all that a name stands for.
  const saved = { names, lists: platform.length === 0 }
  const manifest = manifestFor(store, image, names, platform)
  if (!compress) return { ...saved, image: { manifest } }
  const { compressedManifest } = await import('../images/compress.ts')
  return { ...saved, image: { manifest: await compressedManifest(store, manifest) } }
}

/** @throws SampanError where nothing is here for the platform */
function manifestFor(
  store: ImageStore,
  image: Image,
  names: readonly Reference[],
  wanted: readonly string[],
): Digest {
  const [platform, ...more] = wanted.map(parsePlatform)
  const [list] = names.flatMap((name) => findList(store, name) ?? [])
  if (platform === undefined || list === undefined || suitability(platform, platformOf(image.config)) > 0) {
    checkPlatform(image, wanted)
    return image.manifest
  }
  if (more.length > 0) throw usage('save takes one --platform of a list, or all without it')
  return chooseManifest(list.index, platform, names.map(familiarName).join(', ')).digest
}

function formatOf(text: string): Format {
  const format = formats.find((one) => one === text)
  if (format !== undefined) return format
  throw usage(`unknown format ${JSON.stringify(text)}`, formats.join(', '))
}

/**
 * Each image once, with all the names it was asked for by. As docker, a repository without a tag means all its tags;
 * podman means `latest`.
 */
function chooseImages(
  store: ImageStore,
  operands: readonly string[],
  context: Context,
): (SavedImage & { readonly image: Image })[] {
  const chosen = new Map<Image['id'], { image: Image; names: Reference[] }>()
  const add = (image: Image, names: readonly Reference[]) => {
    const entry = chosen.get(image.id) ?? { image, names: [] }
    for (const name of names) {
      if (!entry.names.some((known) => sameReference(known, name))) entry.names.push(name)
    }
    chosen.set(image.id, entry)
  }
  for (const operand of operands) {
    const bare = context.dialect === 'podman' ? [] : tagsOf(store, operand)
    if (bare.length > 0) for (const { image, name } of bare) add(image, [name])
    else {
      const image = store.find(operand)
      add(image, nameMeant(image, operand))
    }
  }
  return [...chosen.values()]
}

/** The names of a repository that was given without a tag, in order. */
function tagsOf(store: ImageStore, operand: string): { image: Image; name: Reference }[] {
  const wanted = tryReference(operand)
  if (wanted === undefined || wanted.tag !== undefined || wanted.digest !== undefined) return []
  const repository = repositoryName(wanted)
  return store
    .list()
    .flatMap((image) => image.names.map((name) => ({ image, name })))
    .filter(({ name }) => name.tag !== undefined && repositoryName(name) === repository)
    .sort((a, b) => ((a.name.tag ?? '') < (b.name.tag ?? '') ? -1 : 1))
}

/** The tag that was typed, if the image was meant by it; an id or a digest names nothing in an archive. */
function nameMeant(image: Image, operand: string): Reference[] {
  const reference = tryReference(operand)
  if (reference === undefined || reference.digest !== undefined) return []
  const name = withDefaultTag(reference)
  return image.names.some((own) => sameReference(own, name)) ? [name] : []
}
