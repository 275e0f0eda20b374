import { command } from '../cli/command.ts'
import { choose, doToEach } from '../operations/each.ts'
import { unpauseContainer } from '../operations/pause.ts'
import { selectionOptions } from './container-options.ts'

export default command({
  names: [['unpause'], ['container', 'unpause']],
  summary: 'Let paused containers go on',
  operands: 'CONTAINER [CONTAINER...]',
  arity: [0, Number.POSITIVE_INFINITY],
  complete: 'running-containers',
  examples: ['web', '--all'],
  options: selectionOptions,
  run: async ({ options, operands }, context) => {
    const { all } = options
    return await doToEach(choose({ operands, ...options }, context), false, context, (container, word) => {
      if (all && container.state().status !== 'paused') return undefined
      unpauseContainer(container)
      return word
    })
  },
})
