/** Removes containers that do not run. */
import type { Context } from '../cli/context.ts'
import type { ContainerRecord } from '../containers/record.ts'
import { isLive, type State } from '../containers/state.ts'
import { sweep } from '../containers/sweep.ts'
import { SampanError } from '../errors.ts'
import { walkInside } from '../platform/helper/inside.ts'
import { writableFolder } from './container-files.ts'
import type { Row } from './container-filters.ts'
import { moment, parseFilters } from './filters.ts'
import { matching } from './list.ts'
import { removeContainer } from './remove.ts'

export interface PruneRequest {
  readonly filter: readonly string[]
  readonly dryRun: boolean
}

export interface PrunedContainers {
  readonly ids: readonly string[]
  /** Bytes of their writable layers. */
  readonly bytes: number
}

/** `until`, `label` and `label!` choose among them. One that is started or removed meanwhile is let be. */
export function pruneContainers({ filter, dryRun }: PruneRequest, context: Context): PrunedContainers {
  const wanted = stopped(filter, context)
  const sizes = walkInside(
    context.directories,
    wanted.map(({ container }) => writableFolder(container)),
  )
  let bytes = 0
  const ids = wanted.flatMap(({ container }, at) => {
    if (!dryRun && !removed(() => removeContainer(container, removal, context))) return []
    bytes += sizes[at]?.bytes ?? 0
    return [container.id]
  })
  if (!dryRun) sweep(context.directories)
  return { ids, bytes }
}

const removal = { force: false, volumes: false, timeout: undefined } as const

function stopped(filter: readonly string[], context: Context): Row[] {
  const filters = parseFilters(filter, ['until', 'label', 'label!'])
  const until = filters.values('until').map(moment)
  return matching([], true, context).filter(
    ({ state, record }) =>
      !isLive(state) &&
      !isBeingRun(state, record) &&
      until.every((time) => Date.parse(record.created) < time) &&
      filters.matchesLabels(record.labels),
  )
}

/** How long a `run` may take from making its container to starting it, ms. */
const beforeStart = 10_000

/** A `run` beside us has made it and has not come to starting it. */
function isBeingRun(state: State, { created, createCommand }: ContainerRecord): boolean {
  const age = Date.now() - Date.parse(created)
  const untried = state.status === 'created' && state.exitCode === 0
  return untried && createCommand.includes('run') && age >= 0 && age < beforeStart
}

function removed(remove: () => void): boolean {
  try {
    remove()
    return true
  } catch (error) {
    if (error instanceof SampanError && (error.kind === 'conflict' || error.kind === 'no-such-container'))
      return false
    throw error
  }
}
