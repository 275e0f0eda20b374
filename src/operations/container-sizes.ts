/** How many bytes a container's files have: read in the user namespace, where every folder may be entered. */
import { join } from 'node:path'
import type { Context } from '../cli/context.ts'
import type { ContainerRecord } from '../containers/record.ts'
import type { Container } from '../containers/store.ts'
import { readLayer } from '../images/layers.ts'
import type { Digest } from '../oci/digest.ts'
import { walkInside } from '../platform/helper/inside.ts'

/** Bytes of the writable layer, and of everything the container sees. */
export function sizes(
  { record, folder }: Container,
  { directories }: Context,
): { SizeRw: number; SizeRootFs: number } {
  const vfs = record.storage.driver === 'vfs'
  const [walked] = walkInside(directories, [join(folder, vfs ? 'merged' : 'upper')])
  const own = walked?.bytes ?? 0
  return { SizeRw: vfs ? 0 : own, SizeRootFs: own + (vfs ? 0 : imageSize(record, directories.data)) }
}

function imageSize(record: ContainerRecord, data: string): number {
  return record.image.layers.reduce((sum, diffId) => sum + (readLayer(data, diffId as Digest)?.size ?? 0), 0)
}
