/**
 * From a registry to an image that can run. Layers travel in parallel, and each layer's bytes are hashed, stored,
 * decompressed and unpacked while they arrive.
 */
import { SampanError } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import type { ImageConfig } from '../oci/image-config.ts'
import { checkLayerCount, platformOf } from '../oci/image-config.ts'
import type { Manifest } from '../oci/manifest.ts'
import { chooseManifest, parseManifest } from '../oci/manifest.ts'
import type { Platform } from '../oci/platform.ts'
import { formatPlatform, hostPlatform, suitability } from '../oci/platform.ts'
import type { Reference } from '../oci/reference.ts'
import { familiarName } from '../oci/reference.ts'
import type { Registry, ServedManifest } from '../platform/registry/registry.ts'
import { isWholeList } from './lists.ts'
import { fetchConfig } from './pull-config.ts'
import { defaultJobs, type PullObserver, pairLayers, pullLayers } from './pull-layers.ts'
import { forgetOldList, pullList } from './pull-list.ts'
import { pullReferrers } from './pull-referrers.ts'
import type { Image, ImageStore } from './store.ts'
import { usableLayer } from './unpack.ts'

export interface PullOptions {
  /** Undefined: this machine's; then a manifest without alternatives is taken whatever it is for. */
  readonly platform: Platform | undefined
  readonly observer: PullObserver
  /** How many layers travel at a time. Default 3. */
  readonly jobs?: number
  /** Keep the whole index, with the blobs of all other platforms. */
  readonly allPlatforms?: boolean
}

export interface Pulled {
  readonly image: Image
  /** Of what the name stands for on the registry: an index where there is one. */
  readonly digest: Digest
  /** Whether the name means something new here. */
  readonly updated: boolean
}

const mostNestedIndexes = 3

/**
 * @param reference with a tag or a digest; a digest decides when both are there, and no tag is made then
 * @throws SampanError: no such image, no access, no such platform, a registry that lies or stays away
 */
export async function pullImage(
  store: ImageStore,
  registry: Registry,
  reference: Reference,
  options: PullOptions,
): Promise<Pulled> {
  const { jobs = defaultJobs } = options
  const wanting = options.allPlatforms === true && !isWholeList(store, reference)
  const present = wanting ? undefined : presentImage(store, reference, options.platform)
  if (present !== undefined && reference.digest !== undefined) {
    return { image: present, digest: reference.digest, updated: false }
  }
  if (present !== undefined && reference.tag !== undefined) {
    const digest = await registry.resolve(reference, reference.tag)
    if (digest !== undefined && present.names.some((name) => isDigestOf(name, reference, digest))) {
      return { image: present, digest, updated: false }
    }
  }
  const top = await registry.manifest(reference, reference.digest ?? reference.tag ?? 'latest')
  const { served, manifest } = await chooseFromIndexes(registry, reference, top, options.platform)
  const config = await fetchConfig(store, registry, reference, manifest)
  checkLayerCount(config, manifest.layers.length, familiarName(reference))
  checkPlatform(config, options.platform, reference)
  store.writeBlob(served.text)

  const layers = pairLayers(manifest, config)
  options.observer.layers(layers.map(({ blob }) => blob))
  const names = [
    ...(reference.digest === undefined ? [reference] : []),
    { registry: reference.registry, repository: reference.repository, digest: top.digest },
  ]
  // Beside the layers, which take longer.
  const referrers = pullReferrers(store, registry, reference, [served.digest])
  referrers.catch(() => undefined)
  for (let attempt = 1; ; attempt += 1) {
    await pullLayers(store, registry, reference, layers, options.observer, jobs)
    try {
      const image = store.add({ manifest: served.digest, mediaType: manifest.mediaType, names })
      if (options.allPlatforms) await pullList(store, registry, reference, top, jobs)
      else forgetOldList(store, reference, top)
      await referrers
      return { image, digest: top.digest, updated: present?.id !== image.id }
    } catch (error) {
      // An rmi of another image took a layer that both have, after we saw it: fetch what is missing now.
      if (!(error instanceof SampanError) || error.kind !== 'damaged' || attempt === 3) throw error
      await fetchConfig(store, registry, reference, manifest)
      store.writeBlob(served.text)
    }
  }
}

/** The image that has this very name already, whole and for the right platform. */
function presentImage(
  store: ImageStore,
  reference: Reference,
  wanted: Platform | undefined,
): Image | undefined {
  const { tag: _, ...untagged } = reference
  const image = store.named(reference.digest === undefined ? reference : untagged)
  if (image === undefined) return undefined
  try {
    if (wanted !== undefined && suitability(wanted, platformOf(image.config)) === 0) return undefined
    return isWholeImage(store, image) ? image : undefined
  } catch (error) {
    // Damaged here: pulling it again is the cure.
    if (error instanceof SampanError && error.kind === 'damaged') return undefined
    throw error
  }
}

/** Whether every blob and every unpacked layer is there. Throws kind 'damaged' where even its manifest cannot be read. */
export function isWholeImage(store: ImageStore, image: Image): boolean {
  return (
    store.readManifest(image.manifest).layers.every(({ digest }) => store.hasBlob(digest)) &&
    image.config.rootfs.diff_ids.every((diffId) => usableLayer(store.directories, diffId) !== undefined)
  )
}

function isDigestOf(name: Reference, reference: Reference, digest: Digest): boolean {
  return (
    name.digest === digest && name.registry === reference.registry && name.repository === reference.repository
  )
}

async function chooseFromIndexes(
  registry: Registry,
  reference: Reference,
  top: ServedManifest,
  platform: Platform | undefined,
): Promise<{ served: ServedManifest; manifest: Manifest }> {
  const what = familiarName(reference)
  let served = top
  for (let depth = 0; depth <= mostNestedIndexes; depth += 1) {
    const parsed = parseManifest(served.text, served.contentType, what)
    if (parsed.kind === 'manifest') return { served, manifest: parsed }
    const chosen = chooseManifest(parsed, platform ?? hostPlatform(), what)
    served = await registry.manifest(reference, chosen.digest)
  }
  throw new SampanError(`${what} is a list of lists of lists of manifests`, { kind: 'registry' })
}

function checkPlatform(config: ImageConfig, wanted: Platform | undefined, reference: Reference): void {
  const actual = platformOf(config)
  if (wanted === undefined || suitability(wanted, actual) > 0) return
  throw new SampanError(
    `image with reference ${familiarName(reference)} was found but does not match the specified platform: wanted ${formatPlatform(wanted)}, actual: ${formatPlatform(actual)}`,
    { hint: 'leave --platform out to take it anyway, or choose an image that was built for this platform' },
  )
}
