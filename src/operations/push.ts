/** `push`: images to the registries their names say. */

import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Context } from '../cli/context.ts'
import { imageEvent } from '../containers/events.ts'
import { SampanError, unsupported, usage } from '../errors.ts'
import { findList, type StoredList } from '../images/lists.ts'
import type { Shipping } from '../images/outbound.ts'
import type { Outbound, Pushed, PushObserver, PushPhase } from '../images/push.ts'
import { type Image, ImageStore } from '../images/store.ts'
import { shortId } from '../oci/digest.ts'
import { parseImageConfig, platformOf } from '../oci/image-config.ts'
import { defined } from '../oci/json.ts'
import { chooseManifest } from '../oci/manifest.ts'
import { formatPlatform, type Platform, platformOption, suitability } from '../oci/platform.ts'
import type { Reference } from '../oci/reference.ts'
import {
  familiarName,
  familiarRepository,
  fullName,
  parseReference,
  repositoryName,
  tryReference,
  withDefaultTag,
} from '../oci/reference.ts'
import type { Access } from '../platform/registry/access.ts'
import type { OpenProgress, Progress, Stage } from './progress.ts'
import { openRegistry, parseJobs } from './registry-access.ts'
import { parseShipping, type ShippingOptions } from './shipping.ts'

export interface PushInput {
  readonly operands: readonly string[]
  readonly options: Access & {
    readonly 'all-tags': boolean
    readonly digestfile: string | undefined
    readonly jobs: number | undefined
    readonly platform: string | undefined
    readonly quiet: boolean
  } & ShippingOptions
}

interface Parcel {
  readonly image: Image | undefined
  /** All platforms, where they were kept: sent instead of the image. One of the two is there. */
  readonly list: StoredList | undefined
  readonly target: Reference
}

/**
 * Pushes one image, or with `--all-tags` every tag of a repository. The line with the digest goes to standard output
 * (with `-q` the name).
 */
export async function push(input: PushInput, context: Context, open: OpenProgress): Promise<number> {
  const { options } = input
  const jobs = parseJobs(options.jobs)
  const shipping = parseShipping(options)
  const store = new ImageStore(context.directories)
  const parcels = options['all-tags'] ? everyTag(store, input) : [oneParcel(store, input)]
  const first = parcels[0] as Parcel
  using registry = await openRegistry(first.target, options, context)
  const { pushImage, pushList } = await import('../images/push.ts')
  for (const [at, parcel] of parcels.entries()) {
    const { target } = parcel
    const progress = open()
    if (at === 0) progress.note(`The push refers to repository [${repositoryName(target)}]`)
    let pushed: Pushed
    try {
      const sending = { observer: tellingOfPush(progress), ...defined({ jobs }) }
      const { image, list } = await chosen(store, parcel, options.platform, shipping)
      pushed =
        list === undefined
          ? await pushImage(store, registry, image, target, sending)
          : await pushList(store, registry, list, target, sending)
    } finally {
      await progress.end()
    }
    const { digest, size } = pushed
    imageEvent(context.directories, 'push', familiarName(target), familiarName(target))
    context.out.write(
      options.quiet ? `${fullName(target)}\n` : `${target.tag}: digest: ${digest} size: ${size}\n`,
    )
    if (options.digestfile !== undefined) writeFileSync(resolve(options.digestfile), digest)
  }
  return 0
}

/** `push NAME[:TAG]`, or podman's `push IMAGE DESTINATION`. */
function oneParcel(store: ImageStore, { operands }: PushInput): Parcel {
  const [source = '', destination] = operands
  const typed = parseReference(withoutTransport(destination ?? source))
  if (typed.digest !== undefined) {
    throw new SampanError('cannot push a digest reference', {
      hint: 'a digest follows from the content: push by NAME:TAG',
      exitCode: 1,
    })
  }
  const target = withDefaultTag(typed)
  const own = destination === undefined ? target : tryReference(source)
  const list = own === undefined ? undefined : findList(store, withDefaultTag(own))
  const image = destination === undefined ? store.named(target) : store.lookUp(source)
  if (image !== undefined || list !== undefined) return { image, list, target }
  if (destination !== undefined) store.find(source)
  throw new SampanError(`An image does not exist locally with the tag: ${familiarRepository(target)}`, {
    hint: `\`sampan images\` lists what is here, \`sampan tag IMAGE ${familiarName(target)}\` gives an image this name`,
    kind: 'no-such-image',
  })
}

