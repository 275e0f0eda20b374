/** Finding repositories: the index API that Docker Hub has kept from version 1, and the catalog of version 2. */
import { SampanError } from '../../errors.ts'
import { asArray, asInteger, asObject, asString, asStrings, optional, parseJson } from '../../oci/json.ts'
import { type Connection, drain } from './connection.ts'

export interface Found {
  /** Repository, as the registry calls it. */
  readonly name: string
  readonly description: string
  readonly stars: number
  readonly official: boolean
  readonly automated: boolean
}

const largestPage = 16 << 20
const mostPages = 100

/**
 * At most `limit` repositories with the term in their names (or, where there is an index, in what it knows of them).
 * @throws SampanError (registry) where a registry tells neither way
 */
export async function findRepositories(
  connection: Connection,
  term: string,
  limit: number,
): Promise<readonly Found[]> {
  return (await askIndex(connection, term, limit)) ?? (await askCatalog(connection, term, limit))
}

async function askIndex(
  connection: Connection,
  term: string,
  limit: number,
): Promise<readonly Found[] | undefined> {
  const path = `/v1/search?q=${encodeURIComponent(term)}&n=${limit}`
  const answer = await connection.request('GET', path, { accept: 'application/json' }, [])
  const text = (await answer.bytes(largestPage)).toString()
  if (answer.status !== 200 || !/^\s*\{/.test(text)) return undefined
  const what = `search results of ${connection.host}`
  const results = asArray(asObject(parseJson(text, what), what)['results'] ?? [], what)
  return results.slice(0, limit).map((result) => readFound(result, what))
}

function readFound(value: unknown, what: string): Found {
  const found = asObject(value, what)
  return {
    name: oneLine(asString(found['name'], what)),
    description: oneLine(optional(found, 'description', what, asString) ?? ''),
    stars: optional(found, 'star_count', what, asInteger) ?? 0,
    official: found['is_official'] === true,
    automated: found['is_automated'] === true,
  }
}

/** What strangers write is printed on a terminal. */
function oneLine(text: string): string {
  return text
    .replace(/[\x00-\x1f\x7f-\x9f]+/g, ' ')
    .trim()
    .slice(0, 1000)
}

/** All names are asked for, page by page, until enough of them have the term. */
async function askCatalog(connection: Connection, term: string, limit: number): Promise<readonly Found[]> {
  const names: string[] = []
  let page: string | undefined = '/v2/_catalog?n=1000'
  for (let count = 0; page !== undefined && count < mostPages && names.length < limit; count += 1) {
    const path: string = page
    const headers = { accept: 'application/json' }
    const answer = await connection.request('GET', path, headers, ['registry:catalog:*'])
    if (answer.status !== 200) {
      await drain(answer)
      throw noSearch(connection.host, answer.status)
    }
    const what = `catalog of ${connection.host}`
    const object = asObject(parseJson((await answer.bytes(largestPage)).toString(), what), what)
    const all = optional(object, 'repositories', what, asStrings) ?? []
    names.push(...all.filter((name) => name.includes(term.toLowerCase())))
    const next = /<[^>]*[?]([^>]*)>\s*;\s*rel="?next"?/.exec(answer.header('link') ?? '')?.[1]
    page = next === undefined ? undefined : `/v2/_catalog?${next}`
  }
  return names
    .slice(0, limit)
    .map((name) => ({ name: oneLine(name), description: '', stars: 0, official: false, automated: false }))
}

function noSearch(host: string, status: number): SampanError {
  const refused = status === 401 || status === 403
  return new SampanError(
    refused
      ? `${host} lets nobody search without a login that may`
      : `${host} cannot be searched (HTTP ${status})`,
    {
      hint: refused
        ? `\`sampan login ${host}\`; many registries let administrators only`
        : 'few registries besides Docker Hub can: `sampan search --list-tags NAME` lists the tags of a repository',
      kind: 'registry',
    },
  )
}
