/**
 * `mount`: a container's files for the programs of this machine. A plain user's mounts lie in a namespace of their own,
 * but the root of a running container is in proc(5), and that path is open to its owner from everywhere.
 */
import type { Context } from '../cli/context.ts'
import { isRunning } from '../containers/state.ts'
import { type Container, ContainerStore } from '../containers/store.ts'
import { SampanError } from '../errors.ts'
import { choose, doToEach, type Selection } from './each.ts'

export interface ContainerMount {
  readonly id: string
  /** There for as long as the container runs. */
  readonly folder: string
}

/** All that run. */
export function listMounted({ directories }: Context): ContainerMount[] {
  return new ContainerStore(directories)
    .list()
    .map((container) => ({ id: container.id, folder: rootOf(container) }))
    .filter((each): each is ContainerMount => each.folder !== undefined)
}

/** Throws not-running: nothing is mounted of a container that does not run. */
export function mountContainers(selection: Selection, context: Context): ContainerMount[] {
  return choose(selection, context).map(({ find }) => mounted(find()))
}

/** Prints the ids of those that run. Nothing is to be undone. */
export function unmountContainers(
  selection: Selection & { readonly force: boolean },
  context: Context,
): Promise<number> {
  return doToEach(choose(selection, context), false, context, (container) => {
    if (rootOf(container) !== undefined) return container.id
    if (selection.force || selection.all === true) return undefined
    return mounted(container).id
  })
}

function mounted(container: Container): ContainerMount {
  const folder = rootOf(container)
  if (folder !== undefined) return { id: container.id, folder }
  throw new SampanError(`container ${container.name} is not running: its files are mounted nowhere`, {
    kind: 'not-running',
    exitCode: 125,
    hint: `start it, or take files out: sampan cp ${container.name}:PATH -, sampan export ${container.name}`,
  })
}

function rootOf(container: Container): string | undefined {
  const state = container.state()
  return isRunning(state) ? `/proc/${state.pid}/root` : undefined
}
