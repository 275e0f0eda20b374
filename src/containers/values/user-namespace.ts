/** `--userns`, `--uidmap`, `--gidmap`: which ids a container has. Pure. */

import { unsupported, usage } from '../../errors.ts'
import type { IdMapping } from '../../oci/runtime-spec.ts'

/** As asked for; ids of `keep-id` that were not given are the person's own. */
export type UserNamespaceMode =
  /** The one all containers share. */
  | { readonly kind: 'host' }
  /** One of its own with the same ids. */
  | { readonly kind: 'private' }
  /** The person is nobody in it. */
  | { readonly kind: 'nomap'; readonly size: number | undefined }
  /** A range that no other such container has. */
  | { readonly kind: 'auto'; readonly size: number | undefined }
  /** The person has the same id, or the given one. */
  | {
      readonly kind: 'keep-id'
      readonly uid: number | undefined
      readonly gid: number | undefined
      readonly size: number | undefined
    }
  /** Rows as typed: `hostID` counts in the shared namespace. */
  | { readonly kind: 'maps'; readonly uids: readonly IdMapping[]; readonly gids: readonly IdMapping[] }
  | { readonly kind: 'container'; readonly container: string }

const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  'keep-id': ['uid', 'gid', 'size'],
  auto: ['size'],
  nomap: ['size'],
}

/** Throws usage, and unsupported for what only root could do. */
export function parseUserNamespace(
  given: string | undefined,
  uidmap: readonly string[],
  gidmap: readonly string[],
): UserNamespaceMode {
  const mode = given ?? ''
  if (uidmap.length + gidmap.length > 0) {
    if (mode !== '' && mode !== 'private')
      throw usage('--userns and --uidmap/--gidmap are mutually exclusive')
    const [uids, gids] = [uidmap.map(parseRow), gidmap.map(parseRow)]
    return { kind: 'maps', uids: uids.length > 0 ? uids : gids, gids: gids.length > 0 ? gids : uids }
  }
  if (mode === '' || mode === 'host') return { kind: 'host' }
  if (mode === 'private') return { kind: mode }
  if (mode.startsWith('container:') && mode !== 'container:') {
    return { kind: 'container', container: mode.slice('container:'.length) }
  }
  if (mode.startsWith('ns:')) {
    throw unsupported(`--userns ${mode}`, "container:NAME joins another container's")
  }
  const colon = mode.indexOf(':')
  const kind = colon < 0 ? mode : mode.slice(0, colon)
  const known = OPTIONS[kind]
  if (known === undefined) {
    throw usage(`--userns: invalid mode "${mode}"`, 'host, keep-id, auto, nomap, private or container:NAME')
  }
  const options = parseOptions(kind, known, colon < 0 ? '' : mode.slice(colon + 1))
  if (kind === 'keep-id')
    return { kind, uid: options.get('uid'), gid: options.get('gid'), size: options.get('size') }
  return { kind: kind === 'auto' ? 'auto' : 'nomap', size: options.get('size') }
}

function parseOptions(kind: string, known: readonly string[], text: string): Map<string, number> {
  const options = new Map<string, number>()
  for (const field of text === '' ? [] : text.split(',')) {
    const [key = '', value = ''] = field.split('=', 2)
    if (kind === 'auto' && (key === 'uidmapping' || key === 'gidmapping')) {
      throw unsupported(`--userns auto:${key}`, 'say all rows: --uidmap and --gidmap')
    }
    if (!known.includes(key)) throw usage(`--userns ${kind}: unknown option "${key}"`, known.join(', '))
    if (!/^\d+$/.test(value) || Number(value) >= 2 ** 31 || (key === 'size' && Number(value) === 0)) {
      throw usage(`--userns ${kind}: ${key} is no number: "${value}"`)
    }
    options.set(key, Number(value))
  }
  return options
}

/** `CONTAINER:OUTSIDE[:COUNT]`. */
function parseRow(given: string): IdMapping {
  if (/^[ug+]*@|^[ug+]/.test(given.replace(/^\d+:/, ''))) {
    throw unsupported(
      `id mapping ${given}`,
      'CONTAINER:OUTSIDE:COUNT, where 0 outside is you and 1 your first subordinate id',
    )
  }
  const parts = given.split(':')
  if (parts.length < 2 || parts.length > 3 || !parts.every((part) => /^\d+$/.test(part))) {
    throw usage(`invalid id mapping "${given}"`, 'CONTAINER:OUTSIDE[:COUNT]')
  }
  const [containerID = 0, hostID = 0, size = 1] = parts.map(Number)
  if (size === 0) throw usage(`invalid id mapping "${given}": no ids`)
  return { containerID, hostID, size }
}
