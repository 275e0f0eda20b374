/** Which other containers must run for this one to start. Pure. */
import type { ContainerRecord } from './record.ts'

/** Full ids of those whose namespaces it joins, each once. */
export function joinedContainers({ namespaces, network }: ContainerRecord): string[] {
  const { pid, ipc, uts, cgroup, user } = namespaces
  const modes = [pid, ipc, uts, cgroup].flatMap((mode) => (typeof mode === 'object' ? [mode.container] : []))
  const ids = [
    ...modes,
    network.mode.kind === 'container' ? network.mode.container : null,
    user?.container ?? null,
  ]
  return [...new Set(ids.filter((id) => id !== null))]
}

/** Whether it cannot be without the other one: it joins its namespaces, or requires or links to it. */
export function dependsOn(record: ContainerRecord, id: string): boolean {
  return (
    joinedContainers(record).includes(id) ||
    (record.requires ?? []).includes(id) ||
    record.network.links.some((link) => link.container === id)
  )
}
