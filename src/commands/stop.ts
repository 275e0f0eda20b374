import { command } from '../cli/command.ts'
import { isLive } from '../containers/state.ts'
import { parseSignal } from '../containers/values/signal.ts'
import { choose, doToEach } from '../operations/each.ts'
import { stopContainer } from '../operations/stop.ts'
import { selectionOptions, stopOptions } from './container-options.ts'

export default command({
  names: [['stop'], ['container', 'stop']],
  summary: 'Stop running containers: a signal, some time, then SIGKILL',
  operands: 'CONTAINER [CONTAINER...]',
  arity: [0, Number.POSITIVE_INFINITY],
  complete: 'running-containers',
  examples: ['web', '-t 0 $(sampan ps -q)', '--all'],
  options: {
    ...selectionOptions,
    ignore: { type: 'boolean', short: 'i', describe: 'Do not fail for a container that is not there' },
    ...stopOptions,
  },
  run: async ({ options, operands }, context) => {
    const signal = options.signal === undefined ? undefined : parseSignal(options.signal)
    const selection = { operands, ...options }
    return await doToEach(choose(selection, context), options.ignore, context, (container, word) => {
      if (operands.length === 0 && !isLive(container.state())) return undefined
      stopContainer(container, { signal, timeout: options.timeout }, context)
      return word
    })
  },
})
