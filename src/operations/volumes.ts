/** `volume …`: what becomes of volumes, and which containers want them. */

import type { Context } from '../cli/context.ts'
import { volumeEvent } from '../containers/events.ts'
import { type Container, ContainerStore } from '../containers/store.ts'
import { SampanError } from '../errors.ts'
import { removeInside, startJob, walkInside } from '../platform/helper/inside.ts'
import { type VolumeOptions, volumeKind } from '../volumes/options.ts'
import { checkVolumeName } from '../volumes/paths.ts'
import { newVolumeName, type VolumeDetails, type VolumeRecord, VolumeStore } from '../volumes/store.ts'
import { filterBoolean, moment, parseFilters } from './filters.ts'

export interface VolumeRow {
  readonly volume: VolumeRecord
  readonly mountpoint: string
  /** Containers that have it in their record, running or not. */
  readonly users: readonly Container[]
}

/** Idempotent, as docker has it. Returns the name; without one the volume counts as anonymous. */
export async function createVolume(
  given: string | undefined,
  details: Pick<VolumeDetails, 'labels' | 'options'>,
  { directories }: Context,
): Promise<{ readonly name: string; readonly isNew: boolean }> {
  const name = given === undefined ? newVolumeName() : asOfCommand(() => checkVolumeName(given))
  const { uid = 0, gid = 0, folder, memory } = volumeKind(details.options ?? {})
  const made = new VolumeStore(directories).ensure(name, { anonymous: given === undefined, ...details })
  if (!made.isNew) return made
  if (folder === undefined && memory === undefined && uid + gid > 0) {
    const words = [made.mountpoint, String(0o755), String(uid), String(gid)]
    await startJob(directories, 'own', words).output
  }
  volumeEvent(directories.data, name, 'create')
  return made
}

export const volumeFilters = [
  'anonymous',
  'dangling',
  'driver',
  'label',
  'label!',
  'name',
  'opt',
  'scope',
  'since',
  'until',
]

/** By name. Throws usage for a filter that cannot be. */
export function listVolumes(filter: readonly string[], context: Context): VolumeRow[] {
  const filters = parseFilters(filter, volumeFilters)
  const yes = (key: string, is: boolean) => filters.matches(key, (value) => filterBoolean(key, value) === is)
  const [since, until] = [filters.values('since').map(moment), filters.values('until').map(moment)]
  return rows(context).filter(({ volume, users }) => {
    const created = Date.parse(volume.created)
    return (
      filters.matches('name', (name) => volume.name.includes(name)) &&
      filters.matches('driver', (driver) => driver === 'local') &&
      filters.matches('scope', (scope) => scope === 'local') &&
      filters.matches('opt', (wanted) => hasOption(volume.options ?? {}, wanted)) &&
      filters.matchesLabels(volume.labels) &&
      yes('anonymous', volume.anonymous) &&
      yes('dangling', users.length === 0) &&
      since.every((time) => created > time) &&
      until.every((time) => created < time)
    )
  })
}

/** `KEY` or `KEY=VALUE`. */
function hasOption(options: VolumeOptions, wanted: string): boolean {
  const at = wanted.indexOf('=')
  return at < 0 ? wanted in options : options[wanted.slice(0, at)] === wanted.slice(at + 1)
}

/** Throws no-such-object, and conflict for one that a container has. `dryRun`: throws the same, and removes nothing. */
export function removeVolume(name: string, context: Context, dryRun = false): void {
  const store = new VolumeStore(context.directories)
  const gone = [...store.leftovers()]
  {
    using _lock = store.hold('exclusive')
    existingVolume(name, store)
    const users = usersOf(context).get(name) ?? []
    if (users.length > 0) throw inUse('remove', name, users)
    if (dryRun) return
    const folder = store.forget(name)
    if (folder !== undefined) gone.push(folder)
    volumeEvent(context.directories.data, name, 'destroy')
  }
  removeInside(context.directories, gone)
}

/** Throws no-such-object, conflict for one that a container has or a name that is taken. */
export function renameVolume(from: string, to: string, context: Context): void {
  const store = new VolumeStore(context.directories)
  asOfCommand(() => checkVolumeName(to))
  using _lock = store.hold('exclusive')
  existingVolume(from, store)
  const users = usersOf(context).get(from) ?? []
  if (users.length > 0) throw inUse('rename', from, users)
  if (store.rename(from, to)) return
  throw new SampanError(`a volume named ${to} exists already`, {
    kind: 'conflict',
    hint: 'choose another name',
  })
}

