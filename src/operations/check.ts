/** `system check`: finds what a power cut, a full disk or a foreign hand did to the store, and mends it. */
import type { Context } from '../cli/context.ts'
import { containerDamage, volumeDamage } from '../containers/check.ts'
import { errnoOf, SampanError } from '../errors.ts'
import { blobDamage } from '../images/check-blobs.ts'
import { catalogDamage } from '../images/check-catalog.ts'
import { layerDamage } from '../images/check-layers.ts'
import { listDamage, referrerDamage } from '../images/check-lists.ts'
import type { Damage } from '../images/damage.ts'
import { isWholeImage } from '../images/pull.ts'
import { removeImage } from '../images/remove.ts'
import { ImageStore } from '../images/store.ts'
import type { Digest } from '../oci/digest.ts'
import { platformOf } from '../oci/image-config.ts'
import type { Descriptor } from '../oci/manifest.ts'
import { isIndex, isManifest } from '../oci/media-types.ts'
import type { Reference } from '../oci/reference.ts'
import { fetchImage } from './fetch-image.ts'
import { readable } from './image-rows.ts'
import { imageUses } from './image-uses.ts'
import { silentProgress } from './progress.ts'
import { openRegistry } from './registry-access.ts'
import { removeContainer } from './remove.ts'
import { straySteps, strays } from './strays.ts'

export interface CheckRequest {
  readonly repair: boolean
  /** Mend also where something of the user's goes with it. */
  readonly force: boolean
  /** Look at records and sizes only. */
  readonly quick: boolean
}

/** One piece of damage, and what became of it; `mended` is undefined where nothing was tried. */
export interface Finding {
  readonly what: string
  readonly mended: string | undefined
  /** Why it is still there. */
  readonly left: string | undefined
}

/** Tells of each as it is found and mended. */
export async function* checkStore(request: CheckRequest, context: Context): AsyncGenerator<Finding> {
  for await (const damage of damages(request, context)) {
    if (!request.repair) yield { what: damage.what, mended: undefined, left: undefined }
    else if (damage.loses !== undefined && !request.force) {
      yield { what: damage.what, mended: undefined, left: `only with --force: ${damage.loses} would go` }
    } else yield await mend(damage)
  }
}

async function mend({ what, mend }: Damage): Promise<Finding> {
  try {
    return { what, mended: await mend(), left: undefined }
  } catch (error) {
    // What the system refuses (a file of somebody else, a full disk) is no reason not to mend the rest.
    if (!(error instanceof SampanError) && errnoOf(error) === undefined) throw error
    const hint = error instanceof SampanError && error.hint !== undefined ? ` (${error.hint})` : ''
    return { what, mended: undefined, left: `${(error as Error).message}${hint}` }
  }
}

/** In the order in which one cure may need another: names, what was left lying about, layers, blobs, containers. */
async function* damages({ quick }: CheckRequest, context: Context): AsyncGenerator<Damage> {
  const { directories } = context
  const store = new ImageStore(directories)
  const uses = () => imageUses(directories)
  const refetch = (id: Digest) => fetchAgain(store, id, context)
  const drop = (id: Digest) => {
    removeImage(store, id, { force: true, uses })
  }
  yield* catalogDamage(store)
  yield* leftBehind(store, context)
  if (readable(() => store.list()) !== undefined) {
    yield* layerDamage(store, { quick, uses, refetch })
    const seen = new Set<Digest>()
    yield* blobDamage(store, { quick, seen, refetch, drop })
    const fetch = (names: readonly Reference[], piece: Descriptor) => fetchPiece(store, names, piece, context)
    yield* listDamage(store, { quick, seen, fetch })
    yield* referrerDamage(store, { quick, seen, fetch })
  }
  const removal = { force: true, volumes: false, timeout: undefined }
  yield* containerDamage(directories, (container) => removeContainer(container, removal, context))
  yield* volumeDamage(directories)
}

function* leftBehind(store: ImageStore, context: Context): Generator<Damage> {
  for (const { path, remove } of [...strays(store, context), ...straySteps(context)]) {
    yield {
      what: `${path} was left by a command that was interrupted`,
      mend() {
        remove()
        return 'removed'
      },
    }
  }
}

/** One manifest or blob, from the first of these places that has it. */
async function fetchPiece(
  store: ImageStore,
  names: readonly Reference[],
  piece: Descriptor,
  context: Context,
): Promise<void> {
  const { pullBlob } = await import('../images/pull-layers.ts')
  let failure = new SampanError('it has no name that a registry could know')
  for (const name of names) {
    try {
      using registry = await openRegistry(name, {}, context)
      if (isIndex(piece.mediaType) || isManifest(piece.mediaType))
        store.writeBlob((await registry.manifest(name, piece.digest)).text)
      else await pullBlob(store, registry, name, piece)
      return
    } catch (error) {
      if (!(error instanceof SampanError)) throw error
      failure = error
    }
  }
  throw failure
}

/** By each name the image has, its digests first: they cannot mean another image by now. */
async function fetchAgain(store: ImageStore, id: Digest, context: Context): Promise<void> {
  const image = store.find(id)
  const platform = readable(() => platformOf(image.config))
  const names = [...image.names].sort(
    (a, b) => Number(b.digest !== undefined) - Number(a.digest !== undefined),
  )
  let failure = new SampanError('it has no name that a registry could know')
  for (const name of names) {
    try {
      await fetchImage(store, name, { platform }, silentProgress, context)
      const now = store.lookUp(id)
      if (now !== undefined && isWholeImage(store, now)) return
      failure = new SampanError('the registry has another image under its name now')
    } catch (error) {
      if (!(error instanceof SampanError)) throw error
      failure = error
    }
  }
  throw failure
}
