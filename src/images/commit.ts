/** A layer on top of an image, or one layer alone, becomes an image. For commit; the layer comes as a tar stream. */
import type { Digest } from '../oci/digest.ts'
import type { ContainerDefaults, HistoryEntry, ImageConfig } from '../oci/image-config.ts'
import { defined } from '../oci/json.ts'
import type { Descriptor } from '../oci/manifest.ts'
import { mediaType } from '../oci/media-types.ts'
import { type Platform, parsePlatform } from '../oci/platform.ts'
import type { Reference } from '../oci/reference.ts'
import { IncomingBlob, sweepLeftovers } from './archive-blob.ts'
import { addComposed } from './compose.ts'
import type { Image, ImageStore } from './store.ts'
import { unpackNewLayer } from './unpack.ts'

export interface CommitRequest {
  /** What the layer lies on; undefined: on nothing (`--squash`). */
  readonly base: Image | undefined
  /** For an image without a base. */
  readonly platform: string
  readonly config: ContainerDefaults
  readonly author: string
  readonly comment: string
  /** What made the layer: the container's command line. */
  readonly createdBy: string
  readonly name: Reference | undefined
  readonly format: 'oci' | 'docker'
}

/**
 * Stores and unpacks the layer in one pass and adds the image. A layer in which nothing is adds none.
 * @throws SampanError kind 'damaged' when blobs of the base are gone; `source` may throw: nothing is added then
 */
export async function commitLayer(
  store: ImageStore,
  source: AsyncIterable<Uint8Array>,
  request: CommitRequest,
): Promise<Image> {
  sweepLeftovers(store)
  // Read before the long work: the base may be removed meanwhile, which `add` then finds out.
  const below = request.base === undefined ? nothing(request.platform) : readBase(store, request.base)
  using blob = new IncomingBlob(store)
  const layer = await unpackNewLayer(store.directories, blob.tee(source))
  const added = layer.entries > 0 ? [layer.diffId] : []
  const descriptors =
    layer.entries > 0
      ? [{ mediaType: mediaType.ociLayer, digest: await blob.place('the layer'), size: blob.size }]
      : []
  const names = request.name === undefined ? [] : [request.name]
  return addComposed(store, {
    config: configOf(request, below, added),
    layers: [...below.layers, ...descriptors],
    names,
    format: request.format,
  })
}

interface Below {
  readonly platform: Platform & Pick<ImageConfig, 'os.version'>
  readonly diffIds: readonly Digest[]
  readonly history: readonly HistoryEntry[]
  readonly layers: readonly Descriptor[]
}

function nothing(platform: string): Below {
  return { platform: parsePlatform(platform), diffIds: [], history: [], layers: [] }
}

function readBase(store: ImageStore, base: Image): Below {
  const { os, architecture, variant, rootfs, history, ...config } = base.config
  return {
    platform: {
      os,
      architecture,
      ...defined({ variant, 'os.version': config['os.version'] }),
    } as Below['platform'],
    diffIds: rootfs.diff_ids,
    history,
    layers: store.readManifest(base.manifest).layers,
  }
}

function configOf(request: CommitRequest, below: Below, added: readonly Digest[]): ImageConfig {
  const created = new Date().toISOString()
  const { author, comment, createdBy } = request
  const step: HistoryEntry = {
    created,
    created_by: createdBy,
    ...(author === '' ? {} : { author }),
    ...(comment === '' ? {} : { comment }),
    ...(added.length === 0 ? { empty_layer: true } : {}),
  }
  return {
    created,
    ...(author === '' ? {} : { author }),
    ...below.platform,
    config: request.config,
    rootfs: { type: 'layers', diff_ids: [...below.diffIds, ...added] },
    history: [...below.history, step],
  }
}
