/** `container exists`. */
import type { Context } from '../cli/context.ts'
import { ContainerStore } from '../containers/store.ts'
import { SampanError } from '../errors.ts'

/** By name, id, or the beginning of one; throws usage when that fits several. */
export function containerExists(name: string, { directories }: Context): boolean {
  try {
    return new ContainerStore(directories).find(name).exists()
  } catch (error) {
    if (error instanceof SampanError && error.kind === 'no-such-container') return false
    throw error
  }
}
