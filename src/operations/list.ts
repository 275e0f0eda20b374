/** `ps`: which containers there are, and the facts its table shows. */
import type { Context } from '../cli/context.ts'
import { boundPorts } from '../containers/ports.ts'
import { isLive, isRunning, type State } from '../containers/state.ts'
import { type Container, ContainerStore } from '../containers/store.ts'
import { SampanError, usage } from '../errors.ts'
import { compileFilters, containerFilters, type Row } from './container-filters.ts'
import { parseFilters } from './filters.ts'

export interface ListRequest {
  readonly all: boolean
  readonly filter: readonly string[]
  /** The last N made, running or not; -1 for no limit. */
  readonly last: number
  readonly sort: string
}

/** The rows of `ps`. */
export function listContainers({ all, filter, last, sort }: ListRequest, context: Context): Row[] {
  const rows = matching(filter, all || last >= 0, context)
  const chosen = last >= 0 ? rows.slice(0, last) : rows
  const order = ORDERS[sort]
  if (order === undefined) throw usage(`invalid option for --sort: "${sort}"`, Object.keys(ORDERS).join(', '))
  return sort === 'created' ? chosen : chosen.sort((a, b) => compare(order(a), order(b)))
}

const ORDERS: Readonly<Record<string, (row: Row) => string | number>> = {
  created: ({ record }) => record.created,
  command: ({ record }) => (record.process.command ?? []).join(' '),
  id: ({ container }) => container.id,
  image: ({ record }) => record.image.name,
  names: ({ record }) => record.name,
  runningfor: ({ state }) => ('startedAt' in state ? state.startedAt : ''),
  status: ({ state }) => state.status,
}

function compare(a: string | number, b: string | number): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Newest first. Without `all` only those that run, unless a filter asks for another state. */
export function matching(given: readonly string[], all: boolean, context: Context): Row[] {
  const filters = parseFilters(given, containerFilters)
  const showAll = all || filters.has('status') || filters.has('exited')
  const store = new ContainerStore(context.directories)
  const passes = compileFilters(filters, store, context)
  const rows: Row[] = []
  for (const container of store.list()) {
    const row = rowOf(container, context)
    if (row !== undefined && (showAll || isShown(row.state)) && passes(row)) rows.push(row)
  }
  return rows.sort((a, b) =>
    a.record.created < b.record.created ? 1 : a.record.created > b.record.created ? -1 : 0,
  )
}

/** As docker: what waits for its next try is shown too. */
function isShown(state: State): boolean {
  return isLive(state)
}

/** Undefined for one that is going; a damaged one is named on stderr, the others are listed. */
function rowOf(container: Container, { out }: Context): Row | undefined {
  try {
    const { record } = container
    const state = container.state()
    return { container, record, state, ports: isRunning(state) ? boundPorts(container) : [] }
  } catch (error) {
    if (!(error instanceof SampanError)) throw error
    if (error.kind !== 'no-such-container')
      out.note(`WARNING: ${container.id.slice(0, 12)}: ${error.message}`)
    return undefined
  }
}
