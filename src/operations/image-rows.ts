/** Which rows `images` has: one for each name of each image, those that pass the filters, newest image first. */
import { SampanError, usage } from '../errors.ts'
import type { Image, ImageStore } from '../images/store.ts'
import { hexOf } from '../oci/digest.ts'
import type { Reference } from '../oci/reference.ts'
import { familiarName, familiarRepository, fullName, tryReference } from '../oci/reference.ts'
import { type Filters, filterBoolean, moment } from './filters.ts'

export interface ImageRow {
  readonly image: Image
  /** Familiar, or `<none>`. */
  readonly repository: string
  readonly tag: string
  readonly digest: string
}

export const imageFilters = [
  'dangling',
  'label',
  'label!',
  'before',
  'since',
  'until',
  'reference',
  'id',
  'digest',
  'containers',
]

export const none = '<none>'

export interface RowOptions {
  readonly filters: Filters
  /** `images REPOSITORY[:TAG]`, a pattern. */
  readonly pattern: string | undefined
  /** One row for each digest of a name too. */
  readonly digests: boolean
  /** Ids of images that containers use; asked for the filter `containers` only. */
  readonly used: () => ReadonlySet<string>
}

/** @throws usage for a filter value that cannot be, no-such-image for `before` and `since` */
export function imageRows(store: ImageStore, options: RowOptions): ImageRow[] {
  const { filters, pattern } = options
  const patterns = [...filters.values('reference'), ...(pattern === undefined ? [] : [pattern])]
  const passes = imageTest(store, options)
  return store
    .list()
    .filter(passes)
    .map((image) => ({ image, created: createdTime(image) }))
    .sort((a, b) => b.created - a.created)
    .flatMap(({ image }) => rowsOf(image, patterns, options))
}

function imageTest(store: ImageStore, { filters, used }: RowOptions): (image: Image) => boolean {
  const bounds = (key: string) => filters.values(key).map((name) => createdTime(store.find(name)))
  const before = bounds('before')
  const since = bounds('since')
  const until = filters.values('until').map(moment)
  const users = filters.has('containers') ? used() : new Set<string>()
  return (image) =>
    filters.matches('dangling', (value) => filterBoolean('dangling', value) === isDangling(image)) &&
    filters.matches('id', (value) => hexOf(image.id).startsWith(value.replace(/^sha256:/, ''))) &&
    filters.matches('digest', (value) =>
      [image.manifest, ...image.names.map(({ digest }) => digest)].some((own) => own?.startsWith(value)),
    ) &&
    filters.matches('containers', (value) => filterBoolean('containers', value) === users.has(image.id)) &&
    (!(filters.has('label') || filters.has('label!')) || filters.matchesLabels(labelsOf(image))) &&
    before.every((time) => createdTime(image) < time) &&
    since.every((time) => createdTime(image) > time) &&
    until.every((time) => createdTime(image) < time)
}

export function isDangling(image: Image): boolean {
  return image.names.every(({ tag }) => tag === undefined)
}

/** Milliseconds since 1970; images that do not say count as made when they came here. Damaged ones too. */
export function createdTime(image: Image): number {
  const time = Date.parse(readable(() => image.config.created) ?? image.added)
  return Number.isNaN(time) ? 0 : time
}

export function labelsOf(image: Image): Readonly<Record<string, string>> {
  return readable(() => image.config.config.Labels) ?? {}
}

/** A damaged image is listed all the same, so that it can be removed by name. */
export function readable<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof SampanError && error.kind === 'damaged') return undefined
    throw error
  }
}

function rowsOf(image: Image, patterns: readonly string[], { digests }: RowOptions): ImageRow[] {
  const wanted = (name: Reference) => patterns.every((pattern) => matchesPattern(name, pattern))
  const tags = image.names.filter((name) => name.tag !== undefined && wanted(name))
  const byDigest = image.names.filter((name) => name.digest !== undefined && wanted({ ...name }))
  if (tags.length > 0) {
    return tags.flatMap((name) => {
      const repository = familiarRepository(name)
      const own = byDigest.filter((other) => familiarRepository(other) === repository)
      const row = { image, repository, tag: name.tag ?? none, digest: own[0]?.digest ?? none }
      return digests && own.length > 1 ? own.map(({ digest }) => ({ ...row, digest: digest ?? none })) : [row]
    })
  }
  const orphaned = isDangling(image) ? byDigest : []
  if (orphaned.length > 0) {
    return orphaned.map((name) => ({
      image,
      repository: familiarRepository(name),
      tag: none,
      digest: name.digest ?? none,
    }))
  }
  return image.names.length === 0 && patterns.length === 0
    ? [{ image, repository: none, tag: none, digest: none }]
    : []
}

/**
 * Go's path.Match on the repository, or on `repository:tag` where the pattern has a tag; familiar and whole names both
 * count.
 */
export function matchesPattern(name: Reference, pattern: string): boolean {
  const { tag: _, digest: __, ...bare } = name
  const candidates = [familiarName(name), fullName(name), familiarName(bare), fullName(bare)]
  if (candidates.includes(pattern)) return true
  // `index.docker.io/app` and others are spellings of the same name.
  const typed = tryReference(pattern)
  if (typed !== undefined && candidates.includes(fullName(typed))) return true
  const glob = globPattern(pattern)
  return candidates.some((candidate) => glob.test(candidate))
}

function globPattern(pattern: string): RegExp {
  const source = pattern.replace(
    /\\(.)|\*|\?|\[(\^?)((?:\\.|[^\]\\])+)\]|[.+^${}()|[\]\\]/g,
    (part, escaped, not, set) => {
      if (escaped !== undefined) return `\\${escaped}`
      if (part === '*') return '[^/]*'
      if (part === '?') return '[^/]'
      return set === undefined ? `\\${part}` : `[${not}${set}]`
    },
  )
  try {
    return new RegExp(`^${source}$`)
  } catch {
    throw usage(`invalid pattern "${pattern}"`)
  }
}
