import { command } from '../cli/command.ts'
import { unmountImages } from '../operations/mount-image.ts'
import { pruneOptions } from './prune-options.ts'

export default command({
  names: [
    ['image', 'unmount'],
    ['image', 'umount'],
  ],
  summary: "Remove the folders of images' files that mount made",
  operands: '[IMAGE...]',
  arity: [0, Number.POSITIVE_INFINITY],
  complete: 'images',
  examples: ['busybox', '--all'],
  options: {
    all: { type: 'boolean', short: 'a', describe: 'All that are mounted' },
    'dry-run': pruneOptions['dry-run'],
    force: { type: 'boolean', short: 'f', describe: 'One that is not mounted is no error' },
  },
  run: ({ options, operands }, context) => {
    const { all, force, 'dry-run': dryRun } = options
    for (const id of unmountImages(operands, { all, force, dryRun }, context)) {
      context.out.write(dryRun ? `Would remove: ${id.slice(7)}\n` : `${id.slice(7)}\n`)
    }
    return 0
  },
})
