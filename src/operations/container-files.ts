/** Where a container's files are, for commands that read them without mounting anything. */
import { join } from 'node:path'
import type { Container } from '../containers/store.ts'
import { layerFolder } from '../images/layers.ts'
import type { Digest } from '../oci/digest.ts'

/** The folder the container writes to: its upper layer, or the whole copy it has with vfs. */
export function writableFolder({ folder, record }: Container): string {
  return join(folder, record.storage.driver === 'vfs' ? 'merged' : 'upper')
}

/** Folders of the image it was made from, top first. */
export function imageFolders({ record }: Container, data: string): string[] {
  return record.image.layers.map((diffId) => join(layerFolder(data, diffId as Digest), 'fs')).reverse()
}

/** Those that show through the writable folder; none with vfs, where they were copied. */
export function lowerFolders(container: Container, data: string): string[] {
  return container.record.storage.driver === 'vfs' ? [] : imageFolders(container, data)
}
