/** `load`: images from an archive. */
import { fstatSync } from 'node:fs'
import type { Context } from '../cli/context.ts'
import { imageEvent } from '../containers/events.ts'
import { SampanError, usage } from '../errors.ts'
import { loadArchive } from '../images/load.ts'
import { ImageStore } from '../images/store.ts'
import { parsePlatform } from '../oci/platform.ts'
import { familiarName, fullName } from '../oci/reference.ts'
import { isTerminal } from '../platform/libc/terminal.ts'

export interface LoadInput {
  readonly options: {
    readonly input: string | undefined
    readonly platform: readonly string[]
  }
}

/** Prints a line for every name, or for the id of an image without one. */
export async function load({ options }: LoadInput, context: Context): Promise<number> {
  if (options.platform.length > 1) throw usage('load takes one --platform', 'load the archive once for each')
  const [platform] = options.platform.map(parsePlatform)
  const source = options.input === undefined || options.input === '-' ? standardInput() : options.input
  const store = new ImageStore(context.directories)
  const before = new Map(store.list().flatMap(({ id, names }) => names.map((name) => [fullName(name), id])))
  for (const { image, names } of await loadArchive(
    store,
    source,
    platform === undefined ? {} : { platform },
  )) {
    imageEvent(context.directories, 'load', image.id, names.map(familiarName).join(', '))
    const name = context.dialect === 'podman' ? fullName : familiarName
    for (const each of names) {
      const old = before.get(fullName(each))
      if (old !== undefined && old !== image.id && context.dialect !== 'podman')
        context.out.write(`${renamed(name(each), old)}\n`)
      context.out.write(`Loaded image: ${name(each)}\n`)
    }
    if (names.length === 0) context.out.write(`Loaded image ID: ${image.id}\n`)
  }
  return 0
}

/** Docker's words for an image that lost its name: it is dangling now. */
function renamed(name: string, id: string): string {
  return `The image ${name} already exists, renaming the old one with ID ${id} to empty string`
}

function standardInput(): number {
  if (isTerminal(0) || fstatSync(0).isCharacterDevice()) {
    throw new SampanError('requested load from stdin, but stdin is empty', {
      hint: 'give a file (-i image.tar), or pipe one in: sampan load < image.tar',
    })
  }
  return 0
}
