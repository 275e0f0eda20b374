/** What a new container has in its folder before it appears. */
import { join } from 'node:path'
import type { Image } from '../images/store.ts'
import { runJob } from '../platform/helper/inside.ts'
import { SecretStore } from '../secrets/store.ts'
import type { Surroundings } from './bundle/sampan.ts'
import { writeBundle } from './bundle/write.ts'
import type { ContainerRecord } from './record.ts'
import { makeRootfs, markRootfs } from './rootfs.ts'
import { writeSecrets } from './secrets.ts'

/** The root filesystem's folders (with vfs a copy of the layers), its secrets, and the bundle. */
export function fillContainer(
  folder: string,
  record: ContainerRecord,
  image: Image,
  around: Surroundings,
): void {
  const { driver } = record.storage
  makeRootfs(folder, driver, image.layers.at(-1)?.folder)
  if (driver === 'vfs') {
    const layers = image.layers.map((layer) => layer.folder)
    runJob(around.directories, 'copy-layers', [join(folder, 'merged'), ...layers])
  }
  markRootfs(folder, driver)
  writeSecrets(record, folder, new SecretStore(around.directories))
  writeBundle(record, folder, around, true)
}
