import { command } from '../cli/command.ts'
import { listMounted, mountContainers } from '../operations/mount-container.ts'
import { printContainerMounts } from '../output/container-mounts-view.ts'
import { latest } from './container-options.ts'

export default command({
  names: [['mount'], ['container', 'mount']],
  summary: 'Print where the files of running containers are on this machine, or list all such folders',
  operands: '[CONTAINER...]',
  arity: [0, Number.POSITIVE_INFINITY],
  complete: 'running-containers',
  examples: ['', 'web', '--format json'],
  options: {
    all: { type: 'boolean', short: 'a', describe: 'Every running container' },
    format: { type: 'string', value: 'FORMAT', default: '', complete: ['json'], describe: 'json' },
    latest,
    'no-trunc': { type: 'boolean', describe: 'Show whole ids' },
  },
  run: ({ options, operands }, context) => {
    if (options.all || (operands.length === 0 && !options.latest)) {
      printContainerMounts(listMounted(context), { ...options, named: false }, context)
      return 0
    }
    const mounts = mountContainers({ operands, latest: options.latest }, context)
    printContainerMounts(mounts, { ...options, named: true }, context)
    return 0
  },
})
