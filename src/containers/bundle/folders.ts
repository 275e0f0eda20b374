/** What a container needs besides the mounts themselves: overlay folders of its own, and owners to be changed. */
import { chmodSync, mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { SampanBundle } from '../../platform/helper/bundle.ts'
import type { MountRecord } from '../../volumes/mounts.ts'
import type { ContainerRecord } from '../record.ts'
import { outsideId } from '../user-namespace.ts'

/** Mode `O` of a folder, and images that may be written to: changes go here and are nobody else's. */
export function hasOverlay(mount: MountRecord): boolean {
  if (mount.type === 'image') return !mount.readOnly
  return mount.type !== 'tmpfs' && mount.overlay === true
}

/** Of the container: removed before each start, with all that the last run changed. */
export function overlaysFolder(bundle: string): string {
  return join(bundle, 'overlays')
}

/** `upper` and `work` of a mount; the place in the record says which. */
export function overlayFolders(
  bundle: string,
  record: ContainerRecord,
  mount: MountRecord,
): { readonly upper: string; readonly work: string } {
  const folder = join(overlaysFolder(bundle), String(record.mounts.indexOf(mount)))
  return { upper: join(folder, 'upper'), work: join(folder, 'work') }
}

/** Makes them, into a bundle that is at `into` now. The top of an overlay has the mode of what it covers. */
export function makeOverlays(
  into: string,
  record: ContainerRecord,
  sourceOf: (mount: MountRecord) => string,
): void {
  for (const mount of record.mounts.filter(hasOverlay)) {
    const { upper, work } = overlayFolders(into, record, mount)
    mkdirSync(upper, { recursive: true })
    mkdirSync(work, { recursive: true, mode: 0o700 })
    chmodSync(upper, statSync(sourceOf(mount)).mode & 0o7777)
  }
}

/** Mode `U`: the numbers are those of the shared user namespace. */
export function ownedFolders(
  record: ContainerRecord,
  sourceOf: (mount: MountRecord) => string,
): SampanBundle['own'] {
  const { namespaces, process } = record
  const { user } = namespaces
  return record.mounts.flatMap((mount) => {
    if (mount.type === 'tmpfs' || mount.type === 'image' || mount.owned !== true) return []
    const uid = user === null ? process.uid : outsideId(user.uidMappings, process.uid)
    const gid = user === null ? process.gid : outsideId(user.gidMappings, process.gid)
    return [{ path: sourceOf(mount), uid, gid }]
  })
}
