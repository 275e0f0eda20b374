import { command } from '../cli/command.ts'
import { checkDetachKeys } from '../containers/values/detach-keys.ts'
import { SampanError, usage } from '../errors.ts'
import { runContainer } from '../operations/run.ts'
import { openProgress } from '../output/progress/open.ts'
import { isTerminal } from '../platform/libc/terminal.ts'
import { attachOptions } from './container-options.ts'
import { createOptions } from './create-options.ts'
import { refuse, refusedOptions } from './create-refusals.ts'
import { createRequest } from './create-request.ts'

export default command({
  names: [['run'], ['container', 'run']],
  summary: 'Make a container and start it',
  operands: 'IMAGE [COMMAND] [ARG...]',
  arity: [1, Number.POSITIVE_INFINITY],
  complete: 'images',
  stopAtFirstOperand: true,
  failure: 125,
  examples: ['--rm -it busybox', '-d --name web -p 8080:80 nginx', '--rm -v .:/src -w /src debian ls'],
  options: {
    detach: { type: 'boolean', short: 'd', describe: 'Run in the background and print the id' },
    ...attachOptions,
    ...createOptions,
    ...refusedOptions,
    'preserve-fds': {
      type: 'integer',
      default: 0,
      describe: 'Pass on so many open files from number 3 on',
      value: 'N',
    },
  },
  run: async ({ options, operands }, context) => {
    refuse(options)
    const { detach } = options
    if (detach && options.attach.length > 0)
      throw usage('conflicting options: cannot specify both --attach and --detach')
    const preserve = options['preserve-fds']
    if (preserve < 0 || preserve > 64) throw usage(`invalid --preserve-fds ${preserve}: 0 to 64`)
    const request = createRequest(options, operands, !detach, context)
    const { terminal, attach } = request.process
    if (terminal && attach.includes('stdin') && !isTerminal(0)) {
      throw new SampanError('the input device is not a TTY', {
        exitCode: 1,
        hint: 'leave -t out when the input is a pipe or a file',
      })
    }
    return await runContainer(
      request,
      {
        detach,
        attach: {
          streams: attach,
          detachKeys: checkDetachKeys(options['detach-keys']),
          signalProxy: options['sig-proxy'],
          preserve,
        },
      },
      context,
      // Standard output is the container's own.
      () => openProgress(context, { mode: 'auto', stream: 'stderr' }),
    )
  },
})
