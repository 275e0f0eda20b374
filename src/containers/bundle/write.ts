/** Writes the bundle: what the helper reads, made from the record by `create` and again by every start. */
import { chmodSync, existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { removeInside } from '../../platform/helper/inside.ts'
import type { ContainerRecord } from '../record.ts'
import { configJson } from './config.ts'
import { hasOverlay, makeOverlays, overlaysFolder } from './folders.ts'
import { linkedContainers } from './linked.ts'
import { sourceOf } from './mounts.ts'
import { nameFiles } from './names.ts'
import { type Surroundings, sampanJson } from './sampan.ts'

/**
 * Writes config.json, sampan.json and the name files into `into`, for a bundle that will be (or is) at its final
 * place. Not synced: they are written anew before they are used.
 */
export function writeBundle(
  record: ContainerRecord,
  into: string,
  around: Surroundings,
  first: boolean,
): void {
  const { mode } = record.network
  const folder = around.containers.folderOf(record.id)
  const names = mode.kind === 'container' ? around.containers.folderOf(mode.container) : folder
  const links = linkedContainers(record, around)
  const volume = (name: string) => around.volumes.mountpointOf(name)
  const layers = join(around.directories.data, 'l')
  const config = configJson(record, { folder, holder: into, names, layers, volume, links })
  renewOverlays(record, into, around)
  writeFileSync(join(into, 'config.json'), JSON.stringify(config))
  writeFileSync(join(into, 'sampan.json'), JSON.stringify(sampanJson(record, folder, around, first)))
  // Every user in the container must be able to read these, whatever the caller's umask.
  const write = (name: string, text: string) => {
    writeFileSync(join(into, name), text)
    chmodSync(join(into, name), 0o644)
  }
  write('containerenv', containerEnvironment(record))
  if (mode.kind === 'container') return
  write('hostname', `${record.hostname}\n`)
  const files = nameFiles(record, links, around)
  write('hosts', files.hosts)
  write('resolv.conf', files['resolv.conf'])
}

/** `/run/.containerenv`: programs look for the file to learn that they are in a container, some read it. */
function containerEnvironment({ name, id, image }: ContainerRecord): string {
  const root = process.getuid?.() === 0 ? 0 : 1
  return `engine="sampan"\nname="${name}"\nid="${id}"\nimage="${image.name}"\nimageid="${image.id}"\nrootless=${root}\n`
}

/** What the last run changed there belongs to the container's users: a job removes it. */
function renewOverlays(record: ContainerRecord, into: string, { directories, volumes }: Surroundings): void {
  if (!record.mounts.some(hasOverlay)) return
  const folder = overlaysFolder(into)
  if (existsSync(folder)) removeInside(directories, [folder])
  const places = { volume: (name: string) => volumes.mountpointOf(name), layers: join(directories.data, 'l') }
  makeOverlays(into, record, (mount) => sourceOf(mount, places))
}
