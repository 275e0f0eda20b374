import { command } from '../cli/command.ts'
import { unsupported } from '../errors.ts'
import { scpImage } from '../operations/scp-image.ts'

export default command({
  names: [['image', 'scp']],
  summary: 'Copy an image to or from another machine over ssh, or another store here',
  operands: '[HOST::|FOLDER::]IMAGE [HOST::|FOLDER::]',
  arity: [1, 2],
  complete: 'images',
  examples: ['web:1 me@server::', 'ssh://me@server:2222::web:1', 'web:1 /mnt/usb/store::'],
  options: {
    format: { type: 'string', describe: 'Not supported', hidden: true },
    quiet: { type: 'boolean', short: 'q', describe: 'Print nothing' },
  },
  run: (input, context) => {
    if (input.options.format !== undefined)
      throw unsupported('image scp --format', 'the image arrives as it is')
    return scpImage(input, context)
  },
})
