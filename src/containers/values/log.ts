/** `--log-driver`, `--log-opt`: where output goes. */
import { existsSync } from 'node:fs'
import { SampanError, unsupported, usage } from '../../errors.ts'
import type { LogConfig, LogDriver } from '../record.ts'
import { parseMap } from './environment.ts'
import { parseSize } from './size.ts'

const DRIVERS: readonly LogDriver[] = ['json-file', 'k8s-file', 'journald', 'passthrough', 'none']
const DEFAULT = { maxSize: 10_000_000, maxFiles: 3 }

/** Where a journal listens, systemd-journald.service(8). */
export const journalSocket = '/run/systemd/journal/socket'

/** Throws usage for values that cannot be, unsupported for other drivers and options. */
export function parseLog(driver: string | undefined, given: readonly string[]): LogConfig {
  const options = parseMap(given, '--log-opt')
  const chosen = DRIVERS.find((each) => each === (driver || 'json-file'))
  if (chosen === undefined) throw unsupported(`log driver ${driver}`, `use one of ${DRIVERS.join(', ')}`)
  if (chosen === 'none') return { driver: chosen, maxSize: 0, maxFiles: 1, options }
  for (const name of Object.keys(options)) checkOption(name, chosen)
  if (options['tag'] !== undefined) logTag(options['tag'], NOBODY)
  checkCompress(options)
  const maxFiles = options['max-file'] === undefined ? DEFAULT.maxFiles : Number(options['max-file'])
  if (!Number.isInteger(maxFiles) || maxFiles < 1)
    throw usage(`invalid log option max-file: "${options['max-file']}" is no number of files`)
  const size = options['max-size']
  const maxSize = size === undefined ? DEFAULT.maxSize : size === '-1' ? 0 : parseDecimalSize(size)
  return { driver: chosen, maxSize, maxFiles, options }
}

/** What this machine lacks for it. Throws (125). */
export function checkLog({ driver }: LogConfig): void {
  if (driver !== 'journald' || existsSync(journalSocket)) return
  throw new SampanError('journald is not enabled on this host', {
    exitCode: 125,
    hint: `nothing listens at ${journalSocket}: use --log-driver json-file`,
  })
}

const FILE_OPTIONS = ['compress', 'max-file', 'max-size']

function checkOption(name: string, driver: LogDriver): void {
  if (name === 'tag' && driver !== 'journald' && driver !== 'json-file')
    throw unsupported(`log option tag with ${driver}`, 'json-file and journald have tags')
  if (name === 'tag' || (driver !== 'passthrough' && FILE_OPTIONS.includes(name))) return
  throw unsupported(`log option ${name}`, 'max-size, max-file, compress and tag are')
}

function checkCompress({ compress, 'max-file': files }: Readonly<Record<string, string>>): void {
  if (compress === undefined) return
  if (!['true', 'false'].includes(compress))
    throw usage(`invalid log option compress: "${compress}" is neither true nor false`)
  if (compress === 'true' && files === '1')
    throw usage('compress cannot be true when max-file is less than 2', 'nothing is rotated then')
}

/** The tag that stands in each record of json-file, for `logs --details`. */
export function recordedTag({ log, ...named }: Named & { readonly log: LogConfig }): string | undefined {
  const { tag } = log.options
  return tag === undefined || log.driver !== 'json-file' ? undefined : logTag(tag, named)
}

/** Docker counts log sizes in decimal: `10m` is ten million. */
function parseDecimalSize(given: string): number {
  const match = /^(\d+(?:\.\d+)?)([kmg]?)b?$/i.exec(given)
  if (match === null) return parseSize(given, '--log-opt max-size')
  return Math.floor(Number(match[1]) * 1000 ** ['', 'k', 'm', 'g'].indexOf((match[2] ?? '').toLowerCase()))
}

interface Named {
  readonly id: string
  readonly name: string
  readonly image: { readonly id: string; readonly name: string }
}

const LONGEST_TAG = 128

const NOBODY: Named = { id: '', name: '', image: { id: '', name: '' } }

/** `{{.Name}}/{{.ID}}` and its like with what they stand for. Throws usage for another field. */
export function logTag(template: string, { id, name, image }: Named): string {
  const fields: Readonly<Record<string, string>> = {
    ID: id.slice(0, 12),
    FullID: id,
    Name: name,
    ImageID: image.id.replace('sha256:', '').slice(0, 12),
    ImageFullID: image.id,
    ImageName: image.name,
    DaemonName: 'sampan',
  }
  const text = template.replace(/\{\{\s*\.(\w*)\s*\}\}/g, (whole, field: string) => fields[field] ?? whole)
  const unknown = /\{\{.*?\}\}/.exec(text)?.[0] ?? /[\n\0]/.exec(text)?.[0]
  if (unknown === undefined && Buffer.byteLength(text) > LONGEST_TAG)
    throw usage(`invalid log option tag: longer than ${LONGEST_TAG} bytes`)
  if (unknown === undefined) return text
  throw usage(
    `invalid log option tag: ${unknown}`,
    Object.keys(fields)
      .map((field) => `{{.${field}}}`)
      .join(' '),
  )
}
