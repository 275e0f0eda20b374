/** `start`, and the second half of `run`. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Context } from '../cli/context.ts'
import { writeBundle } from '../containers/bundle/write.ts'
import { containerEvent } from '../containers/events.ts'
import { joinedContainers } from '../containers/joins.ts'
import { noteLinker } from '../containers/links.ts'
import { checkMemoryVolumes } from '../containers/memory-volumes.ts'
import { checkSameRuntime } from '../containers/same-runtime.ts'
import { isLive, isRunning } from '../containers/state.ts'
import { type Container, lockContainer } from '../containers/store.ts'
import { SampanError, unsupported } from '../errors.ts'
import { networkNames } from '../networks/mode.ts'
import { DEFAULT_NAME } from '../networks/store.ts'
import { type Passed, passArguments, passedDescriptors } from '../platform/helper/passed.ts'
import { handOver, startHelper } from '../platform/helper/start.ts'
import { preference } from '../platform/host/preferences.ts'
import { scopeCommand } from '../platform/host/scope.ts'
import { duplicate } from '../platform/libc/process.ts'
import { isTerminal } from '../platform/libc/terminal.ts'
import { tellLinkers } from './container-names.ts'
import { surroundings } from './create.ts'

export interface AttachOptions {
  readonly streams: readonly ('stdin' | 'stdout' | 'stderr')[]
  /** Docker's syntax; undefined: ctrl-p,ctrl-q. */
  readonly detachKeys: string | undefined
  readonly signalProxy: boolean
  /** `--preserve-fds`. */
  readonly preserve?: number
}

/** `new`: this process has just made it, so the bundle on disk is right. */
type Freshness = 'new' | 'existing'

/**
 * Starts it, and returns when its program runs. One that runs already is left alone. Throws the helper's failure:
 * 127 for a program that is not there, 126 for one that cannot be executed, 125 for the rest.
 */
export function startDetached(
  container: Container,
  context: Context,
  freshness: Freshness = 'existing',
  preserve = 0,
): void {
  startRequired(container, context)
  if (startLocked(container, context, freshness, preserve) && freshness === 'existing')
    tellLinkers(container, context)
}

/** `--requires`: what it needs runs before it does. */
function startRequired({ record }: Container, context: Context): void {
  for (const id of record.requires ?? []) startDetached(surroundings(context).containers.find(id), context)
}

function startLocked(
  container: Container,
  context: Context,
  freshness: Freshness,
  preserve: number,
): boolean {
  using _lock = lockContainer(container)
  if (freshness === 'existing' && !prepare(container, context)) return false
  checkJoins(container, context)
  checkMemoryVolumes(container, () => surroundings(context).containers)
  const through = passesThrough(container)
  const passed = passedDescriptors(preserve, context.environment)
  checkPassing(container, passed)
  // The child's own 0, 1 and 2 are set before the rest: these would be taken from there.
  const descriptors = [...(through ? [0, 1, 2].map(duplicate) : []), ...passed.descriptors]
  const first = 3 + descriptors.length - passed.descriptors.length
  const words = [
    'monitor',
    ...bundleArguments(container, context),
    ...(through ? ['--streams', '3'] : []),
    ...passArguments(
      passed,
      passed.descriptors.map((_, at) => first + at),
    ),
  ]
  startHelper(context.directories, words, { launcher: launcherOf(container, context), descriptors })
  return true
}

/** Becomes the container's first attach client. Returns only by throwing. */
export function startAttached(
  container: Container,
  options: AttachOptions,
  context: Context,
  freshness: Freshness = 'existing',
): never {
  startRequired(container, context)
  using _lock = lockContainer(container)
  if (freshness === 'existing') prepare(container, context)
  checkJoins(container, context)
  checkMemoryVolumes(container, () => surroundings(context).containers)
  const through = passesThrough(container)
  const passed = passedDescriptors(options.preserve ?? 0, context.environment)
  checkPassing(container, passed)
  const words = [
    'monitor',
    ...bundleArguments(container, context),
    ...(through ? ['--streams', '0'] : []),
    '--attach',
    ...passArguments(passed, passed.descriptors),
    ...(options.streams.includes('stdin') && !through ? ['--stdin'] : []),
    ...clientArguments(options, context),
  ]
  containerEvent(container, 'attach')
  handOver(context.directories, words, launcherOf(container, context))
}

