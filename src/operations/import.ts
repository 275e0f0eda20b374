/** `import`: a root filesystem from a tar. */

import { closeSync, openSync } from 'node:fs'
import type { Context } from '../cli/context.ts'
import { imageEvent } from '../containers/events.ts'
import { errnoOf, SampanError } from '../errors.ts'
import { type ImportSource, importImage } from '../images/import.ts'
import { ImageStore } from '../images/store.ts'
import { hostPlatform, type Platform, parsePlatform } from '../oci/platform.ts'
import { parseReference, withDefaultTag } from '../oci/reference.ts'
import { isTerminal } from '../platform/libc/terminal.ts'
import { Input } from '../platform/tar/inflate.ts'
import { changedConfig } from './changed-config.ts'

export interface ImportInput {
  readonly operands: readonly string[]
  readonly options: {
    readonly change: readonly string[]
    readonly message: string | undefined
    readonly platform: string | undefined
    readonly os: string | undefined
    readonly arch: string | undefined
    readonly variant: string | undefined
  }
}

/** Prints the id of the new image. */
export async function importArchive({ operands, options }: ImportInput, context: Context): Promise<number> {
  const [from = '-', name] = operands
  // Everything that can be wrong with the words is found before the first byte is read.
  const request = {
    config: changedConfig({}, options.change),
    platform: platformOf(options),
    comment: options.message ?? `Imported from ${from}`,
    name: name === undefined ? undefined : nameOf(name),
  }
  const store = new ImageStore(context.directories)
  const image = await importImage(store, await open(from), request)
  imageEvent(context.directories, 'import', image.id, name)
  context.out.write(`${image.id}\n`)
  return 0
}

function nameOf(text: string) {
  const name = parseReference(text)
  if (name.digest === undefined) return withDefaultTag(name)
  throw new SampanError('cannot import digest reference', { hint: 'give a name and a tag' })
}

function platformOf(options: ImportInput['options']): Platform {
  const base = options.platform ? parsePlatform(options.platform) : hostPlatform()
  const { os, arch, variant } = options
  if (os === undefined && arch === undefined && variant === undefined) return base
  return parsePlatform(
    [os ?? base.os, arch ?? base.architecture, ...(variant === undefined ? [] : [variant])].join('/'),
  )
}

/** A file, `-` for standard input, or an http(s) address. */
async function open(from: string): Promise<ImportSource> {
  if (from === '-') {
    if (isTerminal(0)) {
      throw new SampanError('standard input is a terminal', { hint: 'sampan import - < rootfs.tar' })
    }
    return new Input(0).rest()
  }
  return /^https?:\/\//.test(from) ? await download(from) : fileChunks(openFile(from))
}

function openFile(path: string): number {
  try {
    return openSync(path, 'r')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') throw new SampanError(`open ${path}: no such file or directory`)
    throw error
  }
}

async function* fileChunks(fd: number): ImportSource {
  try {
    yield* new Input(fd).rest()
  } finally {
    closeSync(fd)
  }
}

async function download(url: string): Promise<ImportSource> {
  let response: Response
  try {
    response = await fetch(url)
  } catch (cause) {
    throw new SampanError(`cannot reach ${url}: ${cause instanceof Error ? cause.message : cause}`, { cause })
  }
  if (response.ok && response.body !== null) return response.body as unknown as ImportSource
  throw new SampanError(`GET ${url}: ${response.status} ${response.statusText}`.trimEnd(), {
    hint: 'download the file yourself and import it from there',
  })
}
