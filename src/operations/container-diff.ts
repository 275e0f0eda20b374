/** `diff`: what a container changed of its image. */
import type { Context } from '../cli/context.ts'
import { type Container, ContainerStore, noSuchContainer } from '../containers/store.ts'
import { SampanError } from '../errors.ts'
import type { Change } from '../jobs/compare.ts'
import { runJob } from '../platform/helper/inside.ts'
import { imageFolders, lowerFolders, writableFolder } from './container-files.ts'
import { diffImage } from './image-diff.ts'

/**
 * Folders before what is in them. As with podman a name may also be an image's, and a second container may be what the
 * first is compared with. Throws no-such-container.
 */
export async function diffContainer(operands: readonly string[], context: Context): Promise<Change[]> {
  const { data } = context.directories
  const store = new ContainerStore(context.directories)
  const [which = '', other] = operands
  const container = lookUp(store, which)
  if (container === undefined)
    return await imagesOr(noSuchContainer(which), () => diffImage(operands, context))
  const base = other === undefined ? imageFolders(container, data) : all(store.find(other), data)
  const changes = JSON.parse(runJob(context.directories, 'compare', [...all(container, data), '--', ...base]))
  // Removed meanwhile: then its files are not what it changed.
  if (!container.exists()) throw noSuchContainer(which)
  return changes as Change[]
}

function all(container: Container, data: string): string[] {
  return [writableFolder(container), ...lowerFolders(container, data)]
}

function lookUp(store: ContainerStore, name: string): Container | undefined {
  try {
    return store.find(name)
  } catch (error) {
    if (error instanceof SampanError && error.kind === 'no-such-container') return undefined
    throw error
  }
}

async function imagesOr<T>(missing: SampanError, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    throw error instanceof SampanError && error.kind === 'no-such-image' ? missing : error
  }
}
