/** `run`: create and start in one. */
import type { Context } from '../cli/context.ts'
import type { CreateRequest } from '../containers/request.ts'
import type { Container } from '../containers/store.ts'
import { helperPath } from '../platform/helper/embedded.ts'
import { createContainer } from './create.ts'
import type { OpenProgress } from './progress.ts'
import { type AttachOptions, startAttached, startDetached } from './start.ts'

/**
 * In the foreground this process becomes the helper and never returns. Detached, the container runs when this
 * returns and its id has been printed.
 */
export async function runContainer(
  request: CreateRequest,
  how: { readonly detach: boolean; readonly attach: AttachOptions },
  context: Context,
  open?: OpenProgress,
): Promise<number> {
  // A cache that cannot be used is told before a container is made that nothing could start.
  helperPath(context.directories)
  const container = await createContainer(request, context, open)
  const { streams } = how.attach
  // As docker: with standard input alone (`-a stdin`), the id is all there is to see.
  if (!how.detach && streams.every((stream) => stream === 'stdin')) context.out.write(`${container.id}\n`)
  try {
    if (!how.detach) return startAttached(container, how.attach, context, 'new')
    startDetached(container, context, 'new', how.attach.preserve)
  } catch (error) {
    await removeUnstarted(container, context)
    throw error
  }
  context.out.write(`${container.id}\n`)
  return 0
}

/** With --rm nothing stays of a start that was refused: after one that began, the monitor has removed it by itself. */
async function removeUnstarted(container: Container, context: Context): Promise<void> {
  if (!container.record.autoRemove || !container.exists()) return
  const { removeContainer } = await import('./remove.ts')
  removeContainer(container, { force: true, volumes: false, timeout: undefined }, context)
}
