/** What a stage has become so far: layers, configuration, history. Immutable; every step makes the next one. */

import { join } from 'node:path'
import { SampanError } from '../errors.ts'
import { type LayerRecord, layerFolder, readLayer } from '../images/layers.ts'
import type { Image, ImageStore, Layer } from '../images/store.ts'
import { shortId } from '../oci/digest.ts'
import type { ContainerDefaults, HistoryEntry, ImageConfig } from '../oci/image-config.ts'
import { defined } from '../oci/json.ts'
import type { Descriptor } from '../oci/manifest.ts'
import type { Platform } from '../oci/platform.ts'
import { digestOf } from '../platform/host/sha256.ts'

/** An unpacked layer with its archive in the layout. */
export interface StageLayer extends Layer {
  readonly blob: Descriptor
}

export interface StageState {
  readonly platform: Platform & Pick<ImageConfig, 'os.version'>
  readonly author: string | undefined
  readonly config: ContainerDefaults
  /** Lowest first. One that is there twice is listed twice. */
  readonly layers: readonly StageLayer[]
  /** How many of them are the base image's. */
  readonly baseLayers: number
  readonly history: readonly HistoryEntry[]
  /** Seconds of 1970: what new files and the image are dated with; undefined: with their own times. */
  readonly epoch: number | undefined
}

export function emptyState(platform: Platform, epoch: number | undefined): StageState {
  return { platform, author: undefined, config: {}, layers: [], baseLayers: 0, history: [], epoch }
}

/** @throws SampanError damaged when a layer of the image is not unpacked */
export function stateOfImage(store: ImageStore, image: Image, epoch: number | undefined): StageState {
  const { os, architecture, variant, author, config, rootfs, history } = image.config
  const blobs = store.readManifest(image.manifest).layers
  return {
    platform: {
      os,
      architecture,
      ...defined({ variant, 'os.version': image.config['os.version'] }),
    } as StageState['platform'],
    author,
    config,
    layers: rootfs.diff_ids.map((diffId, at) => {
      const record = readLayer(store.data, diffId)
      const blob = blobs[at]
      if (record === undefined || blob === undefined) {
        throw new SampanError(`image ${shortId(image.id)} is incomplete: layer ${diffId} is missing`, {
          hint: 'pull or load the image again',
          kind: 'damaged',
        })
      }
      return stageLayer(store, record, blob)
    }),
    baseLayers: rootfs.diff_ids.length,
    history,
    epoch,
  }
}

export function stageLayer(store: ImageStore, record: LayerRecord, blob: Descriptor): StageLayer {
  const { diffId, link, size } = record
  return { diffId, folder: join(layerFolder(store.data, diffId), 'fs'), link, size, blob }
}

/** Folders as an overlay stacks them, the top one first; a layer that is there twice counts at its upper place. */
export function lowerFolders(state: StageState): string[] {
  return unionLayers(state)
    .map(({ folder }) => folder)
    .reverse()
}

function unionLayers({ layers }: StageState): readonly StageLayer[] {
  return layers.filter(({ diffId }, at) => !layers.slice(at + 1).some((above) => above.diffId === diffId))
}

/** The configuration of the image that the stage would be now. */
export function imageConfig(state: StageState): ImageConfig {
  const { platform, author, config, layers, history, epoch } = state
  return {
    created: (epoch === undefined ? new Date() : new Date(epoch * 1000)).toISOString(),
    ...defined({ author }),
    ...platform,
    config,
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    history,
  }
}

/** The stage as an image that containers can be made from; it has no name and is in no list. */
export function asImage(state: StageState): Image {
  const config = imageConfig(state)
  const id = digestOf(JSON.stringify(config))
  const layers = unionLayers(state)
  return {
    id,
    manifest: id,
    names: [],
    added: '',
    tagged: undefined,
    config,
    layers,
    size: layers.reduce((sum, layer) => sum + layer.size, 0),
  }
}

/** One more entry of history, on top of everything else that changed. */
export function withHistory(state: StageState, createdBy: string, empty: boolean): StageState {
  const { created } = imageConfig(state)
  const entry: HistoryEntry = {
    ...defined({ created }),
    created_by: createdBy,
    ...(empty ? { empty_layer: true } : {}),
  }
  return { ...state, history: [...state.history, entry] }
}

export function withLayer(state: StageState, layer: StageLayer): StageState {
  return { ...state, layers: [...state.layers, layer] }
}
