import { command } from '../cli/command.ts'
import { createContainer } from '../operations/create.ts'
import { openProgress } from '../output/progress/open.ts'
import { createOptions } from './create-options.ts'
import { refuse, refusedOptions } from './create-refusals.ts'
import { createRequest } from './create-request.ts'

export default command({
  names: [['create'], ['container', 'create']],
  summary: 'Make a container without starting it',
  operands: 'IMAGE [COMMAND] [ARG...]',
  arity: [1, Number.POSITIVE_INFINITY],
  complete: 'images',
  stopAtFirstOperand: true,
  failure: 125,
  examples: ['-it --name web -p 8080:80 nginx'],
  options: { ...createOptions, ...refusedOptions },
  run: async ({ options, operands }, context) => {
    refuse(options)
    const container = await createContainer(
      createRequest(options, operands, true, context),
      context,
      // Standard output is the container's own.
      () => openProgress(context, { mode: 'auto', stream: 'stderr' }),
    )
    context.out.write(`${container.id}\n`)
    return 0
  },
})
