/**
 * Archives of Docker before 1.10 (image specification 1.0): a folder a layer, with `VERSION`, `json` and `layer.tar`,
 * each naming its parent; `repositories` says which names lead to which of them. There is no configuration of the whole
 * image in it, so one is made, as Docker did when it moved its own images to today's format.
 */
import { SampanError } from '../errors.ts'
import { type Digest, digestFromHex } from '../oci/digest.ts'
import {
  asObject,
  asString,
  asStringMap,
  defined,
  type JsonObject,
  optional,
  parseJson,
} from '../oci/json.ts'
import { parseReference, type Reference } from '../oci/reference.ts'
import { digestOf, sha256 } from '../platform/host/sha256.ts'
import { type Archive, type ArchiveFile, readSmall } from './archive.ts'
import type { ArchivedImage, ArchivedLayer } from './archive-content.ts'
import { mustHave } from './archive-read.ts'

/** More than Docker ever allowed, or parents in a circle. */
const mostLayers = 500

/** Empty where the archive has none of this format. @throws SampanError for what is not whole */
export async function readLegacyImages(archive: Archive): Promise<ArchivedImage[]> {
  const tops = await topLayers(archive)
  const diffIds = new Map<string, Digest>()
  const images: ArchivedImage[] = []
  for (const [id, names] of tops) images.push(await readLegacyImage(archive, id, names, diffIds))
  return images
}

/** By layer, the names that lead to it; without names those that are nobody's parent. */
async function topLayers(archive: Archive): Promise<Map<string, Reference[]>> {
  const file = archive.file('repositories')
  if (file === undefined) return await topsByParents(archive)
  const what = `repositories of ${archive.title}`
  const tops = new Map<string, Reference[]>()
  for (const [name, tags] of Object.entries(asObject(await readJson(file, what), what))) {
    for (const [tag, id] of Object.entries(asStringMap(tags, `${what}: ${name}`))) {
      tops.set(id, [...(tops.get(id) ?? []), parseReference(`${name}:${tag}`)])
    }
  }
  return tops
}

async function topsByParents(archive: Archive): Promise<Map<string, Reference[]>> {
  const ids = archive
    .folders()
    .filter((id) => /^[0-9a-f]{64}$/.test(id) && archive.file(`${id}/json`) !== undefined)
  const parents = new Set<string | undefined>()
  for (const id of ids) parents.add(parentOf(await readLayer(archive, id), id))
  return new Map(ids.filter((id) => !parents.has(id)).map((id) => [id, []]))
}

async function readLegacyImage(
  archive: Archive,
  top: string,
  names: readonly Reference[],
  diffIds: Map<string, Digest>,
): Promise<ArchivedImage> {
  const layers: ArchivedLayer[] = []
  const history: object[] = []
  let first: JsonObject | undefined
  for (let id: string | undefined = top; id !== undefined; ) {
    if (layers.length === mostLayers)
      throw new SampanError(`${archive.title} has more than ${mostLayers} layers`)
    const layer = await readLayer(archive, id)
    first ??= layer
    const name = `${id}/layer.tar`
    const file = mustHave(archive, name)
    const diffId = diffIds.get(id) ?? (await digestOfFile(file))
    diffIds.set(id, diffId)
    layers.unshift({ file, diffId, digest: undefined, name })
    history.unshift(historyOf(layer))
    id = parentOf(layer, id)
  }
  const { created, author, architecture, os, config, container_config, docker_version } = first as JsonObject
  const text = JSON.stringify({
    ...defined({ created, author, container_config, docker_version }),
    architecture: architecture ?? 'amd64',
    os: os ?? 'linux',
    config: config ?? {},
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    history,
  })
  const bytes = Buffer.from(text)
  return { config: { bytes, digest: digestOf(bytes) }, manifest: undefined, layers, names }
}

async function readLayer(archive: Archive, id: string): Promise<JsonObject> {
  const what = `${id}/json of ${archive.title}`
  return asObject(await readJson(mustHave(archive, `${id}/json`), what), what)
}

function parentOf(layer: JsonObject, id: string): string | undefined {
  const parent = optional(layer, 'parent', `${id}/json`, asString)
  return parent === '' ? undefined : parent
}

function historyOf(layer: JsonObject): object {
  const { created, author, comment } = layer
  const made = layer['container_config']
  const command = typeof made === 'object' && made !== null ? (made as { Cmd?: unknown }).Cmd : undefined
  const by = Array.isArray(command) ? command.join(' ') : undefined
  return defined({ created, author: author || undefined, created_by: by, comment: comment || undefined })
}

async function digestOfFile(file: ArchiveFile): Promise<Digest> {
  if (file.spooled !== undefined) return file.spooled.digest
  const hash = sha256()
  for await (const chunk of file.chunks()) hash.update(chunk)
  return digestFromHex(hash.digest('hex'))
}

async function readJson(file: ArchiveFile, what: string): Promise<unknown> {
  return parseJson((await readSmall(file, what)).toString(), what)
}
