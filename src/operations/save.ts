/** `save`: images to an archive in a file, a folder or standard output. */
import type { Context } from '../cli/context.ts'
import { imageEvent } from '../containers/events.ts'
import { SampanError, unsupported, usage } from '../errors.ts'
import { type ArchiveFormat, openSaved, type SavedImage } from '../images/save.ts'
import { writeSavedFolder, writeSavedTar } from '../images/save-files.ts'
import { type Image, ImageStore } from '../images/store.ts'
import {
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
    readonly format: string
    readonly platform: readonly string[]
  }
}

type Format = ArchiveFormat | 'oci-dir'

/** @returns 0 */
export async function save({ operands, options }: SaveInput, context: Context): Promise<number> {
  const format = formatOf(options.format)
  const output = options.output
  if (output === undefined && format === 'oci-dir') throw usage('oci-dir needs --output: the folder to make')
  if (output === undefined && isTerminal(1)) {
    throw new SampanError('cowardly refusing to save to a terminal. Use the -o flag or redirect')
  }
  const store = new ImageStore(context.directories)
  const chosen = chooseImages(store, operands, context)
  for (const { image } of chosen) checkPlatform(image, options.platform)
  // Without a platform asked for, all that a name stands for.
  const lists = options.platform.length === 0
  const images = chosen.map((one) => ({ ...one, lists }))
  using saved = openSaved(store, images, format === 'oci-dir' ? 'oci-archive' : format)
  if (format === 'oci-dir') await writeSavedFolder(saved.files, output as string)
  else if (output === undefined) await writeSavedTar(saved.files, 1, 'standard output')
  else await writeOutput(output, (fd) => writeSavedTar(saved.files, fd, output))
  for (const { image } of chosen) imageEvent(context.directories, 'save', image.id)
  return 0
}

function formatOf(text: string): Format {
  if (text === 'docker-archive' || text === 'oci-archive' || text === 'oci-dir') return text
  if (text === 'docker-dir') {
    throw unsupported('save --format docker-dir', 'use oci-dir, or: skopeo copy oci:FOLDER dir:OTHER')
  }
  throw usage(`unknown format ${JSON.stringify(text)}`, 'docker-archive, oci-archive or oci-dir')
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
