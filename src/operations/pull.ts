/** `pull`: images by name, one after the other. */

import type { Context } from '../cli/context.ts'
import { usage } from '../errors.ts'
import { noSuchImage } from '../images/names.ts'
import { type Image, ImageStore } from '../images/store.ts'
import { platformOf as imagePlatform } from '../oci/image-config.ts'
import { hostPlatform, normalise, type Platform, platformOption, suitability } from '../oci/platform.ts'
import type { Reference } from '../oci/reference.ts'
import { familiarName, fullName, parseReference, withDefaultTag } from '../oci/reference.ts'
import type { Access } from '../platform/registry/access.ts'
import { type PullPolicy, parsePullPolicy } from './ensure-image.ts'
import { fetchImage } from './fetch-image.ts'
import type { OpenProgress } from './progress.ts'
import { openRegistry, parseJobs, withoutAlias } from './registry-access.ts'

export interface PullInput {
  readonly operands: readonly string[]
  readonly options: Access & {
    readonly 'all-tags': boolean
    readonly jobs: number | undefined
    readonly platform: string | undefined
    readonly arch: string | undefined
    readonly os: string | undefined
    readonly variant: string | undefined
    readonly policy: string
    readonly 'all-platforms': boolean
  }
}

/** Pulls each name; the names are printed to standard output. */
export async function pull(input: PullInput, context: Context, open: OpenProgress): Promise<number> {
  const { options } = input
  const platform = platformOf(options)
  const policy = parsePullPolicy(options.policy)
  const jobs = parseJobs(options.jobs)
  const store = new ImageStore(context.directories)
  for (const name of input.operands) {
    const typed = parseReference(await withoutAlias(name, context))
    const references = options['all-tags'] ? await allTags(typed, options, context) : [withDefaultTag(typed)]
    for (const reference of references) {
      const image = await present(store, reference, policy, platform)
      if (image !== undefined) {
        context.out.write(`${nameOf(image, reference, context)}\n`)
        continue
      }
      const progress = open()
      if (typed.tag === undefined && typed.digest === undefined && !options['all-tags']) {
        progress.note('Using default tag: latest')
      }
      const fetching = { platform, jobs, access: options, allPlatforms: options['all-platforms'] }
      const pulled = await fetchOrKeep(store, reference, policy, () =>
        fetchImage(store, reference, fetching, progress, context),
      )
      context.out.write(`${nameOf(pulled, reference, context)}\n`)
    }
  }
  return 0
}

function nameOf(image: Image, reference: Reference, { dialect }: Context): string {
  return dialect === 'podman' ? image.id.slice(7) : fullName(reference)
}

/** The platform asked for, whole or in parts; parts that are not given are this machine's. */
function platformOf({ platform, arch, os, variant }: PullInput['options']): Platform | undefined {
  if (arch === undefined && os === undefined && variant === undefined) return platformOption(platform)
  if (platform !== undefined)
    throw usage('--platform option can not be specified with --arch, --os or --variant')
  const host = hostPlatform()
  return normalise(os ?? host.os, arch ?? host.architecture, variant)
}

/** What is here and need not be pulled by the policy. @throws SampanError no-such-image under `never` */
async function present(
  store: ImageStore,
  reference: Reference,
  policy: PullPolicy,
  platform: Platform | undefined,
): Promise<Image | undefined> {
  if (policy === 'always' || policy === 'newer') return undefined
  const image = store.named(reference)
  const suits =
    image !== undefined && (platform === undefined || suitability(platform, imagePlatform(image.config)) > 0)
  if (suits) return image
  if (policy === 'never') throw noSuchImage(familiarName(reference))
  return undefined
}

/** `newer` means: if there is one. Being offline is no reason to fail. */
async function fetchOrKeep(
  store: ImageStore,
  reference: Reference,
  policy: PullPolicy,
  fetch: () => Promise<Image>,
): Promise<Image> {
  const image = policy === 'newer' ? store.named(reference) : undefined
  return await fetch().catch((error) => {
    if (image === undefined) throw error
    return image
  })
}

async function allTags(reference: Reference, access: Access, context: Context): Promise<Reference[]> {
  if (reference.tag !== undefined || reference.digest !== undefined) {
    throw usage("tag can't be used with --all-tags/-a")
  }
  using registry = await openRegistry(reference, access, context)
  const tags = await registry.tags(reference)
  return [...tags].sort().map((tag) => parseReference(`${fullName(reference)}:${tag}`))
}
