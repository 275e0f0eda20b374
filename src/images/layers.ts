/**
 * Unpacked layers on disk: `DATA/layers/HEX/{fs/,layer.json}`, HEX being the digits of the layer's diffID. The marker
 * `layer.json` is written last of all, so a layer that has one is complete.
 */
import { join } from 'node:path'
import type { Digest } from '../oci/digest.ts'
import { readRecord } from '../platform/files/record.ts'

/** How the ids of the user namespace that unpacked a layer were mapped; owners of files only fit the same kind. */
export type Mapping = 'full' | 'single' | 'identity'

export interface LayerRecord {
  readonly version: 1
  readonly diffId: Digest
  /** Bytes of regular files, as `ls -l` shows them; a hard link counts once. */
  readonly size: number
  /** Entries of the archive that made something. */
  readonly entries: number
  /** Name in `DATA/l/`, a symbolic link to `../layers/HEX/fs`: keeps mount options short. */
  readonly link: string
  readonly mapping: Mapping
}

/** `DATA/layers/HEX`, whether or not it exists. */
export function layerFolder(data: string, diffId: Digest): string {
  return join(data, 'layers', diffId.slice(diffId.indexOf(':') + 1))
}

/** The complete unpacked layer, or undefined. Throws kind 'damaged' for a marker that cannot be read. */
export function readLayer(data: string, diffId: Digest): LayerRecord | undefined {
  return readRecord(join(layerFolder(data, diffId), 'layer.json'), parseLayerRecord)
}

function parseLayerRecord(value: unknown): LayerRecord {
  const record = value as Partial<LayerRecord> | null
  if (record?.version !== 1) throw new Error('not a layer record of version 1')
  if (typeof record.link !== 'string' || typeof record.size !== 'number')
    throw new Error('fields are missing')
  return record as LayerRecord
}