function everyTag(store: ImageStore, { operands }: PushInput): readonly Parcel[] {
  const [name = '', destination] = operands
  const typed = parseReference(name)
  if (typed.tag !== undefined || typed.digest !== undefined || destination !== undefined) {
    throw usage("tag can't be used with --all-tags/-a")
  }
  const parcels = store.list().flatMap(({ names }) =>
    names
      .filter(({ tag }) => tag !== undefined)
      .filter((own) => repositoryName(own) === repositoryName(typed))
      .flatMap((target) => {
        const image = store.named(target)
        return image === undefined ? [] : [{ image, list: findList(store, target), target }]
      }),
  )
  if (parcels.length > 0) {
    return parcels.sort((a, b) => ((a.target.tag ?? '') < (b.target.tag ?? '') ? -1 : 1))
  }
  throw new SampanError(`An image does not exist locally with the tag: ${familiarRepository(typed)}`, {
    kind: 'no-such-image',
  })
}

/** containers-transports(5): a registry is `docker://`, everything else is not a push to a registry. */
function withoutTransport(text: string): string {
  if (text.startsWith('docker://')) return text.slice('docker://'.length)
  const other = /^(oci|oci-archive|docker-archive|docker-daemon|dir|containers-storage|sif):/.exec(text)?.[1]
  if (other === undefined) return text
  throw unsupported(`pushing to ${other}:`, '`sampan save` writes archives, for files and other tools')
}

/**
 * What is sent: the list, unless one platform of it was asked for; else the image, its layers compressed.
 * @throws SampanError where nothing here is for that platform
 */
async function chosen(
  store: ImageStore,
  { image, list, target }: Parcel,
  platform: string | undefined,
  shipping: Shipping,
): Promise<{ image: Outbound; list: undefined } | { image: undefined; list: StoredList }> {
  const wanted = platformOption(platform)
  const { outboundImage, outboundList } = await import('../images/outbound.ts')
  if (list !== undefined && wanted === undefined)
    return { image: undefined, list: await outboundList(store, list, shipping) }
  const actual = image === undefined ? undefined : platformOf(image.config)
  if (image !== undefined && (wanted === undefined || suitability(wanted, actual as Platform) > 0)) {
    return { image: await outboundImage(store, image, target, shipping), list: undefined }
  }
  if (list !== undefined && wanted !== undefined) {
    return { image: outboundOf(store, list, wanted, target), list: undefined }
  }
  throw new SampanError(
    `image ${familiarName(target)} is for ${formatPlatform(actual as Platform)}, not ${formatPlatform(wanted as Platform)}`,
    { hint: 'pull it with the same --platform first' },
  )
}

/** One image of a list, which need not be unpacked here. */
function outboundOf(store: ImageStore, list: StoredList, wanted: Platform, target: Reference): Outbound {
  const { digest } = chooseManifest(list.index, wanted, familiarName(target))
  const { config } = store.readManifest(digest)
  return {
    manifest: digest,
    config: parseImageConfig(store.readBlob(config.digest).toString(), `image ${digest}`),
  }
}

/** Docker's words. */
const phases: Record<Exclude<PushPhase, 'mounted'>, readonly [Stage, string]> = {
  preparing: ['waiting', 'Preparing'],
  waiting: ['waiting', 'Waiting'],
  pushing: ['moving', 'Pushing'],
  pushed: ['done', 'Pushed'],
  exists: ['skipped', 'Layer already exists'],
}

export function tellingOfPush(progress: Progress): PushObserver {
  return {
    layers(layers) {
      progress.parts(
        layers.map(({ diffId, blob }) => ({ key: blob.digest, label: shortId(diffId), size: blob.size })),
      )
    },
    layer({ blob }, phase, detail) {
      if (phase === 'mounted') progress.tell(blob.digest, 'skipped', `Mounted from ${detail}`, 0)
      else progress.tell(blob.digest, ...phases[phase], Number(detail))
    },
  }
}