/** An OCI runtime starts its own way. */
function checkPassing({ record: { runtime } }: Container, { descriptors }: Passed): void {
  if (runtime === null || descriptors.length === 0) return
  throw unsupported(`passing descriptors on to --runtime ${runtime}`, 'leave --runtime out')
}

/** Whether the program writes to our own streams. Never to a terminal: who has one can type into it (TIOCSTI). */
function passesThrough({ record: { log, process, name } }: Container): boolean {
  if (log.driver !== 'passthrough') return false
  const mine = process.terminal || [0, 1, 2].some(isTerminal)
  if (!mine) return true
  throw new SampanError(`the log driver passthrough of ${name} cannot be used with a terminal`, {
    exitCode: 125,
    hint: `redirect all three streams: start ${name} </dev/null >FILE 2>&1`,
  })
}

/** Limits need a cgroup that is ours; so does a process that is to join one. */
export function launcherOf({ id, record }: Container, { environment }: Context): string[] {
  const limited = Object.values(record.limits).some((limit) => limit !== 0 && limit !== '')
  return limited ? scopeCommand(id, environment) : []
}

export function bundleArguments(container: Container, { directories }: Context): string[] {
  return ['--bundle', container.folder, '--runtime', directories.runtime]
}

/** The keys given, else those configured; undefined for the helper's own. */
export function detachKeysOr(
  given: string | undefined,
  { directories, environment }: Context,
): string | undefined {
  return given ?? preference('detachKeys', directories, environment)
}

/** What `monitor --attach` and `attach` have in common. */
export function clientArguments(
  { streams, detachKeys, signalProxy }: AttachOptions,
  context: Context,
): string[] {
  const keys = streams.includes('stdin') ? detachKeysOr(detachKeys, context) : detachKeys
  return [
    ...(streams.includes('stdout') ? [] : ['--no-stdout']),
    ...(streams.includes('stderr') ? [] : ['--no-stderr']),
    ...(keys === undefined || keys === '' ? [] : ['--detach-keys', keys]),
    ...(signalProxy ? [] : ['--no-sig-proxy']),
  ]
}

/**
 * Makes the bundle fit for one more start, under `start.lock`. False when the container runs already. Tools and
 * runtime folders may have moved since it was made, and containers it joins have new pids.
 */
function prepare(container: Container, context: Context): boolean {
  const state = container.state()
  if (isLive(state)) return false
  const around = surroundings(context)
  rmSync(join(container.folder, 'stop-requested'), { force: true })
  const neverRan = state.status === 'created'
  writeBundle(container.record, container.folder, around, neverRan)
  return true
}

/** The containers whose namespaces are joined must run, and those it is linked to be near. Throws not-running and conflict. */
function checkJoins(container: Container, context: Context): void {
  const { network } = container.record
  const joined = joinedContainers(container.record)
  if (joined.length + network.links.length === 0) return
  const { containers } = surroundings(context)
  for (const { container: id, alias } of network.links) {
    const other = containers.find(id)
    if (!isRunning(other.state())) throw notRunningToLink(other.name, alias, container.name)
    const own = networkNames(network)
    if (!networkNames(other.record.network).some((name) => own.includes(name))) throw notNear(other.name, own)
    noteLinker(other.folder, container.id)
  }
  for (const other of joined.map((id) => containers.find(id))) {
    if (!isRunning(other.state())) throw notRunningToJoin(other.id)
    checkSameRuntime(other, context.directories)
  }
}

function notRunningToLink(name: string, alias: string, own: string): SampanError {
  return new SampanError(`Cannot link to a non running container: /${name} AS /${own}/${alias}`, {
    hint: `start it first: start ${name}`,
    kind: 'not-running',
    exitCode: 125,
  })
}

function notNear(name: string, [network = '']: readonly string[]): SampanError {
  const where = network === DEFAULT_NAME ? 'the default network' : `network ${network}`
  return new SampanError(`Cannot link to /${name}, as it does not belong to ${where}`, {
    hint: `put it there, too: network connect ${network} ${name}`,
    kind: 'conflict',
    exitCode: 125,
  })
}

function notRunningToJoin(id: string): SampanError {
  return new SampanError(`cannot join the namespaces of a non running container: ${id.slice(0, 12)}`, {
    hint: `start it first: start ${id.slice(0, 12)}`,
    kind: 'not-running',
    exitCode: 125,
  })
}
