import { command } from '../cli/command.ts'
import { isLive } from '../containers/state.ts'
import { parseSignal } from '../containers/values/signal.ts'
import { choose, doToEach } from '../operations/each.ts'
import { killContainer } from '../operations/kill.ts'
import { latest, selectionOptions } from './container-options.ts'

export default command({
  names: [['kill'], ['container', 'kill']],
  summary: 'Send a signal to running containers',
  operands: 'CONTAINER [CONTAINER...]',
  arity: [0, Number.POSITIVE_INFINITY],
  complete: 'running-containers',
  examples: ['web', '-s HUP web'],
  options: {
    all: selectionOptions.all,
    cidfile: selectionOptions.cidfile,
    latest,
    signal: {
      type: 'string',
      short: 's',
      default: 'KILL',
      describe: 'Signal to send',
      value: 'SIGNAL',
      complete: 'signals',
    },
  },
  run: async ({ options, operands }, context) => {
    const signal = parseSignal(options.signal)
    const { all, cidfile, latest } = options
    return await doToEach(
      choose({ operands, all, cidfile, latest }, context),
      false,
      context,
      (container, word) => {
        if (all && !isLive(container.state())) return undefined
        killContainer(container, signal)
        return word
      },
    )
  },
})
