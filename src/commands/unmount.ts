import { command } from '../cli/command.ts'
import { unmountContainers } from '../operations/mount-container.ts'
import { latest } from './container-options.ts'

export default command({
  names: [['unmount'], ['umount'], ['container', 'unmount'], ['container', 'umount']],
  summary: 'Take leave of folders that mount printed; they go when their container ends',
  operands: '[CONTAINER...]',
  arity: [0, Number.POSITIVE_INFINITY],
  complete: 'containers',
  options: {
    all: { type: 'boolean', short: 'a', describe: 'Every running container' },
    force: { type: 'boolean', short: 'f', describe: 'Also containers that do not run' },
    latest,
  },
  run: ({ options, operands }, context) =>
    unmountContainers({ operands, latest: options.latest, all: options.all, force: options.force }, context),
})
