/** The folders of a new container's file system. */
import { chmodSync, closeSync, mkdirSync, openSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { StorageDriver } from './driver.ts'

/**
 * Makes `upper`, `work` and `merged` in a bundle. The root folder a container sees is `upper`'s own, so it gets the
 * mode of the image's root; `/.dockerenv` tells programs that they are in a container.
 */
export function makeRootfs(bundle: string, driver: StorageDriver, topLayer: string | undefined): void {
  const merged = join(bundle, 'merged')
  mkdirSync(merged, { mode: 0o700 })
  const upper = driver === 'vfs' ? merged : join(bundle, 'upper')
  if (driver !== 'vfs') {
    mkdirSync(upper)
    mkdirSync(join(bundle, 'work'), { mode: 0o700 })
  }
  chmodSync(upper, topLayer === undefined ? 0o755 : statSync(topLayer).mode & 0o7777)
}

/** The marker; after `vfs` has copied the layers. */
export function markRootfs(bundle: string, driver: StorageDriver): void {
  const path = join(bundle, driver === 'vfs' ? 'merged' : 'upper', '.dockerenv')
  closeSync(openSync(path, 'w', 0o755))
}
