/** `attach`: this terminal becomes one more client of a running container. */
import type { Context } from '../cli/context.ts'
import { containerEvent } from '../containers/events.ts'
import type { Container } from '../containers/store.ts'
import { SampanError } from '../errors.ts'
import { handOver } from '../platform/helper/start.ts'
import { type AttachOptions, bundleArguments, clientArguments } from './start.ts'

/** Throws not-running. Otherwise never returns. */
export function attachContainer(container: Container, options: AttachOptions, context: Context): never {
  const { status } = container.state()
  if (status === 'paused') throw cannotAttach('a paused', 'unpause it first')
  if (status === 'created' || status === 'exited') throw cannotAttach('a stopped', 'start it first')
  containerEvent(container, 'attach')
  handOver(context.directories, [
    'attach',
    ...bundleArguments(container, context),
    ...(options.streams.includes('stdin') ? [] : ['--no-stdin']),
    ...clientArguments(options, context),
  ])
}

function cannotAttach(what: string, next: string): SampanError {
  return new SampanError(`You cannot attach to ${what} container, ${next}`, { kind: 'not-running' })
}
