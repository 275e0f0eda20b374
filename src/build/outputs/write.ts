/** The results of a build that are files of the person: `-o type=local|tar|oci|docker`. */
import { mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { SampanError } from '../../errors.ts'
import { openSaved, type SavedImage } from '../../images/save.ts'
import { writeSavedFolder, writeSavedTar } from '../../images/save-files.ts'
import type { Image, ImageStore } from '../../images/store.ts'
import { platformOf } from '../../oci/image-config.ts'
import { formatPlatform } from '../../oci/platform.ts'
import { byteName } from '../../platform/files/byte-names.ts'
import { writeOutput } from '../../platform/files/output-file.ts'
import { startWriter } from '../../platform/helper/inside.ts'
import { isTerminal } from '../../platform/libc/terminal.ts'
import { unpackChunks } from '../copy/archive.ts'
import { Upper } from '../copy/upper.ts'
import type { Output } from './parse.ts'

/** What was built: one image a platform, with the names it goes out by. */
export interface Built {
  readonly store: ImageStore
  readonly images: readonly (SavedImage & {
    readonly image: Image
    /** Files that go beside those of a folder. */
    readonly notes?: readonly { readonly name: string; readonly text: string }[]
  })[]
  /** What relative paths start from. */
  readonly folder: string
}

export type FileOutput = Extract<Output, { readonly path: string }>

export function isFileOutput(output: Output): output is FileOutput {
  return 'path' in output
}

/** @throws SampanError where it cannot be written, and for an archive to a terminal */
export async function writeFileOutput(output: FileOutput, built: Built): Promise<void> {
  if (output.path === '-' && isTerminal(1)) {
    throw new SampanError(`cowardly refusing to write a ${output.type} archive to a terminal`, {
      hint: 'add dest=FILE, or redirect standard output',
    })
  }
  const path = output.path === '-' ? '-' : resolve(built.folder, output.path)
  if (output.type === 'local') await writeFolders(path, built)
  else if (output.type === 'tar') await toFile(path, (fd) => packOne(built, fd))
  else await saveImages(output, path, built)
}

async function toFile(path: string, fill: (fd: number) => Promise<void>): Promise<void> {
  if (path === '-') await fill(1)
  else await writeOutput(path, fill)
}

/** Several platforms each get a folder of their own: `linux_arm64`. */
async function writeFolders(path: string, { store, images }: Built): Promise<void> {
  for (const { image, notes = [] } of images) {
    const folder = images.length === 1 ? path : join(path, platformName(image))
    mkdirSync(folder, { recursive: true })
    await writeFolder(store, image, realpathSync(folder))
    for (const { name, text } of notes) writeFileSync(join(folder, name), text)
  }
}

/** The files become the person's own; links of what is in the folder already are followed inside of it only. */
async function writeFolder(store: ImageStore, image: Image, folder: string): Promise<void> {
  const writer = startWriter(store.directories, 'pack-union', unionOf(image), 'pipe')
  const upper = new Upper(byteName(folder), [], true)
  try {
    const feed = async (consume: (chunk: Buffer) => void) => {
      for await (const chunk of writer.chunks) consume(Buffer.from(chunk))
      await writer.done
    }
    await unpackChunks(feed, upper, upper.root, { uid: 0, gid: 0 })
  } finally {
    writer.kill()
  }
}

async function packOne({ store, images }: Built, fd: number): Promise<void> {
  const [first, ...more] = images
  if (first === undefined) return
  if (more.length > 0) {
    throw new SampanError('a tar holds the files of one platform', {
      hint: 'use type=local, which makes a folder for each',
    })
  }
  await startWriter(store.directories, 'pack-union', unionOf(first.image), fd).done
}

async function saveImages(
  output: Extract<FileOutput, { readonly folder: boolean }>,
  path: string,
  { store, images }: Built,
): Promise<void> {
  using saved = openSaved(store, images, output.type === 'oci' ? 'oci-archive' : 'docker-archive')
  if (output.folder) await writeSavedFolder(saved.files, path)
  else await toFile(path, (fd) => writeSavedTar(saved.files, fd, path === '-' ? 'standard output' : path))
}

/** Folders of the layers, the top one first. */
function unionOf({ layers }: Image): string[] {
  return layers.map(({ folder }) => folder).reverse()
}

function platformName({ config }: Image): string {
  return formatPlatform(platformOf(config)).replaceAll('/', '_')
}
