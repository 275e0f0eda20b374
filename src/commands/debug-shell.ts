/** `build --debug-shell`: a container of what a failed step left, as `run -it` would make it. */
import { defaultValues, type Values } from '../cli/command.ts'
import type { Context } from '../cli/context.ts'
import type { Image } from '../images/store.ts'
import { runContainer } from '../operations/run.ts'
import { isTerminal } from '../platform/libc/terminal.ts'
import { createOptions } from './create-options.ts'
import { createRequest } from './create-request.ts'

/** Becomes the shell: does not return but by throwing. @param args `NAME=value`, what ARG gave the step */
export async function debugShell(image: Image, args: readonly string[], context: Context): Promise<void> {
  const values: Values<typeof createOptions> = {
    ...(defaultValues(createOptions) as Values<typeof createOptions>),
    env: args,
    entrypoint: '/bin/sh',
    interactive: true,
    rm: true,
    tty: isTerminal(0),
    'image-volume': 'ignore',
  }
  const request = createRequest(values, [image.id], true, context)
  const attach = { streams: request.process.attach, detachKeys: undefined, signalProxy: true }
  await runContainer(request, { detach: false, attach }, context)
}
