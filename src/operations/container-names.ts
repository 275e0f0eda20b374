/** How containers are found while they run: `hosts`, `resolv.conf`, and what the name server of their networks knows. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Context } from '../cli/context.ts'
import { linkedContainers } from '../containers/bundle/linked.ts'
import { type NameFiles, nameFiles } from '../containers/bundle/names.ts'
import { knownAs, type Surroundings } from '../containers/bundle/sampan.ts'
import { linkersFolder } from '../containers/links.ts'
import type { ContainerRecord } from '../containers/record.ts'
import { isRunning } from '../containers/state.ts'
import { type Container, lockContainer } from '../containers/store.ts'
import { errnoOf, SampanError } from '../errors.ts'
import { adjustLines } from '../networks/adjust-lines.ts'
import { changeNetwork } from '../platform/helper/network.ts'
import { surroundings } from './create.ts'

/**
 * Does `change`, and has a container that runs on bridges look as if it had been started after it. What its program wrote
 * into the name files stays there. Under `start.lock`; one that does not run needs nothing, its next start makes them anew.
 */
export function changingNames(container: Container, context: Context, change: () => void): void {
  if (!hasNames(container)) {
    change()
    return
  }
  const around = surroundings(context)
  const before = filesOf(container.record, around)
  change()
  const after = filesOf(container.record, around)
  if (after === undefined) return
  for (const name of ['hosts', 'resolv.conf'] as const) {
    const path = join(container.folder, name)
    const text =
      before === undefined ? after[name] : adjustLines(readFileSync(path, 'utf8'), before[name], after[name])
    // In place: the file is mounted in the container.
    writeFileSync(path, text)
  }
  tellNames(container, around)
}

/**
 * After a change of its record: the name server and those that are linked to it know it as it is now. Best effort: the
 * record is changed already, and the next start tells it again.
 */
export function announceNames(container: Container, context: Context): void {
  if (!hasNames(container)) return
  try {
    tellNames(container, surroundings(context))
  } catch (error) {
    if (!(error instanceof SampanError)) throw error
  }
  tellLinkers(container, context)
}

/** Makes the name files anew, whatever was written into them, and tells the name server. False where nothing runs. */
export function renewNames(container: Container, context: Context): boolean {
  if (!hasNames(container)) return false
  const around = surroundings(context)
  const files = nameFiles(container.record, linkedContainers(container.record, around), around)
  for (const name of ['hosts', 'resolv.conf'] as const)
    writeFileSync(join(container.folder, name), files[name])
  tellNames(container, around)
  return true
}

/** Those that are linked to it find it where it is now. Best effort: it runs already. */
export function tellLinkers({ folder }: Container, context: Context): void {
  const linkers = linkersFolder(folder)
  for (const id of listOr(linkers)) {
    try {
      const container = surroundings(context).containers.find(id)
      using _lock = lockContainer(container)
      changingNames(container, context, () => {})
    } catch (error) {
      if (!(error instanceof SampanError)) throw error
      if (error.kind === 'no-such-container') rmSync(join(linkers, id), { force: true })
    }
  }
}

function hasNames(container: Container): boolean {
  return container.record.network.mode.kind === 'bridge' && isRunning(container.state())
}

function tellNames({ folder, record }: Container, { directories, networks }: Surroundings): void {
  changeNetwork(directories, folder, ['--names', JSON.stringify(knownAs(record, networks))])
}

/** undefined where a network or a linked container has gone. */
function filesOf(record: ContainerRecord, around: Surroundings): NameFiles | undefined {
  try {
    return nameFiles(record, linkedContainers(record, around), around)
  } catch (error) {
    if (error instanceof SampanError) return undefined
    throw error
  }
}

function listOr(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}
