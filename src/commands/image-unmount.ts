import { command } from '../cli/command.ts'
import { unmountImages } from '../operations/mount-image.ts'

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
    force: { type: 'boolean', short: 'f', describe: 'One that is not mounted is no error' },
  },
  run: ({ options, operands }, context) => {
    for (const id of unmountImages(operands, options, context)) context.out.write(`${id.slice(7)}\n`)
    return 0
  },
})
