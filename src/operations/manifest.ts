/** `manifest`: lists of images for several platforms, made and changed here and pushed as a whole. */
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Context } from '../cli/context.ts'
import { SampanError, usage } from '../errors.ts'
import { findList, mustFindList, putList, removeList, type StoredList } from '../images/lists.ts'
import { type Image, ImageStore } from '../images/store.ts'
import type { Digest } from '../oci/digest.ts'
import { isDigest } from '../oci/digest.ts'
import { platformOf } from '../oci/image-config.ts'
import { parseJson } from '../oci/json.ts'
import { mediaType } from '../oci/media-types.ts'
import type { Reference } from '../oci/reference.ts'
import { familiarName, fullName, parseReference, tryReference, withDefaultTag } from '../oci/reference.ts'
import type { OpenProgress } from './progress.ts'
import { type AccessOptions, openRegistry, parseJobs } from './registry-access.ts'

/** An entry of an index as it stands in the document: members that we do not know stay. */
interface Entry {
  readonly mediaType: string
  readonly digest: Digest
  readonly size: number
  readonly platform?: Readonly<Record<string, unknown>>
  readonly annotations?: Readonly<Record<string, string>>
}

interface Document {
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

export interface CreateInput {
  readonly operands: readonly string[]
  readonly options: { readonly amend: boolean; readonly annotation: readonly string[] }
}

/** Makes a list, of images that are here. Prints its digest. */
export function createManifest({ operands, options }: CreateInput, context: Context): number {
  const [name = '', ...images] = operands
  const store = new ImageStore(context.directories)
  const list = nameOf(name)
  const before = findList(store, list)
  if (before !== undefined && !options.amend) {
    throw new SampanError(`manifest list ${familiarName(list)} is there already`, {
      hint: `--amend adds to it, \`sampan manifest rm ${familiarName(list)}\` removes it`,
      kind: 'conflict',
    })
  }
  if (before === undefined && store.named(list) !== undefined) {
    throw new SampanError(`an image has the name ${familiarName(list)}`, {
      hint: 'choose another name for the list, or untag the image',
      kind: 'conflict',
    })
  }
  const start = before === undefined ? empty : documentOf(before)
  const annotations = annotationsOf(options.annotation)
  const named =
    annotations === undefined ? start : { ...start, annotations: { ...start.annotations, ...annotations } }
  const document = images.reduce((whole, image) => withEntries(whole, entriesOf(store, image)), named)
  context.out.write(`${write(store, list, document)}\n`)
  return 0
}

export interface AddInput {
  readonly operands: readonly string[]
  readonly options: Described
}

/** Adds images that are here; one that is listed already is described anew. Prints the list's digest. */
export function addToManifest({ operands, options }: AddInput, context: Context): number {
  const [name = '', ...images] = operands
  const store = new ImageStore(context.directories)
  const list = nameOf(name)
  let document = documentOf(mustFindList(store, list))
  for (const image of images) {
    const entries = entriesOf(store, image).map((entry) => described(entry, options))
    document = withEntries(document, entries)
  }
  context.out.write(`${write(store, list, document)}\n`)
  return 0
}

/** Describes one entry, named by its image or digest, anew. */
export function annotateManifest({ operands, options }: AddInput, context: Context): number {
  const [name = '', which = ''] = operands
  const store = new ImageStore(context.directories)
  const list = nameOf(name)
  const document = documentOf(mustFindList(store, list))
  const digest = digestMeant(store, document, which)
  const manifests = document.manifests.map((entry) =>
    entry.digest === digest ? described(entry, options) : entry,
  )
  context.out.write(`${write(store, list, { ...document, manifests })}\n`)
  return 0
}

/** Takes one entry out. */
export function removeFromManifest(
  { operands }: { readonly operands: readonly string[] },
  context: Context,
): number {
  const [name = '', which = ''] = operands
  const store = new ImageStore(context.directories)
  const list = nameOf(name)
  const document = documentOf(mustFindList(store, list))
  const digest = digestMeant(store, document, which)
  const manifests = document.manifests.filter((entry) => entry.digest !== digest)
  context.out.write(`${write(store, list, { ...document, manifests })}\n`)
  return 0
}

export interface RemoveInput {
  readonly operands: readonly string[]
  readonly options: { readonly ignore: boolean }
}

/** Removes lists; the images they list stay. */
export function removeManifests({ operands, options }: RemoveInput, context: Context): number {
  const store = new ImageStore(context.directories)
  for (const operand of operands) {
    const name = nameOf(operand)
    if (!options.ignore) mustFindList(store, name)
    if (removeList(store, name)) context.out.write(`Untagged: ${familiarName(name)}\n`)
  }
  return 0
}

export function manifestExists(
  { operands }: { readonly operands: readonly string[] },
  context: Context,
): number {
  const store = new ImageStore(context.directories)
  return findList(store, nameOf(operands[0] ?? '')) === undefined ? 1 : 0
}

export interface InspectInput {
  readonly operands: readonly string[]
  readonly options: Partial<AccessOptions>
}

/** The list of this name that is here, else the manifest or index that the registry has. As JSON. */
export async function inspectManifest(
  { operands, options }: InspectInput,
  context: Context,
): Promise<number> {
  const store = new ImageStore(context.directories)
  const name = nameOf(operands[0] ?? '')
  const list = findList(store, name)
  const text = list?.text ?? (await fetchManifest(name, options, context))
  const value = parseJson(text, `manifest of ${familiarName(name)}`)
  context.out.write(`${JSON.stringify(value, undefined, context.dialect === 'podman' ? 4 : 3)}\n`)
  return 0
}

async function fetchManifest(
  name: Reference,
  access: Partial<AccessOptions>,
  context: Context,
): Promise<string> {
  using registry = await openRegistry(name, access, context)
  return (await registry.manifest(name, name.digest ?? name.tag ?? 'latest')).text
}

export interface PushInput {
  readonly operands: readonly string[]
  readonly options: AccessOptions & {
    readonly digestfile: string | undefined
    readonly jobs: number | undefined
    readonly quiet: boolean
    readonly rm: boolean
  }
}

/** Pushes a list with every image it lists. Prints its digest. */
export async function pushManifest(
  { operands, options }: PushInput,
  context: Context,
  open: OpenProgress,
): Promise<number> {
  const [source = '', destination = source] = operands
  const store = new ImageStore(context.directories)
  const name = nameOf(source)
  const list = mustFindList(store, name)
  const target = nameOf(destination.replace(/^docker:\/\//, ''))
  if (target.digest !== undefined) throw usage('cannot push a digest reference', 'push by NAME:TAG')
  using registry = await openRegistry(target, options, context)
  const { pushList } = await import('../images/push.ts')
  const { tellingOfPush } = await import('./push.ts')
  const progress = open()
  const jobs = parseJobs(options.jobs)
  try {
    const observer = tellingOfPush(progress)
    await pushList(store, registry, list, target, { observer, ...(jobs === undefined ? {} : { jobs }) })
  } finally {
    await progress.end()
  }
  context.out.write(options.quiet ? `${fullName(target)}\n` : `${list.digest}\n`)
  if (options.digestfile !== undefined) writeFileSync(resolve(options.digestfile), list.digest)
  if (options.rm) removeList(store, name)
  return 0
}

const empty: Document = { schemaVersion: 2, mediaType: mediaType.ociIndex, manifests: [] }

function nameOf(text: string): Reference {
  return withDefaultTag(parseReference(text))
}

function documentOf(list: StoredList): Document {
  return parseJson(list.text, 'list') as Document
}

function write(store: ImageStore, name: Reference, document: Document): Digest {
  return putList(store, name, JSON.stringify(document), document.mediaType)
}

/** Later entries take the place of those with the same digest. */
function withEntries(document: Document, entries: readonly Entry[]): Document {
  const digests = new Set(entries.map(({ digest }) => digest))
  const kept = document.manifests.filter(({ digest }) => !digests.has(digest))
  return { ...document, manifests: [...kept, ...entries] }
}

/** What a name stands for: all entries of a list, or one image. @throws SampanError no-such-image */
function entriesOf(store: ImageStore, operand: string): readonly Entry[] {
  const text = operand.replace(/^(docker:\/\/|containers-storage:)/, '')
  const name = tryReference(text)
  const list = name === undefined ? undefined : findList(store, withDefaultTag(name))
  if (list !== undefined) return documentOf(list).manifests
  return [entryOf(store, store.find(text))]
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

function described(entry: Entry, { annotation, arch, os, variant }: Described): Entry {
  const annotations = annotationsOf(annotation)
  const said = Object.entries({ architecture: arch, os, variant }).filter(([, value]) => value !== undefined)
  return {
    ...entry,
    ...(said.length === 0 ? {} : { platform: { ...entry.platform, ...Object.fromEntries(said) } }),
    ...(annotations === undefined ? {} : { annotations: { ...entry.annotations, ...annotations } }),
  }
}

function annotationsOf(words: readonly string[]): Readonly<Record<string, string>> | undefined {
  if (words.length === 0) return undefined
  return Object.fromEntries(
    words.map((word) => {
      const at = word.indexOf('=')
      if (at <= 0) throw usage(`invalid annotation ${JSON.stringify(word)}`, 'write it as NAME=VALUE')
      return [word.slice(0, at), word.slice(at + 1)]
    }),
  )
}

/** @throws SampanError where the list has no such entry */
function digestMeant(store: ImageStore, { manifests }: Document, which: string): Digest {
  const digest = isDigest(which) ? which : store.lookUp(which)?.manifest
  if (manifests.some((entry) => entry.digest === digest)) return digest as Digest
  throw new SampanError(`the list has no entry ${which}`, {
    hint: '`sampan manifest inspect` shows its digests',
    kind: 'no-such-image',
  })
}
