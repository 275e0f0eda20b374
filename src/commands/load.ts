import { command } from '../cli/command.ts'
import { load } from '../operations/load.ts'

export default command({
  names: [['load'], ['image', 'load']],
  summary: 'Load images from an archive or standard input',
  operands: '',
  arity: [0, 0],
  examples: ['-i image.tar', '-i image.tar.zst', '-i layout-folder/'],
  options: {
    input: {
      type: 'string',
      short: 'i',
      value: 'FILE',
      complete: 'files',
      describe: 'Read from a file or folder instead of standard input',
    },
    platform: { type: 'list', value: 'OS/ARCH[/VARIANT]', describe: 'Load only the image for this platform' },
    quiet: { type: 'boolean', short: 'q', describe: 'Show no progress, only what was loaded' },
  },
  run: (input, context) => load(input, context),
})
