/** `pull`, and the image that `run` and `create` need: from the store, the executable, or a registry. */
import type { Context } from '../cli/context.ts'
import { SampanError, usage } from '../errors.ts'
import type { LayerPhase, Pulled, PullObserver } from '../images/pull.ts'
import { restoreLayers } from '../images/restore.ts'
import type { Image } from '../images/store.ts'
import { ImageStore } from '../images/store.ts'
import type { Digest } from '../oci/digest.ts'
import { shortId } from '../oci/digest.ts'
import { platformOf } from '../oci/image-config.ts'
import type { Platform } from '../oci/platform.ts'
import { formatPlatform, hostPlatform, parsePlatform, suitability } from '../oci/platform.ts'
import type { Reference } from '../oci/reference.ts'
import { familiarName, fullName, parseReference, withDefaultTag } from '../oci/reference.ts'

/** A live picture of a pull on a terminal, given by the command so that nothing here knows a terminal. */
export interface PullDisplay extends PullObserver {
  /** Leaves the last picture standing. */
  end(): Promise<void>
}

/** Opens a display titled so, or undefined where standard error is no terminal. */
export type OpenDisplay = (title: string) => Promise<PullDisplay | undefined>

export interface PullInput {
  readonly operands: readonly string[]
  readonly options: {
    readonly 'all-tags': boolean
    readonly platform: string | undefined
    readonly quiet: boolean
  }
}

/** Pulls each name. The names are printed to stdout, everything else to stderr (all to stdout as `docker`). */
export async function pull(input: PullInput, context: Context, open?: OpenDisplay): Promise<number> {
  const { quiet } = input.options
  const platform = platformFrom(input.options.platform)
  const store = new ImageStore(context.directories)
  for (const name of input.operands) {
    const typed = parseReference(name)
    const references = input.options['all-tags'] ? await allTags(typed, context) : [withDefaultTag(typed)]
    for (const reference of references) {
      if (!quiet && typed.tag === undefined && typed.digest === undefined && !input.options['all-tags']) {
        say(context, 'Using default tag: latest')
      }
      const image = await fetchImage(store, reference, { platform, quiet }, context, open)
      context.out.write(`${context.dialect === 'podman' ? image.id.slice(7) : fullName(reference)}\n`)
    }
  }
  return 0
}

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
}

/**
 * The image to make a container from. What is here is used at once, without touching the network, unless the policy
 * says otherwise. Says `Unable to find image 'x:latest' locally` before it pulls.
 * @throws SampanError no-such-image under the policy `never`; everything a pull throws
 */
export async function ensureImage(
  nameOrId: string,
  options: EnsureOptions,
  context: Context,
  open?: OpenDisplay,
): Promise<Image> {
  const store = new ImageStore(context.directories)
  const platform = platformFrom(options.platform)
  const present = store.lookUp(nameOrId)
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
    const image = await fetchImage(store, reference, { platform, quiet: options.quiet }, context, open)
    warnOfPlatform(image, platform, context)
    return image
  } catch (error) {
    // `newer` means: if there is one. Being offline is no reason not to run.
    if (options.policy === 'newer' && present !== undefined && suits) return present
    throw error
  }
}

function platformFrom(text: string | undefined): Platform | undefined {
  return text === undefined || text === '' ? undefined : parsePlatform(text)
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

/** As `docker` we print on stdout what docker prints there. */
function say(context: Context, line: string): void {
  if (context.dialect === 'docker') context.out.write(`${line}\n`)
  else context.out.note(line)
}

/** The registry client is loaded here, by those who pull, and by nobody else. */
async function fetchImage(
  store: ImageStore,
  reference: Reference,
  options: { readonly platform: Platform | undefined; readonly quiet: boolean },
  context: Context,
  open: OpenDisplay | undefined,
): Promise<Image> {
  const embedded = await loadEmbedded(store, reference)
  if (embedded !== undefined) return embedded
  const { Registry } = await import('../platform/registry/registry.ts')
  const { pullImage } = await import('../images/pull.ts')
  const title = `${reference.tag ?? fullName(reference)}: Pulling from ${reference.repository}`
  const display = options.quiet ? undefined : await open?.(title)
  if (!options.quiet && display === undefined) say(context, title)
  using registry = new Registry(reference.registry, context.directories, context.environment)
  const observer = display ?? (options.quiet ? silent : lines(context))
  let pulled: Pulled
  try {
    pulled = await pullImage(store, registry, reference, { platform: options.platform, observer })
  } finally {
    await display?.end()
  }
  if (!options.quiet) {
    say(context, `Digest: ${pulled.digest}`)
    const status = pulled.updated ? 'Downloaded newer image for' : 'Image is up to date for'
    say(context, `Status: ${status} ${familiarName(reference)}`)
  }
  return pulled.image
}

/** The image packed in the executable, by the only name it has. No registry is asked for it. */
async function loadEmbedded(store: ImageStore, reference: Reference): Promise<Image | undefined> {
  const { embeddedReference, embeddedImage } = await import('../platform/helper/embedded.ts')
  if (fullName(reference) !== embeddedReference) return undefined
  const present = store.named(reference)
  if (present !== undefined) return present
  const { loadArchive } = await import('../images/load.ts')
  await loadArchive(store, embeddedImage(store.directories))
  return store.find(embeddedReference)
}

async function allTags(reference: Reference, context: Context): Promise<Reference[]> {
  if (reference.tag !== undefined || reference.digest !== undefined) {
    throw usage("tag can't be used with --all-tags/-a")
  }
  const { Registry } = await import('../platform/registry/registry.ts')
  using registry = new Registry(reference.registry, context.directories, context.environment)
  const tags = await registry.tags(reference)
  return [...tags].sort().map((tag) => parseReference(`${fullName(reference)}:${tag}`))
}

const silent: PullObserver = { layers: () => undefined, layer: () => undefined }

const words: Partial<Record<LayerPhase, string>> = {
  waiting: 'Pulling fs layer',
  exists: 'Already exists',
  downloaded: 'Download complete',
  complete: 'Pull complete',
}

/** One line a change, for pipes and log files. */
function lines(context: Context): PullObserver {
  const last = new Map<Digest, LayerPhase>()
  return {
    layers: () => undefined,
    layer(digest, phase) {
      if (last.get(digest) === phase) return
      last.set(digest, phase)
      const word = words[phase]
      if (word !== undefined) say(context, `${shortId(digest)}: ${word}`)
    },
  }
}
