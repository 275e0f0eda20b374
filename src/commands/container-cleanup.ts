import { command } from '../cli/command.ts'
import { isLive } from '../containers/state.ts'
import { sweep } from '../containers/sweep.ts'
import { unsupported } from '../errors.ts'
import { cleanUpContainer } from '../operations/cleanup.ts'
import { choose, doToEach } from '../operations/each.ts'
import { removeContainer } from '../operations/remove.ts'
import { latest, selectionOptions } from './container-options.ts'

export default command({
  names: [['container', 'cleanup']],
  summary: 'Clear away what a run that ended badly has left',
  operands: 'CONTAINER [CONTAINER...]',
  arity: [0, Number.POSITIVE_INFINITY],
  complete: 'stopped-containers',
  examples: ['web', '--all'],
  options: {
    all: selectionOptions.all,
    exec: { type: 'string', describe: 'Not supported', hidden: true },
    latest,
    rm: { type: 'boolean', describe: 'Remove the container, too' },
    rmi: { type: 'boolean', describe: 'Not supported', hidden: true },
  },
  run: async ({ options, operands }, context) => {
    const { all, latest, rm } = options
    if (options.exec !== undefined)
      throw unsupported('container cleanup --exec', 'an exec leaves nothing behind')
    if (options.rmi) throw unsupported('container cleanup --rmi', 'remove the image afterwards: rmi IMAGE')
    const code = await doToEach(
      choose({ operands, all, latest }, context),
      false,
      context,
      (container, word) => {
        if (all && isLive(container.state())) return undefined
        cleanUpContainer(container, context)
        if (rm) removeContainer(container, { force: false, volumes: false, timeout: undefined }, context)
        return word
      },
    )
    sweep(context.directories)
    return code
  },
})
