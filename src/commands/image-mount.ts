import { command } from '../cli/command.ts'
import { listImageMounts, mountImages } from '../operations/mount-image.ts'
import { printImageMounts } from '../output/image-mounts-view.ts'

export default command({
  names: [['image', 'mount']],
  summary: "Put an image's files in a folder (a copy, until unmount), or list such folders",
  operands: '[IMAGE...]',
  arity: [0, Number.POSITIVE_INFINITY],
  complete: 'images',
  examples: ['', 'busybox', '--format json'],
  options: {
    all: { type: 'boolean', short: 'a', describe: 'Every image' },
    format: { type: 'string', value: 'FORMAT', default: '', complete: ['json'], describe: 'json' },
  },
  run: async ({ options, operands }, context) => {
    const named = options.all || operands.length > 0
    const mounts = named ? await mountImages(operands, options.all, context) : listImageMounts(context)
    printImageMounts(mounts, options.format, operands.length > 0, context)
    return 0
  },
})
