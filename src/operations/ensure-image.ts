/** The image that `run` and `create` need: from the store, the executable, or a registry. */
import type { Context } from '../cli/context.ts'
import { SampanError, usage } from '../errors.ts'
import { restoreLayers } from '../images/restore.ts'
import type { Image } from '../images/store.ts'
import { ImageStore } from '../images/store.ts'
import { platformOf } from '../oci/image-config.ts'
import { defined } from '../oci/json.ts'
import type { Platform } from '../oci/platform.ts'
import { formatPlatform, hostPlatform, platformOption, suitability } from '../oci/platform.ts'
import { familiarName, fullName, parseReference, withDefaultTag } from '../oci/reference.ts'
import type { Access } from '../platform/registry/access.ts'
import { fetchImage } from './fetch-image.ts'
import { type OpenProgress, silentProgress } from './progress.ts'
import { withoutAlias } from './registry-access.ts'

export type PullPolicy = 'missing' | 'always' | 'never' | 'newer'

/** @throws SampanError (usage) with Docker's list of words */
export function parsePullPolicy(text: string): PullPolicy {
  switch (text) {
    case '':
    case 'ifnotpresent':
      return 'missing'
    case 'true':
      return 'always'
    case 'false':
      return 'never'
    case 'missing':
    case 'always':
    case 'never':
    case 'newer':
      return text
    default:
      throw usage(`invalid pull option: '${text}': must be one of "always", "missing" or "never"`)
  }
}

export interface EnsureOptions {
  readonly policy: PullPolicy
  /** The value of `--platform`. */
  readonly platform: string | undefined
  readonly quiet: boolean
  readonly access?: Access
}

/**
 * The image to make a container from. What is here is used at once, without touching the network, unless the policy
 * says otherwise. Says `Unable to find image 'x:latest' locally` before it pulls.
 * @throws SampanError no-such-image under the policy `never`; everything a pull throws
 */
export async function ensureImage(
  typed: string,
  options: EnsureOptions,
  context: Context,
  open?: OpenProgress,
): Promise<Image> {
  try {
    return await findOrFetch(typed, options, context, open)
  } catch (error) {
    const damaged = error instanceof SampanError && error.kind === 'damaged'
    if (!damaged || new ImageStore(context.directories).lookUp(typed) !== undefined) throw error
    // Removed by another command between our finding it and our reading it: as if it had not been here.
    return await findOrFetch(typed, options, context, open)
  }
}

async function findOrFetch(
  typed: string,
  options: EnsureOptions,
  context: Context,
  open?: OpenProgress,
): Promise<Image> {
  const store = new ImageStore(context.directories)
  const platform = platformOption(options.platform)
  const found = store.lookUp(typed)
  const nameOrId = found === undefined ? await withoutAlias(typed, context) : typed
  const present = nameOrId === typed ? found : store.lookUp(nameOrId)
  const suits =
    present !== undefined && (platform === undefined || suitability(platform, platformOf(present.config)) > 0)
  if (present !== undefined && suits && (options.policy === 'missing' || options.policy === 'never')) {
    warnOfPlatform(present, platform, context)
    await restoreLayers(store, present)
    return present
  }
  // An id names nothing that a registry knows.
  if (present !== undefined && suits && !isName(present, nameOrId)) return present
  if (options.policy === 'never') throw neverPulled(store, nameOrId)
  const reference = withDefaultTag(parseReference(nameOrId))
  if (present === undefined || !suits)
    context.out.note(`Unable to find image '${familiarName(reference)}' locally`)
  try {
    const fetching = { platform, ...defined({ access: options.access }) }
    const progress = options.quiet ? silentProgress : (open?.() ?? silentProgress)
    const image = await fetchImage(store, reference, fetching, progress, context)
    warnOfPlatform(image, platform, context)
    return image
  } catch (error) {
    // `newer` means: if there is one. Being offline is no reason not to run.
    if (options.policy === 'newer' && present !== undefined && suits) return present
    throw error
  }
}

function neverPulled(store: ImageStore, nameOrId: string): unknown {
  try {
    return store.find(nameOrId) && new SampanError(`No such image: ${nameOrId} for this platform`)
  } catch (error) {
    return error
  }
}

function isName(image: Image, text: string): boolean {
  const name = fullName(withDefaultTag(parseReference(text)))
  return image.names.some((own) => fullName(own) === name)
}

function warnOfPlatform(image: Image, wanted: Platform | undefined, context: Context): void {
  const host = hostPlatform()
  const actual = platformOf(image.config)
  if (wanted !== undefined || actual.architecture === '' || suitability(host, actual) > 0) return
  context.out.note(
    `WARNING: The requested image's platform (${formatPlatform(actual)}) does not match the detected host platform (${formatPlatform(host)}) and no specific platform was requested`,
  )
}
