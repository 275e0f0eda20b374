/** Folders: listed whether or not they are there, and those that appear whole: filled beside their place, then renamed. */
import { closeSync, fsyncSync, openSync, readdirSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'
import { errnoOf } from '../../errors.ts'

/** Names in a folder, sorted; none where there is no such folder. */
export function listFolder(path: string): string[] {
  try {
    return readdirSync(path).sort()
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}

/** Makes the names in a folder survive a power cut. File systems that cannot sync a folder (some FUSE) are let be. */
export function syncFolder(path: string): void {
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } catch (error) {
    if (errnoOf(error) !== 'EINVAL') throw error
  } finally {
    closeSync(folder)
  }
}

/**
 * Renames the finished folder `temporary` to `final` and makes the name durable. Returns false, and leaves
 * `temporary` alone, when `final` exists already with something in it: somebody else was first. What is inside must
 * have been synced by the one who wrote it.
 * @param options `durable: false` for a name that need not survive a power cut
 */
export function publishFolder(temporary: string, final: string, { durable = true } = {}): boolean {
  try {
    renameSync(temporary, final)
  } catch (error) {
    if (errnoOf(error) === 'ENOTEMPTY' || errnoOf(error) === 'EEXIST') return false
    throw error
  }
  if (durable) syncFolder(dirname(final))
  return true
}
