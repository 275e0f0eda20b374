/** `rename`. */
import type { Context } from '../cli/context.ts'
import { containerEvent } from '../containers/events.ts'
import { parseName } from '../containers/names.ts'
import { releaseName, reserveName } from '../containers/reservation.ts'
import { ContainerStore, lockContainer } from '../containers/store.ts'
import { SampanError } from '../errors.ts'
import { announceNames } from './container-names.ts'

/**
 * The new name is taken first and the old one given back last: at every moment the container can be found, and a
 * crash on the way leaves at most a name that counts as free because no record has it. Throws conflict when
 * somebody else has the name.
 */
export function renameContainer(from: string, to: string, context: Context): void {
  const { directories } = context
  const store = new ContainerStore(directories)
  const found = store.find(from)
  const name = asOfCommand(() => parseName(to))
  using _lock = lockContainer(found)
  // Read again under the lock: somebody may have renamed it while we waited.
  const container = store.find(found.id)
  const { record } = container
  if (record.name === name) {
    throw new SampanError('Renaming a container with the same name as its current name', {
      hint: 'choose another name',
    })
  }
  asOfCommand(() => {
    using _reservation = reserveName(store.namePath(name), { id: record.id, name }, (id) =>
      store.holds(id, name),
    )
    try {
      container.rewrite({ ...record, name })
    } catch (error) {
      _reservation.release()
      releaseName(store.namePath(name), record.id)
      throw error
    }
  })
  releaseName(store.namePath(record.name), record.id)
  containerEvent(container, 'rename', { oldName: `/${record.name}` })
  announceNames(container, context)
}

/** Names are refused with 125 where containers are made, with 1 here. */
function asOfCommand<T>(action: () => T): T {
  try {
    return action()
  } catch (error) {
    if (!(error instanceof SampanError)) throw error
    const { hint, kind } = error
    throw new SampanError(error.message, {
      exitCode: 1,
      cause: error,
      ...(hint === undefined ? {} : { hint }),
      ...(kind === undefined ? {} : { kind }),
    })
  }
}
