import { command } from '../cli/command.ts'
import { isLive } from '../containers/state.ts'
import { parseSignal } from '../containers/values/signal.ts'
import { choose, doToEach } from '../operations/each.ts'
import { restartContainer } from '../operations/restart.ts'
import { ensureWholeLayers } from '../operations/whole-layers.ts'
import { selectionOptions, stopOptions } from './container-options.ts'

export default command({
  names: [['restart'], ['container', 'restart']],
  summary: 'Stop containers and start them again',
  operands: 'CONTAINER [CONTAINER...]',
  arity: [0, Number.POSITIVE_INFINITY],
  complete: 'containers',
  examples: ['web', '-t 0 web', '--running'],
  options: {
    ...selectionOptions,
    running: { type: 'boolean', describe: 'All that run now' },
    ...stopOptions,
  },
  run: async ({ options, operands }, context) => {
    const { running, all, timeout } = options
    const signal = options.signal === undefined ? undefined : parseSignal(options.signal)
    const chosen = choose({ operands, ...options, all: all || (running && operands.length === 0) }, context)
    return await doToEach(chosen, false, context, async (container, word) => {
      if (running && !isLive(container.state())) return undefined
      await ensureWholeLayers(container, context)
      restartContainer(container, { signal, timeout }, context)
      return word
    })
  },
})
