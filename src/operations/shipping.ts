/** How an image is to be sent, as podman's options of `push` say it. */
import { unsupported, usage } from '../errors.ts'
import type { Shipping } from '../images/outbound.ts'
import { defined } from '../oci/json.ts'

export interface ShippingOptions {
  readonly 'compression-format': string | undefined
  readonly 'compression-level': number | undefined
  readonly 'force-compression': boolean
  readonly format: string | undefined
}

const mostLevel = { gzip: 9, zstd: 22 }

/** @throws usage and unsupported for what nobody can be sent */
export function parseShipping(options: ShippingOptions): Shipping {
  const format = formatOf(options.format)
  // Docker's media types have a name for gzip alone that other tools know.
  const compression =
    compressionOf(options['compression-format']) ?? (format === 'docker' ? 'gzip' : undefined)
  if (format === 'docker' && compression === 'zstd')
    throw usage('--format v2s2 cannot have zstd layers', 'leave --format out, or take gzip')
  const level = options['compression-level']
  const most = mostLevel[compression ?? 'gzip']
  if (level !== undefined && (level < 1 || level > most))
    throw usage(`invalid --compression-level ${level}: must be from 1 to ${most}`)
  const force = options['force-compression'] || undefined
  return defined({ compression, level, force, format })
}

function compressionOf(text: string | undefined): 'gzip' | 'zstd' | undefined {
  if (text === undefined || text === 'gzip' || text === 'zstd') return text
  if (text === 'zstd:chunked') throw unsupported(`--compression-format ${text}`, 'use zstd')
  throw usage(`unknown --compression-format ${JSON.stringify(text)}`, 'gzip or zstd')
}

function formatOf(text: string | undefined): 'oci' | 'docker' | undefined {
  if (text === undefined || text === 'oci') return text
  if (text === 'v2s2' || text === 'docker') return 'docker'
  if (text === 'v2s1') throw unsupported('--format v2s1', 'registries take v2s2 since 2016')
  throw usage(`unknown --format ${JSON.stringify(text)}`, 'oci or v2s2')
}
