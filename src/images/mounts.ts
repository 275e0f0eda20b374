/**
 * The files of an image in a folder that any program can read: `DATA/image-mounts/HEX`, HEX of the image's id. A copy:
 * mounts of a plain user live in a namespace of their own, where the person's shell would not see them; and in the
 * layers themselves one could write by mistake.
 */
import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import { digestFromHex, hexOf } from '../oci/digest.ts'
import { publishFolder } from '../platform/files/folder.ts'
import { isTemporaryName, temporaryName } from '../platform/files/names.ts'
import { removeInside, runJob } from '../platform/helper/inside.ts'
import { restoreLayers } from './restore.ts'
import type { Image, ImageStore } from './store.ts'

export function mountFolder(store: ImageStore, id: Digest): string {
  return join(store.data, 'image-mounts', hexOf(id))
}

/** Ids of the images that are mounted. */
export function mountedImages(store: ImageStore): Digest[] {
  return list(store)
    .filter((name) => /^[0-9a-f]{64}$/.test(name))
    .sort()
    .map(digestFromHex)
}

/** Idempotent. Returns the folder; it appears whole. */
export async function mountImage(store: ImageStore, image: Image): Promise<string> {
  const folder = mountFolder(store, image.id)
  if (existsSync(folder)) return folder
  await restoreLayers(store, image)
  using _hold = store.hold(image)
  sweepMounts(store)
  const temporary = temporaryName(folder)
  mkdirSync(temporary, { recursive: true, mode: 0o755 })
  try {
    runJob(store.directories, 'copy-layers', [temporary, ...image.layers.map((layer) => layer.folder)])
    // Somebody else may have been quicker.
    if (!publishFolder(temporary, folder)) removeInside(store.directories, [temporary])
    return folder
  } catch (error) {
    removeInside(store.directories, [temporary])
    throw error
  }
}

/** False when it was not mounted. */
export function unmountImage(store: ImageStore, id: Digest): boolean {
  const folder = mountFolder(store, id)
  const gone = temporaryName(folder)
  try {
    renameSync(folder, gone)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false
    throw error
  }
  removeInside(store.directories, [gone])
  sweepMounts(store)
  return true
}

/** What commands that were killed left. */
function sweepMounts(store: ImageStore): void {
  const left = list(store).filter((name) => {
    const pid = /\.tmp-(\d+)/.exec(name)?.[1]
    return isTemporaryName(name) && !existsSync(`/proc/${pid}`)
  })
  removeInside(
    store.directories,
    left.map((name) => join(store.data, 'image-mounts', name)),
  )
}

function list(store: ImageStore): string[] {
  try {
    return readdirSync(join(store.data, 'image-mounts'))
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}
