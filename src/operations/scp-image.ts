/**
 * `image scp`: an image from one store into another: this one, one of another folder (`FOLDER::IMAGE`), or that of
 * another machine or account over ssh (`[USER@]HOST::IMAGE`, where this program must be installed, too).
 *
 * Either end is this program with `save` or `load`; what passes between is the archive they speak.
 */
import { existsSync, realpathSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Context } from '../cli/context.ts'
import { SampanError, usage } from '../errors.ts'
import { self } from '../platform/helper/inside.ts'
import { connect, type Piped } from '../platform/host/pipeline.ts'

export interface ScpInput {
  readonly operands: readonly string[]
  readonly options: { readonly format: string | undefined; readonly quiet: boolean }
}

/** Where one end is. */
export type End =
  | { readonly kind: 'here' }
  | { readonly kind: 'folder'; readonly folder: string }
  | { readonly kind: 'host'; readonly host: string; readonly port: string | undefined }

export interface Place {
  readonly end: End
  /** Empty: nothing was named. */
  readonly image: string
}

/**
 * `IMAGE`, `FOLDER::IMAGE`, `[USER@]HOST::IMAGE`, `ssh://[USER@]HOST[:PORT]::IMAGE`. A folder has a slash in it.
 * @throws usage for an empty place
 */
export function parsePlace(text: string): Place {
  const at = text.indexOf('::')
  if (at < 0) return { end: { kind: 'here' }, image: text }
  const [where, image] = [text.slice(0, at), text.slice(at + 2)]
  const ssh = /^ssh:\/\/([^/:]+)(?::(\d+))?\/?$/.exec(where)
  if (ssh !== null) return { end: { kind: 'host', host: ssh[1] as string, port: ssh[2] }, image }
  if (where === '')
    throw usage(`invalid place ${JSON.stringify(text)}`, 'HOST::IMAGE, FOLDER::IMAGE or IMAGE')
  // ssh would take it for an option.
  if (where.startsWith('-')) throw usage(`invalid host ${JSON.stringify(where)}`)
  if (where.includes('/')) return { end: { kind: 'folder', folder: where }, image }
  return { end: { kind: 'host', host: where, port: undefined }, image }
}

/** Prints what `load` at the other end prints. */
export async function scpImage({ operands, options }: ScpInput, context: Context): Promise<number> {
  const [from, to] = operands.map(parsePlace) as [Place, Place | undefined]
  if (from.image === '') throw usage('no image was named', 'sampan image scp IMAGE HOST::')
  const target = to?.end ?? { kind: 'here' }
  if (to !== undefined && to.image !== '' && to.image !== from.image) {
    throw usage(
      'the image keeps its name',
      `write ${operands[1]?.slice(0, -to.image.length)} and tag it there`,
    )
  }
  if (storeOf(from.end, context) === storeOf(target, context)) {
    throw usage(
      'both ends are the same store',
      'name the other one: HOST:: or FOLDER:: before or after the image',
    )
  }
  const loaded = await connect(
    command(from.end, ['save', ...formatOption(options.format), from.image], context),
    command(target, ['load', ...(options.quiet ? ['--quiet'] : [])], context),
  )
  if (loaded.code === 0) {
    if (!options.quiet) context.out.write(loaded.output)
    return 0
  }
  throw failure(loaded)
}

function formatOption(format: string | undefined): string[] {
  if (format === undefined) return []
  if (format === 'docker-archive' || format === 'oci-archive') return ['--format', format]
  throw usage(`unknown format ${JSON.stringify(format)}`, 'docker-archive or oci-archive')
}

/** Equal for equal stores. */
function storeOf(end: End, { directories }: Context): string {
  if (end.kind === 'host') return `ssh://${end.host}:${end.port ?? ''}`
  const folder = end.kind === 'here' ? directories.data : resolve(end.folder)
  return existsSync(folder) ? realpathSync(folder) : folder
}

/** argv of this program at one end. */
function command(end: End, words: readonly string[], { directories }: Context): string[] {
  if (end.kind === 'here') return [...self(), '--root', directories.data, ...words]
  if (end.kind === 'folder') {
    if (existsSync(end.folder) && !statSync(end.folder).isDirectory()) {
      throw new SampanError(`${end.folder} is not a folder`, { hint: 'name the --root of the other store' })
    }
    return [...self(), '--root', resolve(end.folder), ...words]
  }
  const port = end.port === undefined ? [] : ['-p', end.port]
  return ['ssh', ...port, '--', end.host, 'sampan', ...words.map(quoted)]
}

/** ssh hands the words to a shell there. */
function quoted(word: string): string {
  return /^[\w./:@=+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

function failure({ errors, code }: Piped): SampanError {
  const [first = `exit status ${code}`, ...more] = errors.trim().split('\n')
  return new SampanError(first.replace(/^Error: /, ''), more.length === 0 ? {} : { hint: more.join('\n') })
}
