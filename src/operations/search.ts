/** `search`: repositories by a word, on Docker Hub or the registry before the first slash; or the tags of one. */

import type { Context } from '../cli/context.ts'
import { SampanError, usage } from '../errors.ts'
import { dockerHub, familiarRepository, parseReference } from '../oci/reference.ts'
import type { Access } from '../platform/registry/access.ts'
import type { Found } from '../platform/registry/search.ts'
import { filterBoolean, parseFilters } from './filters.ts'
import { openRegistry } from './registry-access.ts'

export interface SearchInput {
  readonly operands: readonly string[]
  readonly options: Access & {
    readonly filter: readonly string[]
    readonly limit: number | undefined
    readonly 'list-tags': boolean
  }
}

/** One line of the list. */
export interface SearchRow extends Found {
  /** The registry's host, `docker.io` for Docker Hub. */
  readonly index: string
  /** Only with `--list-tags`. */
  readonly tag: string
}

const defaultLimit = 25
const mostResults = 100
/** Docker Hub's index answers here, its registry elsewhere. */
const hubIndex = 'index.docker.io'

/** Most stars first, as the index has them among equals. */
export async function search({ operands, options }: SearchInput, context: Context): Promise<SearchRow[]> {
  const [word = ''] = operands
  if (options['list-tags']) return await listTags(word, options, context)
  const limit = options.limit || defaultLimit
  if (limit < 1 || limit > mostResults)
    throw usage(`limit ${limit} is outside the range of [1, ${mostResults}]`)
  const filters = parseFilters(options.filter, ['stars', 'is-official', 'is-automated'])
  for (const stars of filters.values('stars')) {
    if (!/^\d+$/.test(stars)) throw usage(`invalid filter 'stars=${stars}'`, 'Write stars=NUMBER')
  }
  const { registry, term } = split(word)
  const hub = registry === dockerHub
  using client = await openRegistry({ registry: hub ? hubIndex : registry, repository: '' }, options, context)
  const found = await client.search(term, limit)
  return found
    .filter((one) => filters.values('stars').every((stars) => one.stars >= Number(stars)))
    .filter((one) =>
      filters.matches('is-official', (yes) => one.official === filterBoolean('is-official', yes)),
    )
    .filter((one) =>
      filters.matches('is-automated', (yes) => one.automated === filterBoolean('is-automated', yes)),
    )
    .sort((a, b) => b.stars - a.stars)
    .map((one) => ({ ...one, name: hub ? one.name : `${registry}/${one.name}`, index: registry, tag: '' }))
}

/** `quay.io/team/app` → the registry and the rest; without a registry, Docker Hub. */
function split(word: string): { readonly registry: string; readonly term: string } {
  const slash = word.indexOf('/')
  const host = slash < 0 ? '' : word.slice(0, slash)
  if (!/[.:]/.test(host) && host !== 'localhost') {
    if (word === '') throw usage('a search needs a word to look for')
    return { registry: dockerHub, term: word }
  }
  return { registry: parseReference(`${host}/x`).registry, term: word.slice(slash + 1) }
}

async function listTags(
  word: string,
  options: SearchInput['options'],
  context: Context,
): Promise<SearchRow[]> {
  const reference = parseReference(word)
  if (reference.tag !== undefined || reference.digest !== undefined) {
    throw new SampanError(`${word} is one tag already`, { hint: 'name the repository alone' })
  }
  using registry = await openRegistry(reference, options, context)
  const tags = await registry.tags(reference)
  const nothing = { description: '', stars: 0, official: false, automated: false }
  const name = familiarRepository(reference)
  return tags
    .slice(0, options.limit || tags.length)
    .map((tag) => ({ ...nothing, name, tag, index: reference.registry }))
}
