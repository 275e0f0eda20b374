import { command } from '../cli/command.ts'
import { removeImages } from '../operations/remove-image.ts'

export default command({
  names: [['rmi'], ['image', 'rm'], ['image', 'remove']],
  summary: 'Remove one or more images',
  operands: 'IMAGE [IMAGE...]',
  arity: [0, Number.POSITIVE_INFINITY],
  complete: 'images',
  examples: ['busybox', '-f 3f57d9401f8d', '$(sampan images -q -f dangling=true)'],
  options: {
    all: { type: 'boolean', short: 'a', describe: 'Remove all images' },
    'dry-run': { type: 'boolean', describe: 'Show what would go, and remove nothing' },
    force: {
      type: 'boolean',
      short: 'f',
      describe: 'Remove it although stopped containers or other names use it',
    },
    ignore: { type: 'boolean', short: 'i', describe: 'Do not fail for an image that is not there' },
    platform: { type: 'list', value: 'OS/ARCH', describe: 'Only if it is for this platform' },
    'no-prune': { type: 'boolean', describe: 'Do not delete untagged parents (images here have none)' },
  },
  run: (input, context) => removeImages(input, context),
})
