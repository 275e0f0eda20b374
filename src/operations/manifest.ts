/** `manifest`: lists of images for several platforms, made and changed here and pushed as a whole. */

import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Context } from '../cli/context.ts'
import { SampanError, usage } from '../errors.ts'
import { findList, mustFindList, putList, removeList } from '../images/lists.ts'
import { ImageStore } from '../images/store.ts'
import type { Digest } from '../oci/digest.ts'
import { isDigest } from '../oci/digest.ts'
import type { Reference } from '../oci/reference.ts'
import { familiarName, fullName, parseReference, withDefaultTag } from '../oci/reference.ts'
import type { Access } from '../platform/registry/access.ts'
import {
  annotationsOf,
  type Bringing,
  type Described,
  type Document,
  described,
  documentOf,
  entriesOf,
  noEntries,
  withEntries,
} from './manifest-entries.ts'
import type { OpenProgress } from './progress.ts'
import { openRegistry, parseJobs } from './registry-access.ts'
import { parseShipping, type ShippingOptions } from './shipping.ts'

export interface CreateInput {
  readonly operands: readonly string[]
  readonly options: Bringing & { readonly amend: boolean; readonly annotation: readonly string[] }
}

/** Makes a list; images that are not here are pulled. Prints its digest. */
export async function createManifest({ operands, options }: CreateInput, context: Context): Promise<number> {
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
  const start = before === undefined ? noEntries : documentOf(before)
  const annotations = annotationsOf(options.annotation)
  const named =
    annotations === undefined ? start : { ...start, annotations: { ...start.annotations, ...annotations } }
  let document = named
  for (const image of images)
    document = withEntries(document, await entriesOf(store, image, options, context))
  context.out.write(`${write(store, list, document)}\n`)
  return 0
}

export interface AnnotateInput {
  readonly operands: readonly string[]
  readonly options: Described
}

export interface AddInput extends AnnotateInput {
  readonly options: Described & Bringing
}

/** Adds images, as createManifest; one that is listed already is described anew. Prints the list's digest. */
export async function addToManifest({ operands, options }: AddInput, context: Context): Promise<number> {
  const [name = '', ...images] = operands
  const store = new ImageStore(context.directories)
  const list = nameOf(name)
  let document = documentOf(mustFindList(store, list))
  for (const image of images) {
    const entries = await entriesOf(store, image, options, context)
    document = withEntries(
      document,
      entries.map((entry) => described(entry, options)),
    )
  }
  context.out.write(`${write(store, list, document)}\n`)
  return 0
}

/** Describes one entry, named by its image or digest, anew. */
export function annotateManifest({ operands, options }: AnnotateInput, context: Context): number {
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
  readonly options: { readonly ignore: boolean; readonly 'dry-run': boolean }
}

/** Removes lists; the images they list stay. */
export function removeManifests({ operands, options }: RemoveInput, context: Context): number {
  const store = new ImageStore(context.directories)
  for (const operand of operands) {
    const name = nameOf(operand)
    if (!options.ignore) mustFindList(store, name)
    if (options['dry-run']) {
      if (findList(store, name) !== undefined) context.out.write(`Would untag: ${familiarName(name)}\n`)
    } else if (removeList(store, name)) context.out.write(`Untagged: ${familiarName(name)}\n`)
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

export interface PushInput {
  readonly operands: readonly string[]
  readonly options: Access & {
    readonly digestfile: string | undefined
    readonly jobs: number | undefined
    readonly quiet: boolean
    readonly rm: boolean
  } & ShippingOptions
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
  const shipping = parseShipping(options)
  using registry = await openRegistry(target, options, context)
  const { outboundList } = await import('../images/outbound.ts')
  const { pushList } = await import('../images/push.ts')
  const { tellingOfPush } = await import('./push.ts')
  const jobs = parseJobs(options.jobs)
  const sent = await outboundList(store, list, shipping)
  const progress = open()
  try {
    const observer = tellingOfPush(progress)
    await pushList(store, registry, sent, target, { observer, ...(jobs === undefined ? {} : { jobs }) })
  } finally {
    await progress.end()
  }
  context.out.write(options.quiet ? `${fullName(target)}\n` : `${sent.digest}\n`)
  if (options.digestfile !== undefined) writeFileSync(resolve(options.digestfile), sent.digest)
  if (options.rm) removeList(store, name)
  return 0
}

function nameOf(text: string): Reference {
  return withDefaultTag(parseReference(text))
}

function write(store: ImageStore, name: Reference, document: Document): Digest {
  return putList(store, name, JSON.stringify(document), document.mediaType)
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
