/** Containers that cannot be without another one: `rm --depend`. */
import { dependsOn } from '../containers/joins.ts'
import type { Container, ContainerStore } from '../containers/store.ts'
import { SampanError } from '../errors.ts'

/** Those that depend on it and those that depend on them, the last ones first. */
export function dependents({ id }: Container, store: ContainerStore): Container[] {
  const found = new Map<string, Container>()
  const look = (wanted: string) => {
    for (const other of store.list()) {
      if (other.id === id || found.has(other.id) || !depends(other, wanted)) continue
      found.set(other.id, other)
      look(other.id)
    }
  }
  look(id)
  return [...found.values()].reverse()
}

/** One that is damaged, or going at this moment, depends on nobody. */
function depends(container: Container, id: string): boolean {
  try {
    return dependsOn(container.record, id)
  } catch (error) {
    if (error instanceof SampanError) return false
    throw error
  }
}
