/** Volumes that are memory (`volume create -o type=tmpfs`): each is a file system of the container that runs with it. */
import { SampanError } from '../errors.ts'
import type { ContainerRecord } from './record.ts'
import { isLive } from './state.ts'
import type { Container, ContainerStore } from './store.ts'

/** Two that run at once would each see files of their own: throws conflict instead. Under `start.lock`. */
export function checkMemoryVolumes({ id, record }: Container, containers: () => ContainerStore): void {
  const names = memoryVolumes(record)
  if (names.length === 0) return
  for (const other of containers().list()) {
    if (other.id === id || !isLive(other.state())) continue
    const shared = memoryVolumes(other.record).find((name) => names.includes(name))
    if (shared === undefined) continue
    throw new SampanError(
      `volume ${shared} is memory (type=tmpfs), and container ${other.name} runs with it: one at a time`,
      {
        kind: 'conflict',
        exitCode: 125,
        hint: 'stop that one, or make the volume a folder: volume create without -o type=tmpfs',
      },
    )
  }
}

function memoryVolumes({ mounts }: ContainerRecord): string[] {
  return mounts.flatMap((mount) =>
    mount.type === 'volume' && mount.memory !== undefined ? [mount.name] : [],
  )
}