export interface PruneVolumesRequest {
  /** Those with a name, too. */
  readonly all: boolean
  readonly filter: readonly string[]
  readonly dryRun: boolean
}

/** Removes volumes that no container has. */
export function pruneVolumes(
  { all, filter, dryRun }: PruneVolumesRequest,
  context: Context,
): { readonly names: readonly string[]; readonly bytes: number } {
  const store = new VolumeStore(context.directories)
  const filters = parseFilters(filter, ['all', 'anonymous', 'label', 'label!', 'since', 'until'])
  const named = all || filters.values('all').some((value) => filterBoolean('all', value))
  const passing = filter.filter((word) => !word.startsWith('all='))
  const wanted = () =>
    listVolumes(passing, context).filter(
      ({ volume, users }) => users.length === 0 && (named || volume.anonymous),
    )
  if (dryRun) {
    const found = wanted()
    return {
      names: found.map(({ volume }) => volume.name),
      bytes: bytesOf(
        found.map((row) => row.mountpoint),
        context,
      ),
    }
  }
  const names: string[] = []
  const gone: string[] = []
  {
    using _lock = store.hold('exclusive')
    for (const { volume } of wanted()) {
      const folder = store.forget(volume.name)
      if (folder === undefined) continue
      names.push(volume.name)
      gone.push(folder)
      volumeEvent(context.directories.data, volume.name, 'destroy')
    }
  }
  const bytes = bytesOf(
    gone.map((folder) => `${folder}/_data`),
    context,
  )
  removeInside(context.directories, [...gone, ...store.leftovers()])
  return { names, bytes }
}

export function volumeExists(name: string, { directories }: Context): boolean {
  return isName(name) && new VolumeStore(directories).read(name) !== undefined
}

function bytesOf(folders: readonly string[], { directories }: Context): number {
  return walkInside(directories, folders).reduce((sum, { bytes }) => sum + bytes, 0)
}

function rows(context: Context): VolumeRow[] {
  const store = new VolumeStore(context.directories)
  const users = usersOf(context)
  return store.list().map((volume) => ({
    volume,
    mountpoint: store.mountpointOf(volume.name),
    users: users.get(volume.name) ?? [],
  }))
}

/** A record that cannot be read may want any volume: better to say so than to remove one that is needed. */
function usersOf({ directories }: Context): Map<string, Container[]> {
  const users = new Map<string, Container[]>()
  for (const container of new ContainerStore(directories).list()) {
    for (const name of volumesOf(container)) users.set(name, [...(users.get(name) ?? []), container])
  }
  return users
}

function volumesOf(container: Container): string[] {
  try {
    return container.record.mounts.flatMap((mount) => (mount.type === 'volume' ? [mount.name] : []))
  } catch (error) {
    if (error instanceof SampanError && error.kind === 'no-such-container') return []
    throw error
  }
}

/** A word that is no name of a volume must not lead to a folder. */
function isName(name: string): boolean {
  return /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(name)
}

/** Throws no-such-object. */
export function existingVolume(name: string, store: VolumeStore): VolumeRecord {
  const volume = isName(name) ? store.read(name) : undefined
  if (volume === undefined) throw noSuchVolume(name)
  return volume
}

function noSuchVolume(name: string): SampanError {
  return new SampanError(`No such volume: ${name}`, {
    kind: 'no-such-object',
    hint: '`volume ls` lists the volumes there are',
  })
}

function inUse(what: string, name: string, users: readonly Container[]): SampanError {
  return new SampanError(`${what} ${name}: volume is in use - [${users.map(({ id }) => id).join(', ')}]`, {
    kind: 'conflict',
    hint: `remove the containers first: rm ${users.map((user) => user.name).join(' ')}`,
  })
}

/** A bad name is docker's 125 for `run`, 1 here. */
function asOfCommand<T>(check: () => T): T {
  try {
    return check()
  } catch (error) {
    if (!(error instanceof SampanError)) throw error
    throw new SampanError(error.message, { exitCode: 1, kind: 'usage', cause: error })
  }
}
