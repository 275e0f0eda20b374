import { command } from '../cli/command.ts'
import { inspectOptions, printInspected } from './inspect-options.ts'

export default command({
  names: [['image', 'inspect']],
  summary: 'Print everything about images as JSON',
  operands: 'IMAGE [IMAGE...]',
  arity: [1, Number.POSITIVE_INFINITY],
  complete: 'images',
  options: {
    ...inspectOptions,
    platform: { type: 'string', value: 'OS/ARCH', describe: 'Only if it is for this platform' },
  },
  run: ({ operands, options }, context) =>
    printInspected(
      operands,
      { type: 'image', size: false, platform: options.platform },
      options.format,
      context,
    ),
})
