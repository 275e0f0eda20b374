import { command } from '../cli/command.ts'
import { checkDetachKeys } from '../containers/values/detach-keys.ts'
import { SampanError, usage } from '../errors.ts'
import { attachContainer } from '../operations/attach.ts'
import { choose } from '../operations/each.ts'
import { isTerminal } from '../platform/libc/terminal.ts'
import { attachOptions, latest } from './container-options.ts'

export default command({
  names: [['attach'], ['container', 'attach']],
  summary: 'Connect this terminal to a running container',
  operands: 'CONTAINER',
  arity: [0, 1],
  complete: 'running-containers',
  examples: ['web', '--no-stdin web'],
  options: {
    ...attachOptions,
    latest,
    'no-stdin': { type: 'boolean', describe: 'Do not connect standard input' },
  },
  run: ({ options, operands }, context) => {
    const [chosen] = choose({ operands, latest: options.latest }, context)
    if (chosen === undefined) throw usage("'attach' requires 1 argument")
    const container = chosen.find()
    const { stdin, terminal } = container.record.process
    const typing = stdin && !options['no-stdin']
    if (typing && terminal && !isTerminal(0))
      throw new SampanError('the input device is not a TTY', { exitCode: 1 })
    return attachContainer(
      container,
      {
        streams: [...(typing ? (['stdin'] as const) : []), 'stdout', 'stderr'],
        detachKeys: checkDetachKeys(options['detach-keys']),
        signalProxy: options['sig-proxy'],
      },
      context,
    )
  },
})
