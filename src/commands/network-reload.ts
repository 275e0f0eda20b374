import { command } from '../cli/command.ts'
import { choose, doToEach } from '../operations/each.ts'
import { reloadNetwork } from '../operations/reload-network.ts'
import { latest, selectionOptions } from './container-options.ts'

export default command({
  names: [['network', 'reload']],
  summary: 'Put the networks and the name files of running containers in order again',
  operands: '[CONTAINER...]',
  arity: [0, Number.POSITIVE_INFINITY],
  complete: 'containers',
  examples: ['web', '--all'],
  options: { all: selectionOptions.all, latest },
  run: ({ options, operands }, context) =>
    doToEach(choose({ operands, ...options }, context), false, context, (container) =>
      reloadNetwork(container, options.all, context) ? container.id : undefined,
    ),
})
