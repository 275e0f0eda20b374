/**
 * Unpacked layers on disk: `DATA/layers/HEX/{fs/,layer.json}`, HEX being the digits of the layer's diffID. The marker
 * `layer.json` is written last of all, so a layer that has one is complete.
 */
import { mkdirSync, readlinkSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf, SampanError } from '../errors.ts'
import { type Digest, hexOf } from '../oci/digest.ts'
import { readRecord } from '../platform/files/record.ts'
import { bootId } from '../platform/host/boot-id.ts'

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
  /**
   * Present while nobody has waited for the layer to be on the disk: the boot in which a build made it. In another boot
   * it cannot be relied on, and is unpacked again from its blob.
   */
  readonly boot?: string
}

/** Whether all that was written is there to be read: not so for what a build had just made when the machine went down. */
export function isWhole({ boot }: Pick<LayerRecord, 'boot'>): boolean {
  return boot === undefined || boot === bootId()
}

/** `DATA/layers/HEX`, whether or not it exists. */
export function layerFolder(data: string, diffId: Digest): string {
  return join(data, 'layers', hexOf(diffId))
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

/**
 * Makes `DATA/l/SHORT` for a layer and returns SHORT. The name comes from the digest, so that making it again after a
 * crash finds the same one: 11 letters and digits hold 56 of its bits. Should two layers ever share them, the second
 * takes the next 56.
 */
export function makeLink(data: string, diffId: Digest): string {
  const hex = hexOf(diffId)
  const target = `../layers/${hex}/fs`
  mkdirSync(join(data, 'l'), { recursive: true, mode: 0o700 })
  for (let at = 0; at + 14 <= hex.length; at += 14) {
    const short = BigInt(`0x${hex.slice(at, at + 14)}`)
      .toString(36)
      .padStart(11, '0')
    const path = join(data, 'l', short)
    try {
      symlinkSync(target, path)
      return short
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error
    }
    if (readlinkSync(path) === target) return short
  }
  throw new SampanError(`${join(data, 'l')} has foreign links in the place of layer ${hex.slice(0, 12)}`, {
    kind: 'damaged',
    hint: 'remove the links that lead nowhere: find -L . -type l -delete',
  })
}
