/** An image from where it comes: the executable for the one packed in it, a registry for all others. */
import type { Context } from '../cli/context.ts'
import type { Pulled } from '../images/pull.ts'
import type { LayerPhase, PullObserver } from '../images/pull-layers.ts'
import type { Image, ImageStore } from '../images/store.ts'
import type { Digest } from '../oci/digest.ts'
import { shortId } from '../oci/digest.ts'
import type { Platform } from '../oci/platform.ts'
import type { Reference } from '../oci/reference.ts'
import { familiarName, fullName } from '../oci/reference.ts'

/** A live picture of a pull on a terminal, given by the command so that nothing here knows a terminal. */
export interface PullDisplay extends PullObserver {
  /** Leaves the last picture standing. */
  end(): Promise<void>
}

/** Opens a display titled so, or undefined where standard error is no terminal. */
export type OpenDisplay = (title: string) => Promise<PullDisplay | undefined>

export interface FetchOptions {
  readonly platform: Platform | undefined
  readonly quiet: boolean
  /** Prints a line of progress where there is no display. */
  readonly say: (line: string) => void
  readonly open: OpenDisplay | undefined
}

/** The registry client is loaded here, by those who pull, and by nobody else. */
export async function fetchImage(
  store: ImageStore,
  reference: Reference,
  { platform, quiet, say, open }: FetchOptions,
  context: Context,
): Promise<Image> {
  const embedded = await loadEmbedded(store, reference)
  if (embedded !== undefined) return embedded
  const { Registry } = await import('../platform/registry/registry.ts')
  const { pullImage } = await import('../images/pull.ts')
  const title = `${reference.tag ?? fullName(reference)}: Pulling from ${reference.repository}`
  const display = quiet ? undefined : await open?.(title)
  if (!quiet && display === undefined) say(title)
  using registry = new Registry(reference.registry, context.directories, context.environment)
  const observer = display ?? (quiet ? silent : lines(say))
  let pulled: Pulled
  try {
    pulled = await pullImage(store, registry, reference, { platform, observer })
  } finally {
    await display?.end()
  }
  if (!quiet) {
    say(`Digest: ${pulled.digest}`)
    const status = pulled.updated ? 'Downloaded newer image for' : 'Image is up to date for'
    say(`Status: ${status} ${familiarName(reference)}`)
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

const silent: PullObserver = { layers: () => undefined, layer: () => undefined }

const words: Partial<Record<LayerPhase, string>> = {
  waiting: 'Pulling fs layer',
  exists: 'Already exists',
  downloaded: 'Download complete',
  complete: 'Pull complete',
}

/** One line a change, for pipes and log files. */
function lines(say: (line: string) => void): PullObserver {
  const last = new Map<Digest, LayerPhase>()
  return {
    layers: () => undefined,
    layer(digest, phase) {
      if (last.get(digest) === phase) return
      last.set(digest, phase)
      const word = words[phase]
      if (word !== undefined) say(`${shortId(digest)}: ${word}`)
    },
  }
}
