import { command } from '../cli/command.ts'
import { choose, doToEach } from '../operations/each.ts'
import { pauseContainer } from '../operations/pause.ts'
import { selectionOptions } from './container-options.ts'

/** The freezer stops what is in the kernel, too, and the processes cannot tell; of signals the parents of processes hear. */
const ways = {
  freezer: 'the cgroup freezer',
  signals: 'signals to all its processes (it has no cgroup of its own)',
}

export default command({
  names: [['pause'], ['container', 'pause']],
  summary: 'Make all processes of containers stand still',
  operands: 'CONTAINER [CONTAINER...]',
  arity: [0, Number.POSITIVE_INFINITY],
  complete: 'running-containers',
  examples: ['web', '--all'],
  options: selectionOptions,
  run: async ({ options, operands }, context) => {
    const { all } = options
    return await doToEach(
      choose({ operands, ...options }, context),
      false,
      context,
      async (container, word) => {
        if (all && container.state().status !== 'running') return undefined
        const by = await pauseContainer(container)
        context.out.note(`${container.name}: paused by ${ways[by]}`)
        return word
      },
    )
  },
})
