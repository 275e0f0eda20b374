/** The entries of a list for several platforms: what they say, and where they come from. */

import type { Context } from '../cli/context.ts'
import { usage } from '../errors.ts'
import { findList, type StoredList } from '../images/lists.ts'
import type { Image, ImageStore } from '../images/store.ts'
import type { Digest } from '../oci/digest.ts'
import { platformOf } from '../oci/image-config.ts'
import { parseJson } from '../oci/json.ts'
import { mediaType } from '../oci/media-types.ts'
import { tryReference, withDefaultTag } from '../oci/reference.ts'
import type { Access } from '../platform/registry/access.ts'
import { fetchImage } from './fetch-image.ts'
import { silentProgress } from './progress.ts'
import { withoutAlias } from './registry-access.ts'

/** An entry of an index as it stands in the document: members that we do not know stay. */
export interface Entry {
  readonly mediaType: string
  readonly digest: Digest
  readonly size: number
  readonly platform?: Readonly<Record<string, unknown>>
  readonly annotations?: Readonly<Record<string, string>>
}

export interface Document {
  readonly schemaVersion: 2
  readonly mediaType: string
  readonly manifests: readonly Entry[]
  readonly annotations?: Readonly<Record<string, string>>
}

/** What a person says about one entry. */
export interface Described {
  readonly annotation: readonly string[]
  readonly arch: string | undefined
  readonly os: string | undefined
  readonly variant: string | undefined
}

/** How images that are not here are brought. */
export interface Bringing {
  readonly access: Access
  /** For all platforms, not only this machine's. */
  readonly all: boolean
}

export const noEntries: Document = { schemaVersion: 2, mediaType: mediaType.ociIndex, manifests: [] }

export function documentOf(list: StoredList): Document {
  return parseJson(list.text, 'list') as Document
}

/** Later entries take the place of those with the same digest. */
export function withEntries(document: Document, entries: readonly Entry[]): Document {
  const digests = new Set(entries.map(({ digest }) => digest))
  const kept = document.manifests.filter(({ digest }) => !digests.has(digest))
  return { ...document, manifests: [...kept, ...entries] }
}

/**
 * What a name stands for: all entries of a list, or one image. What is not here is pulled.
 * @throws SampanError as a pull, no-such-image for an id
 */
export async function entriesOf(
  store: ImageStore,
  operand: string,
  { access, all }: Bringing,
  context: Context,
): Promise<readonly Entry[]> {
  const text = operand.replace(/^(docker:\/\/|containers-storage:)/, '')
  const here = listed(store, text)
  if (here !== undefined) return here
  const image = store.lookUp(text)
  if (image !== undefined) return [entryOf(store, image)]
  const name = tryReference(await withoutAlias(text, context))
  // The sentence for what can be no name.
  if (name === undefined) return [entryOf(store, store.find(text))]
  const reference = withDefaultTag(name)
  const fetching = { platform: undefined, access, allPlatforms: all }
  const pulled = await fetchImage(store, reference, fetching, silentProgress, context)
  return listed(store, text) ?? [entryOf(store, pulled)]
}

function listed(store: ImageStore, text: string): readonly Entry[] | undefined {
  const name = tryReference(text)
  const list = name === undefined ? undefined : findList(store, withDefaultTag(name))
  return list === undefined ? undefined : documentOf(list).manifests
}

function entryOf(store: ImageStore, image: Image): Entry {
  const { os, architecture, variant } = platformOf(image.config)
  return {
    mediaType: store.readManifest(image.manifest).mediaType,
    digest: image.manifest,
    size: store.readBlob(image.manifest).length,
    platform: { architecture, os, ...(variant === undefined ? {} : { variant }) },
  }
}

export function described(entry: Entry, { annotation, arch, os, variant }: Described): Entry {
  const annotations = annotationsOf(annotation)
  const said = Object.entries({ architecture: arch, os, variant }).filter(([, value]) => value !== undefined)
  return {
    ...entry,
    ...(said.length === 0 ? {} : { platform: { ...entry.platform, ...Object.fromEntries(said) } }),
    ...(annotations === undefined ? {} : { annotations: { ...entry.annotations, ...annotations } }),
  }
}

export function annotationsOf(words: readonly string[]): Readonly<Record<string, string>> | undefined {
  if (words.length === 0) return undefined
  return Object.fromEntries(
    words.map((word) => {
      const at = word.indexOf('=')
      if (at <= 0) throw usage(`invalid annotation ${JSON.stringify(word)}`, 'write it as NAME=VALUE')
      return [word.slice(0, at), word.slice(at + 1)]
    }),
  )
}
