import { command } from '../cli/command.ts'
import { isLive } from '../containers/state.ts'
import { choose, doToEach } from '../operations/each.ts'
import { initContainer } from '../operations/init.ts'
import { latest, selectionOptions } from './container-options.ts'

export default command({
  names: [['container', 'init']],
  summary: 'Prepare containers for a start, and say what would keep them from it',
  operands: 'CONTAINER [CONTAINER...]',
  arity: [0, Number.POSITIVE_INFINITY],
  complete: 'stopped-containers',
  examples: ['web', '--all'],
  options: { all: selectionOptions.all, latest },
  run: async ({ options: { all, latest }, operands }, context) =>
    await doToEach(choose({ operands, all, latest }, context), false, context, (container, word) => {
      if (all && isLive(container.state())) return undefined
      initContainer(container, context)
      return word
    }),
})
