/** `pull`: images by name, one after the other. */
import type { Context } from '../cli/context.ts'
import { usage } from '../errors.ts'
import { ImageStore } from '../images/store.ts'
import { platformOption } from '../oci/platform.ts'
import type { Reference } from '../oci/reference.ts'
import { fullName, parseReference, withDefaultTag } from '../oci/reference.ts'
import { fetchImage } from './fetch-image.ts'
import type { OpenProgress } from './progress.ts'
import { type AccessOptions, openRegistry, parseJobs, withoutAlias } from './registry-access.ts'

export interface PullInput {
  readonly operands: readonly string[]
  readonly options: AccessOptions & {
    readonly 'all-tags': boolean
    readonly jobs: number | undefined
    readonly platform: string | undefined
  }
}

/** Pulls each name; the names are printed to standard output. */
export async function pull(input: PullInput, context: Context, open: OpenProgress): Promise<number> {
  const { options } = input
  const platform = platformOption(options.platform)
  const jobs = parseJobs(options.jobs)
  const store = new ImageStore(context.directories)
  for (const name of input.operands) {
    const typed = parseReference(await withoutAlias(name, context))
    const references = options['all-tags'] ? await allTags(typed, options, context) : [withDefaultTag(typed)]
    for (const reference of references) {
      const progress = open()
      if (typed.tag === undefined && typed.digest === undefined && !options['all-tags']) {
        progress.note('Using default tag: latest')
      }
      const image = await fetchImage(store, reference, { platform, jobs, access: options }, progress, context)
      context.out.write(`${context.dialect === 'podman' ? image.id.slice(7) : fullName(reference)}\n`)
    }
  }
  return 0
}

async function allTags(reference: Reference, access: AccessOptions, context: Context): Promise<Reference[]> {
  if (reference.tag !== undefined || reference.digest !== undefined) {
    throw usage("tag can't be used with --all-tags/-a")
  }
  using registry = await openRegistry(reference, access, context)
  const tags = await registry.tags(reference)
  return [...tags].sort().map((tag) => parseReference(`${fullName(reference)}:${tag}`))
}
