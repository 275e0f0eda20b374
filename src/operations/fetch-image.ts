/** An image from where it comes: the executable for the one packed in it, a registry for all others. */

import type { Context } from '../cli/context.ts'
import { imageEvent } from '../containers/events.ts'
import type { Pulled } from '../images/pull.ts'
import type { LayerPhase, PullObserver } from '../images/pull-layers.ts'
import type { Image, ImageStore } from '../images/store.ts'
import { shortId } from '../oci/digest.ts'
import { defined } from '../oci/json.ts'
import type { Platform } from '../oci/platform.ts'
import type { Reference } from '../oci/reference.ts'
import { familiarName, fullName } from '../oci/reference.ts'
import type { Access } from '../platform/registry/access.ts'
import type { Progress, Stage } from './progress.ts'
import { openRegistry } from './registry-access.ts'

export interface FetchOptions {
  readonly platform: Platform | undefined
  /** How many layers travel at a time. */
  readonly jobs?: number | undefined
  readonly access?: Access
  /** Keep what is there for other platforms, too. */
  readonly allPlatforms?: boolean
}

/** The registry client is loaded here, by those who pull, and by nobody else. */
export async function fetchImage(
  store: ImageStore,
  reference: Reference,
  { platform, jobs, access = {}, allPlatforms = false }: FetchOptions,
  progress: Progress,
  context: Context,
): Promise<Image> {
  const embedded = await loadEmbedded(store, reference)
  if (embedded !== undefined) return embedded
  const { pullImage } = await import('../images/pull.ts')
  using registry = await openRegistry(reference, access, context)
  progress.note(`${reference.tag ?? fullName(reference)}: Pulling from ${reference.repository}`)
  let pulled: Pulled
  try {
    const observer = telling(progress)
    pulled = await pullImage(store, registry, reference, {
      platform,
      observer,
      allPlatforms,
      ...defined({ jobs }),
    })
  } finally {
    await progress.end()
  }
  imageEvent(context.directories, 'pull', familiarName(reference), familiarName(reference))
  progress.note(`Digest: ${pulled.digest}`)
  const status = pulled.updated ? 'Downloaded newer image for' : 'Image is up to date for'
  progress.note(`Status: ${status} ${familiarName(reference)}`)
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

/** Docker's words. */
const phases: Record<LayerPhase, readonly [Stage, string]> = {
  waiting: ['waiting', 'Pulling fs layer'],
  exists: ['skipped', 'Already exists'],
  downloading: ['moving', 'Downloading'],
  downloaded: ['working', 'Download complete'],
  complete: ['done', 'Pull complete'],
}

function telling(progress: Progress): PullObserver {
  return {
    layers(layers) {
      progress.parts(layers.map(({ digest, size }) => ({ key: digest, label: shortId(digest), size })))
    },
    layer(digest, phase, bytes) {
      progress.tell(digest, ...phases[phase], bytes)
    },
  }
}
