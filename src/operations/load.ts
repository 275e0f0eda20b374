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
  for (const { image, names } of await loadArchive(
    store,
    source,
    platform === undefined ? {} : { platform },
  )) {
    imageEvent(context.directories, 'load', image.id, names.map(familiarName).join(', '))
    const name = context.dialect === 'podman' ? fullName : familiarName
    for (const each of names) context.out.write(`Loaded image: ${name(each)}\n`)
    if (names.length === 0) context.out.write(`Loaded image ID: ${image.id}\n`)
  }
  return 0
}

function standardInput(): number {
  if (isTerminal(0) || fstatSync(0).isCharacterDevice()) {
    throw new SampanError('requested load from stdin, but stdin is empty', {
      hint: 'give a file (-i image.tar), or pipe one in: sampan load < image.tar',
    })
  }
  return 0
}
