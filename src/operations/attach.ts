/** `attach`: this terminal becomes one more client of a running container. */
import type { Context } from '../cli/context.ts'
import { containerEvent } from '../containers/events.ts'
import { checkSameRuntime } from '../containers/same-runtime.ts'
import type { Container } from '../containers/store.ts'
import { SampanError } from '../errors.ts'
import { handOver } from '../platform/helper/start.ts'
import { type AttachOptions, bundleArguments, clientArguments } from './start.ts'
import { startHint } from './start-hint.ts'

/** Throws not-running. Otherwise never returns. */
export function attachContainer(container: Container, options: AttachOptions, context: Context): never {
  const state = container.state()
  if (state.status === 'paused') throw cannotAttach('a paused', 'unpause it first')
  if (state.status === 'created' || state.status === 'exited')
    throw cannotAttach('a stopped', 'start it first', startHint(container.name, state))
  checkSameRuntime(container, context.directories)
  containerEvent(container, 'attach')
  handOver(context.directories, [
    'attach',
    ...bundleArguments(container, context),
    ...(options.streams.includes('stdin') ? [] : ['--no-stdin']),
    ...clientArguments(options, context),
  ])
}

function cannotAttach(what: string, next: string, hint?: string): SampanError {
  return new SampanError(`You cannot attach to ${what} container, ${next}`, {
    kind: 'not-running',
    ...(hint === undefined ? {} : { hint }),
  })
}
