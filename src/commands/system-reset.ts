import { command } from '../cli/command.ts'
import { confirm } from '../cli/confirm.ts'
import { reset, surveyReset } from '../operations/reset.ts'
import { humanSize } from '../output/human.ts'

export default command({
  names: [['system', 'reset']],
  summary: 'Remove all containers, images and volumes, and everything else in the store',
  operands: '',
  arity: [0, 0],
  examples: ['', '--dry-run'],
  options: {
    'dry-run': { type: 'boolean', describe: 'Show what would go, and remove nothing' },
    force: { type: 'boolean', short: 'f', describe: 'Do not ask' },
  },
  run: ({ options }, context) => {
    if (options['dry-run']) {
      const { paths, bytes } = surveyReset(context)
      for (const path of paths) context.out.write(`Would remove: ${path}\n`)
      context.out.write(`Total reclaimable space: ${humanSize(bytes, 4)}\n`)
      return 0
    }
    const warning = [
      'WARNING! This will remove:',
      '  - all containers, also those that run',
      '  - all images',
      '  - all volumes, and what is in them',
      '  - all networks',
      `  - everything else of ours in ${context.directories.data}`,
    ].join('\n')
    if (!options.force && !confirm(warning, context)) return 0
    reset(context)
    return 0
  },
})
