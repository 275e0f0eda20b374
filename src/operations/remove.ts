/** `rm`. */

import { existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Context } from '../cli/context.ts'
import { containerEvent } from '../containers/events.ts'
import { releaseName } from '../containers/reservation.ts'
import { killAndWait, tellKill } from '../containers/signals.ts'
import { isLive, isRunning, type State } from '../containers/state.ts'
import { type Container, ContainerStore, lockContainer, noSuchContainer } from '../containers/store.ts'
import { SIGKILL } from '../containers/values/signal.ts'
import { errnoOf, SampanError } from '../errors.ts'
import { removeInside } from '../platform/helper/inside.ts'
import type { MountRecord } from '../volumes/mounts.ts'
import { VolumeStore } from '../volumes/store.ts'
import { cannotStop, stopContainer } from './stop.ts'

export interface RemoveOptions {
  readonly force: boolean
  /** Anonymous volumes too. */
  readonly volumes: boolean
  /** With `force`: seconds between the stop signal and SIGKILL; undefined: SIGKILL at once. */
  readonly timeout: number | undefined
  /** Finds what is in the way, and removes nothing. */
  readonly dryRun?: boolean
}

/**
 * Removes the container, its name and its writable layer. Its folder is renamed first of all: from then on the
 * container is gone for everybody, and what a crash leaves is finished by the next `rm`. Throws conflict for one that
 * runs, no-such-container when somebody else was quicker.
 */
export function removeContainer(container: Container, options: RemoveOptions, context: Context): void {
  const gone = `${container.folder}.rm-${process.pid}`
  const folders = options.volumes || removesItself(container) ? anonymousVolumes(container, context) : []
  if (options.dryRun) {
    const state = stateOrUnknown(container)
    if (!options.force && (state === undefined || isLive(state))) throw runs(container, state)
    return
  }
  {
    using _lock = lockContainer(container)
    end(container, options, context)
    containerEvent(container, 'destroy')
    forget(container, gone, context)
  }
  removeInside(context.directories, [gone, ...folders])
}

function end(container: Container, options: RemoveOptions, context: Context): void {
  const state = stateOrUnknown(container)
  if (state !== undefined && !isLive(state)) return
  if (!options.force) throw runs(container, state)
  if (options.timeout !== undefined && state !== undefined) {
    stopContainer(container, { signal: undefined, timeout: options.timeout }, context)
    return
  }
  if (state === undefined) return
  if (isRunning(state)) tellKill(container, SIGKILL)
  if (!killAndWait(container)) throw cannotStop(container)
}

/** A damaged state.json must not make a container immortal: with `-f` it goes. */
function stateOrUnknown(container: Container): State | undefined {
  try {
    return container.state()
  } catch (error) {
    if (error instanceof SampanError && error.kind === 'damaged') return undefined
    throw error
  }
}

function forget(container: Container, gone: string, { directories }: Context): void {
  const store = new ContainerStore(directories)
  const name = nameOrUnknown(container)
  try {
    renameSync(container.folder, gone)
  } catch (error) {
    // One with --rm is removed by its own monitor as soon as it ends.
    if (errnoOf(error) !== 'ENOENT') throw error
    if (existsSync(container.folder)) throw noSuchContainer(container.id)
  }
  if (name !== undefined) releaseName(store.namePath(name), container.id)
  // A monitor removes its sockets itself, unless it was killed.
  rmSync(join(directories.runtime, 'c', container.id), { recursive: true, force: true })
}

/** Without a readable record the name is found when somebody wants it: its container does not exist. */
function nameOrUnknown(container: Container): string | undefined {
  try {
    return container.name
  } catch (error) {
    if (error instanceof SampanError) return undefined
    throw error
  }
}

/** One with --rm whose monitor was killed: its anonymous volumes were to go with it. */
function removesItself(container: Container): boolean {
  try {
    return container.record.autoRemove
  } catch (error) {
    if (error instanceof SampanError) return false
    throw error
  }
}

/** Those that nobody else got with --volumes-from. */
function anonymousVolumes(container: Container, { directories }: Context): string[] {
  const volumes = new VolumeStore(directories)
  const own = readable(() => container.record.mounts.flatMap(anonymousName))
  if (own.length === 0) return []
  const others = new ContainerStore(directories).list().filter(({ id }) => id !== container.id)
  const used = new Set(others.flatMap((other) => readable(() => other.record.mounts.flatMap(volumeName))))
  return own.filter((name) => !used.has(name)).map((name) => volumes.folderOf(name))
}

function volumeName(mount: MountRecord): string[] {
  return mount.type === 'volume' ? [mount.name] : []
}

function anonymousName(mount: MountRecord): string[] {
  return mount.type === 'volume' && mount.anonymous ? [mount.name] : []
}

/** Nothing, of a record that is damaged or gone. */
function readable(read: () => string[]): string[] {
  try {
    return read()
  } catch (error) {
    if (error instanceof SampanError) return []
    throw error
  }
}

function runs(container: Container, state: State | undefined): SampanError {
  const what = state === undefined ? 'its state is damaged' : `container is ${state.status}`
  return new SampanError(
    `cannot remove container "${nameOrUnknown(container) ?? container.id}": ${what}: stop the container before removing or force remove`,
    { kind: 'conflict', hint: 'rm -f stops and removes it' },
  )
}
